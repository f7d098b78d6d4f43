"""Results that are kept, each under the key of the submission and of what it was marked by."""

from __future__ import annotations

from pathlib import Path

from cvlib.grading.judging.result import Result

#: Names the result that a student's folder in ``autograded/`` holds; the other one is the same
#: until the notebook is written, so that a kill in between leaves none that is not true.
KEY_NAME, NEXT_KEY_NAME = ".result-key", ".next-result-key"


def read_result(results: Path, key: str) -> Result | None:
    """The kept result of a submission; a damaged file counts as none."""
    try:
        result = Result.from_json((results / f"{key}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return result if result.key == key else None
