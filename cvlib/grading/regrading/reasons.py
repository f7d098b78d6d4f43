"""Why a mark would change: the receipt of the old grade against the facts of the new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import Submission
from cvlib.grading.judging.kept_results import KEY_NAME, read_result
from cvlib.grading.judging.result import Result, points
from cvlib.grading.receipts.receipt import facts_of, kept_receipt
from cvlib.grading.receipts.signing import private_key, seal

FLAKY = "flaky: nothing that a mark depends on has changed, and the judge marks otherwise"
LIMITS = "a time limit, the sandbox or a heading of the book changed"
OTHER_GRADE = "the receipt is of another grade than the recorded one: run cvlib-grade run"
UNKNOWN = "no receipt of the old grade: what changed cannot be told"


def reasons(
    course: Course,
    set_id: str,
    submission: Submission,
    result: Result,
    *,
    recorded: Mapping[str, float | None],
    spec: str,
    seed: int,
) -> list[str]:
    """Sentences that say what differs between the recorded grade and a new one."""
    try:
        folder = course.root / "autograded" / submission.student / set_id
        key_then = (folder / KEY_NAME).read_text()
    except OSError:
        key_then = ""
    marked = {e.id: float(e.score) for e in result.exercises}
    old = kept_receipt(course, set_id, submission.student)
    if old is None:
        kept = read_result(course.results, key_then)
        given = {e.id: float(e.score) for e in kept.exercises} if kept else {}
        found = [] if key_then == result.key else [UNKNOWN]
    else:
        key = private_key(course)
        if key_then and old["result"] != seal(key, "result", key_then):
            return [OTHER_GRADE]
        given = {e["id"]: e["score"] for e in old["exercises"]}
        new = facts_of(course, key, set_id, submission, result, spec=spec, seed=seed)
        found = _changed_facts(old, new)
    if not found and given and given != marked:
        found.append(FLAKY)
    edited = {k: v for k, v in recorded.items() if k in given and v != given[k]}
    if edited:
        marks = ", ".join(
            f"{k} {'–' if v is None else points(v)}, and it was given {points(given[k])}"
            for k, v in edited.items()
        )
        found.append(f"the gradebook was changed after grading: {marks}")
    return found or [UNKNOWN]


def _changed_facts(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = []
    if old["submission"] != new["submission"]:
        found.append("the submission changed since")
    if old["spec"] != new["spec"]:
        found.append("the problem set changed")
    if old["environment"] != new["environment"]:
        names = dict.fromkeys([*new["versions"], *old["versions"]])
        both = ((n, old["versions"].get(n, "-"), new["versions"].get(n, "-")) for n in names)
        moved = [f"{name} {then} → {now}" for name, then, now in both if then != now]
        found.append(", ".join(moved) if moved else "the code of cvlib changed")
    if old["seed"] != new["seed"]:
        found.append("the seed of the hidden cases changed")
    if not found and old["result"] != new["result"]:
        found.append(LIMITS)
    return found
