"""What a submission is asked: drawn from the course's secret and from the submission's own bytes.

Other bytes are asked other cases, so nothing that one submission carried off helps the next; the
same bytes are asked the same wherever they are graded.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field


def as_handed_in(raw: bytes | None) -> bytes:
    """A submission in one piece of bytes: none at all is told from an empty one."""
    return b"-" if raw is None else b"+" + raw


def submission_seed(secret: int, raw: bytes | None) -> int:
    """The seed of one submission's hidden cases; nobody can tell it without the ``secret``."""
    text = b"cvlib submission seed\0" + as_handed_in(raw)
    digest = hmac.new(str(secret).encode(), text, hashlib.sha256).digest()
    return int.from_bytes(digest[:16], "big")


@dataclass(frozen=True)
class Draw:
    """The draw of one submission, as a worker gets it.

    ``digest`` names everything the score depends on but the submission; ``seed`` follows from the
    two. Numbers of a student's own are drawn by the name.
    """

    student: str
    digest: str
    seed: int


@dataclass(frozen=True)
class Draws:
    """Draws for each submission of a class; it knows the secret, so no worker gets it."""

    digest: str
    secret: int = field(repr=False)
    personal: bool = False

    def digest_of(self, student: str) -> str:
        """The digest for a student; the name counts where it is asked for."""
        if not self.personal:
            return self.digest
        text = f"{self.digest}\0{student}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(text).hexdigest()

    def of(self, student: str, raw: bytes | None) -> Draw:
        """The draw of what a student handed in."""
        return Draw(student, self.digest_of(student), submission_seed(self.secret, raw))
