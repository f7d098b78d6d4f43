"""How far right answers are from losing marks, and wrong ones from getting them.

What is trained is trained anew under each seed, and everything runs under the arithmetic of this
processor and under the least of its family: a margin that only one of them has is an accident.
"""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvlib.arithmetics import BASELINE, OWN, arithmetics, environment
from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.judging.plan import plan_digest
from cvlib.grading.pages.progress import Progress, no_progress
from cvlib.grading.rehearsal import beside, streams, trial
from cvlib.grading.rehearsal.kept import kept_file
from cvlib.grading.rehearsal.trial import NEAR
from cvlib.grading.spec.loading import LoadedSet

#: By how much the error of every right answer could grow before one of them fails, at least.
LEAST = 1.3
#: Seeds that one child process tries: starting one takes seconds.
TOGETHER = 5

Line = dict[str, Any]


@dataclass(frozen=True)
class Margin:
    """The narrowest right answer in one part of an exercise, and the nearest wrong one.

    ``margin`` is the error that is allowed over the error that was made; ``short`` is the same of
    the wrong answer, turned round: how much too large its error is in the part that decides.
    """

    exercise: str
    part: str
    quantity: str
    bound: float
    value: float
    who: str
    under: str
    margin: float
    wrong: str = ""
    wrong_value: float = math.nan
    short: float = math.inf


@dataclass(frozen=True)
class Margins:
    """What was measured on a problem set; ``quiet`` counts the exercises that are far from both."""

    set_id: str
    seeds: int
    arithmetics: tuple[str, ...]
    rows: tuple[Margin, ...]
    quiet: int

    @property
    def findings(self) -> list[str]:
        """What is too near, in words."""
        narrow = [
            f"{m.exercise}, {m.part}: {m.who} reaches {m.value:.3g} under {m.under}, the bound is "
            f"{m.bound:.3g}: a margin of {m.margin:.2f}, expected {LEAST:g} or more"
            for m in self.rows
            if m.margin < LEAST
        ]
        return narrow + [
            f"{m.exercise}, {m.part}: the wrong answer {m.wrong} reaches {m.wrong_value:.3g}, the "
            f"bound is {m.bound:.3g}: too near"
            for m in self.rows
            if m.short < LEAST
        ]


def measure_margins(
    course: Course,
    loaded: LoadedSet,
    seeds: int,
    *,
    jobs: int,
    progress: Progress = no_progress,
) -> Margins:
    """Try the known answers under seeds 0 … ``seeds`` − 1 and two arithmetics.

    What was tried is kept in ``margins/`` until the problem set or this library changes. Raises
    CourseError where an answer of ours cannot be run.
    """
    names = [name for name in (OWN, BASELINE) if name in arithmetics()]
    set_id = loaded.problem_set.id
    files = {name: _file(course, loaded, name) for name in names}
    known = {name: _read(file) for name, file in files.items()}
    work = [
        (n, chunk) for n in names for chunk in _chunks(s for s in range(seeds) if s not in known[n])
    ]
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(lambda unit: _try(course, set_id, *unit), work)
        for (name, _), lines in zip(
            work, progress(done, len(work), f"margins of {set_id}"), strict=True
        ):
            known[name] |= {line["seed"]: line for line in lines}
            text = "".join(f"{json.dumps(line)}\n" for line in known[name].values())
            atomic_write(files[name], text.encode())
    found = [
        f | {"under": f"seed {seed}, {name}"}
        for name in names
        for seed in range(seeds)
        for f in known[name][seed]["found"]
    ]
    rows, quiet = summarize(found)
    return Margins(set_id, seeds, tuple(names), tuple(rows), quiet)


def summarize(found: Sequence[Line]) -> tuple[list[Margin], int]:
    """One row for each part that is measured, and for each exercise that is near its tolerance."""
    rows, quiet = [], 0
    for exercise in dict.fromkeys(f["exercise"] for f in found):
        here = [f for f in found if f["exercise"] == exercise]
        right = [f for f in here if f["right"]]
        narrowest = [
            max((f for f in right if f["part"] == part), key=_strain)
            for part in dict.fromkeys(f["part"] for f in here)
        ]
        if all(_strain(f) <= NEAR for f in narrowest):
            quiet += 1
            continue
        if not _is_measured(here):  # the nearest part says it for the others
            narrowest = [max(narrowest, key=_strain)]
        nearest = _nearest_wrong(here)
        for f in narrowest:
            decides = nearest and (nearest["part"] == f["part"] or len(narrowest) == 1)
            rows.append(_row(f, nearest if decides else None))
    return rows, quiet


def _row(right: Line, wrong: Line | None) -> Margin:
    reached, strain = right["reached"], _strain(right)
    return Margin(
        exercise=right["exercise"],
        part=right["part"],
        quantity=reached["quantity"],
        bound=reached["bound"],
        value=reached["value"],
        who=right["who"],
        under=right["under"],
        margin=1 / strain if strain else math.inf,
        wrong=wrong["who"] if wrong else "",
        wrong_value=wrong["reached"]["value"] if wrong else math.nan,
        short=_strain(wrong) if wrong else math.inf,
    )


def _nearest_wrong(found: Sequence[Line]) -> Line | None:
    """Of each try of a wrong answer the part that decides; of those the one nearest to passing."""
    tries: dict[tuple[str, str], Line] = {}
    for f in found:
        if not f["right"]:
            key = f["who"], f["under"]
            tries[key] = max(tries.get(key, f), f, key=_strain)
    return min(tries.values(), key=_strain, default=None)


def _is_measured(found: Sequence[Line]) -> bool:
    return found[0]["reached"]["quantity"] != "share of the tolerance"


def _strain(found: Line) -> float:
    return float(found["reached"]["strain"])


def _chunks(seeds: Iterable[int]) -> Iterator[list[int]]:
    """Runs of consecutive seeds."""
    chunk: list[int] = []
    for seed in seeds:
        if chunk and (seed != chunk[-1] + 1 or len(chunk) == TOGETHER):
            yield chunk
            chunk = []
        chunk.append(seed)
    if chunk:
        yield chunk


def _try(course: Course, set_id: str, arithmetic: str, seeds: Sequence[int]) -> list[Line]:
    """Have a child process try seeds under an arithmetic."""
    done = subprocess.run(
        [sys.executable, "-m", trial.__name__],
        input=json.dumps([str(course.assignments), set_id, seeds]),
        env=environment(arithmetic),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise CourseError(f"the known answers of {set_id} could not be tried: {reason}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _file(course: Course, loaded: LoadedSet, arithmetic: str) -> Path:
    """Where the tries under an arithmetic are kept, those of an older state being forgotten."""
    digest = hashlib.sha256(plan_digest(loaded, seed=0).encode())
    for module in (beside, streams, trial):
        digest.update(Path(str(module.__file__)).read_bytes())
    name = f"{loaded.problem_set.id}-{arithmetic}"
    return kept_file(course.root / "margins", name, digest.hexdigest(), ".jsonl")


def _read(file: Path) -> dict[int, Line]:
    if not file.is_file():
        return {}
    lines = map(json.loads, file.read_text().splitlines())
    return {line["seed"]: line for line in lines}
