"""What is drawn for one student alone: the seed of the hidden cases, and numbers of their own."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field


def student_seed(seed: int, student: str) -> int:
    """The seed of one student's hidden cases; nobody can tell it without the secret ``seed``."""
    text = student.encode("utf-8", "surrogatepass")
    digest = hmac.new(str(seed).encode(), b"cvlib student seed\0" + text, hashlib.sha256).digest()
    return int.from_bytes(digest[:16], "big")


@dataclass(frozen=True)
class Draw:
    """One student's draw, as a worker gets it.

    ``digest`` names everything the student's score depends on but the submission. Without a
    ``seed`` the hidden cases are those of the class.
    """

    student: str
    digest: str
    seed: int | None = None


@dataclass(frozen=True)
class Draws:
    """Draws for each student of a class; it knows the secret, so no worker gets it."""

    digest: str
    seed: int = field(repr=False)
    per_student: bool = False
    personal: bool = False

    def of(self, student: str) -> Draw:
        """The draw of a student; where all are asked the same, it differs in the name alone."""
        seed = student_seed(self.seed, student) if self.per_student else None
        if not self.per_student and not self.personal:
            return Draw(student, self.digest)
        parts = (self.digest, str(seed), student if self.personal else "")
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return Draw(student, hashlib.sha256(text).hexdigest(), seed)

    def seed_of(self, student: str) -> int:
        """The seed that the hidden cases of a student are drawn from."""
        return student_seed(self.seed, student) if self.per_student else self.seed
