"""The numbers of a class report: how hard each exercise was, and what went wrong."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cvlib.grading.judging.result import ExerciseResult
from cvlib.grading.report.data import ClassWork, Work
from cvlib.grading.spec.exercise import Exercise

Z95 = 1.959964
FEWEST = 10  # below this, a correlation over students says nothing


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difficulty:
    """How one exercise went; the counts are submissions and add up to ``marked``.

    ``discrimination`` is the correlation of its points with the rest of the set; where it says
    nothing, ``reason`` tells why.
    """

    number: int
    exercise: Exercise
    marked: int
    mean: Estimate | None
    full: int
    partial: int
    zero: int
    untouched: int
    discrimination: Estimate | None
    reason: str = ""

    @property
    def label(self) -> str:
        """Its number and title, as in the notebook's headings."""
        return f"{self.number} · {self.exercise.title}"


@dataclass(frozen=True)
class Finding:
    """Something that happened in ``count`` of the ``of`` submissions that tried the exercise."""

    label: str
    text: str
    count: int
    of: int


@dataclass(frozen=True)
class Numbers:
    """Everything a page says in numbers."""

    scores: tuple[float, ...]
    difficulties: tuple[Difficulty, ...]
    misconceptions: tuple[Finding, ...]
    parts: tuple[Finding, ...]
    overtime: tuple[Finding, ...]
    ended: int
    hung: int

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The lower quartile, the median and the upper quartile of the scores."""
        low, middle, high = np.percentile(self.scores, (25, 50, 75))
        return float(low), float(middle), float(high)

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(np.mean(self.scores))


def compute(work: ClassWork) -> Numbers:
    """Work out the numbers of a problem set from its graded submissions."""
    graded = work.graded
    numbered = list(enumerate(work.exercises, 1))
    difficulties = tuple(_difficulty(k, e, work) for k, e in numbered)
    labels = {d.exercise.id: d.label for d in difficulties}
    return Numbers(
        scores=tuple(w.score for w in graded),
        difficulties=difficulties,
        misconceptions=_misconceptions(graded, labels),
        parts=_parts(graded, labels),
        overtime=_overtime(graded, labels),
        ended=sum(map(ended_its_process, graded)),
        hung=sum(map(has_hung_cell, graded)),
    )


def wilson(share: float, n: int) -> Estimate:
    """A mean of n shares between 0 and 1, with Wilson's interval.

    Points between none and all vary less than all-or-nothing ones, so it is never too narrow.
    """
    spread = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n))
    middle, scale = share + Z95**2 / (2 * n), 1 + Z95**2 / n
    return Estimate(share, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def correlation(x: Sequence[float], y: Sequence[float]) -> tuple[Estimate | None, str]:
    """Pearson's correlation with Fisher's interval, or the reason why there is none."""
    n = len(x)
    if n < FEWEST:
        return None, f"too few submissions to say (n = {n}, at least {FEWEST} are needed)"
    if np.ptp(x) < 1e-9:
        return None, "everybody has the same points"
    if np.ptp(y) < 1e-9:
        return None, "everybody has the same points in the rest of the set"
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
    centre, half = math.atanh(min(max(r, -0.999999), 0.999999)), Z95 / math.sqrt(n - 3)
    return Estimate(r, math.tanh(centre - half), math.tanh(centre + half)), ""


def _difficulty(number: int, exercise: Exercise, work: ClassWork) -> Difficulty:
    name, most = exercise.id, exercise.points
    marked = [w for w in work.graded if w.marks.get(name) and w.marks[name].points is not None]
    points = [w.marks[name].points or 0.0 for w in marked]
    untouched = sum(_is_untouched(w, exercise) for w in marked)
    full = sum(p >= most - 1e-9 for p in points)
    zero = sum(p <= 1e-9 for p in points) - untouched
    mean = (
        wilson(sum(min(max(p / most, 0.0), 1.0) for p in points) / len(points), len(points))
        if points
        else None
    )
    others = [e.id for e in work.exercises if e is not exercise and _all_marked(e, work)]
    rest = [sum(w.marks[e].points or 0.0 for e in others) for w in marked]
    r, reason = correlation(points, rest) if others else (None, "there is no other exercise")
    return Difficulty(
        number,
        exercise,
        len(marked),
        mean,
        full,
        len(marked) - full - zero - untouched,
        zero,
        untouched,
        r,
        reason,
    )


def _all_marked(exercise: Exercise, work: ClassWork) -> bool:
    marks = [w.marks.get(exercise.id) for w in work.graded]
    return all(mark is not None and mark.points is not None for mark in marks)


def _is_untouched(work: Work, exercise: Exercise) -> bool:
    mark = work.marks[exercise.id]
    if mark.by_hand or mark.points:
        return False
    if not exercise.graded_by_judge:
        return True  # nbgrader itself gives 0 to a written answer only when nothing was written
    found = work.exercise(exercise.id)
    return found is not None and found.state == "not attempted"


def _misconceptions(works: Sequence[Work], labels: dict[str, str]) -> tuple[Finding, ...]:
    said = Counter((e.id, e.misconception) for w in works for e in _found(w) if e.misconception)
    return _sorted(said, _tried(works), labels)


def _parts(works: Sequence[Work], labels: dict[str, str]) -> tuple[Finding, ...]:
    failed = Counter(
        (e.id, part)
        for w in works
        for e in _found(w)
        for part, passed in e.parts.items()
        if not passed and e.state != "not attempted"
    )
    return _sorted(failed, _tried(works), labels)


def _overtime(works: Sequence[Work], labels: dict[str, str]) -> tuple[Finding, ...]:
    over = Counter((e.id, "") for w in works for e in _found(w) if ran_over(e))
    return _sorted(over, _tried(works), labels)


def _found(work: Work) -> tuple[ExerciseResult, ...]:
    return work.result.exercises if work.result else ()


def _tried(works: Sequence[Work]) -> Counter[str]:
    return Counter(e.id for w in works for e in _found(w) if e.state != "not attempted")


def _sorted(
    counts: Counter[tuple[str, str]], tried: Counter[str], labels: dict[str, str]
) -> tuple[Finding, ...]:
    found = [
        Finding(labels[name], text, count, tried[name])
        for (name, text), count in counts.items()
        if name in labels  # a result of an older text may hold an exercise that is gone
    ]
    place = {label: k for k, label in enumerate(labels.values())}
    return tuple(sorted(found, key=lambda f: (-f.count, place[f.label], f.text)))


def ran_over(found: ExerciseResult) -> bool:
    """Whether an exercise, or the notebook before it, used up its time."""
    return _says(found, "no answer within ") or bool(
        re.match(r"The \S+ s for the whole notebook were used up", found.text)
    )


def ended_its_process(work: Work) -> bool:
    """Whether the Python process of the notebook ended before all was graded."""
    start = "The Python process of the notebook ended "
    return any(
        e.text.startswith(start) or _says(e, start[0].lower() + start[1:]) for e in _found(work)
    )


def has_hung_cell(work: Work) -> bool:
    """Whether a cell was stopped because it did not come to an end."""
    outputs = [o for cell in (work.result.outputs if work.result else ()) for o in cell]
    return any(
        o.get("ename") == "Timeout" and str(o.get("evalue")).startswith("stopped after ")
        for o in outputs
    )


def _says(found: ExerciseResult, finding: str) -> bool:
    """Whether the judge found this of some part; a student's own words stand further right."""
    part = "|".join(re.escape(p) for p in sorted(found.parts, key=len, reverse=True))
    line = re.compile(rf"✗ (?:{part})(?:, (?:{part}))*: {re.escape(finding)}")
    return any(map(line.match, found.text.splitlines()))
