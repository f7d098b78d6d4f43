"""The result of grading one submission: plain data, kept as JSON between the two phases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

SAFE_TYPES = ("text/plain", "image/png", "image/jpeg")


@dataclass(frozen=True)
class ExerciseResult:
    """The marks for one exercise, and the words for the student."""

    id: str
    title: str
    score: float
    max_score: float
    state: str
    text: str
    misconception: str
    parts: dict[str, bool]

    @property
    def feedback(self) -> str:
        """What stands under the check cell."""
        marks = f"{points(self.score)} of {points(self.max_score)} points"
        return f"{marks}: {self.state}\n{self.text}"


@dataclass(frozen=True)
class Result:
    """What grading found: marks, the outputs of every cell of the normalised notebook, remarks.

    ``late`` numbers the cells whose outputs were made after an exercise was marked beside them.
    """

    key: str
    exercises: tuple[ExerciseResult, ...]
    outputs: tuple[list[dict[str, Any]], ...]
    remarks: tuple[str, ...]
    seconds: float
    late: tuple[int, ...] = ()

    @property
    def score(self) -> float:
        """The sum of the judge's marks; written answers are not in it."""
        return sum(e.score for e in self.exercises)

    @property
    def max_score(self) -> float:
        """The most the judge could give."""
        return sum(e.max_score for e in self.exercises)

    def __getitem__(self, exercise_id: str) -> ExerciseResult:
        return next(e for e in self.exercises if e.id == exercise_id)

    def to_json(self) -> bytes:
        """Serialise; the inverse is ``from_json``."""
        return json.dumps(asdict(self), ensure_ascii=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Result:
        """Read what ``to_json`` wrote; raises ValueError when it is damaged."""
        try:
            obj = json.loads(data)
            return cls(
                key=obj["key"],
                exercises=tuple(ExerciseResult(**e) for e in obj["exercises"]),
                outputs=tuple(obj["outputs"]),
                remarks=tuple(obj["remarks"]),
                seconds=obj["seconds"],
                late=tuple(obj["late"]),
            )
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"not a grading result: {error}") from error


def safe_outputs(outputs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep what cannot act when it is shown: text and pictures, no HTML, SVG or JavaScript."""
    kept: list[dict[str, Any]] = []
    for output in outputs:
        kind = output.get("output_type")
        if kind == "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            kept.append(
                {"output_type": "stream", "name": name, "text": str(output.get("text", ""))}
            )
        elif kind == "error":
            kept.append(
                {
                    "output_type": "error",
                    "ename": str(output.get("ename", "")),
                    "evalue": str(output.get("evalue", "")),
                    "traceback": [str(line) for line in output.get("traceback", [])],
                }
            )
        elif kind in ("display_data", "execute_result"):
            data = {t: v for t, v in output.get("data", {}).items() if t in SAFE_TYPES}
            if all(isinstance(v, str) for v in data.values()) and data:
                kept.append({"output_type": "display_data", "data": data, "metadata": {}})
    return kept


def points(value: float, *, decimals: int = 2) -> str:
    """Points as a person writes them: no more decimals than needed, and no exponent."""
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")
