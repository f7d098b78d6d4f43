"""All measurements of one benchmark, one after the other on the same class."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvlib.grading.spec.loading import load_problem_set
from grading_class.cpu_time import Spent, run
from grading_class.honest import Work, honest_class
from grading_class.ours import OurCourse
from grading_class.places import Place, environment
from grading_class.stock import StockCourse

Say = Callable[[str], None]
Graded = OurCourse | StockCourse

#: Students that a command must grade before its start can be told from what each takes.
FEWEST = 3


class VoidError(Exception):
    """Somebody honest did not get full marks, so the comparison means nothing."""


@dataclass(frozen=True)
class Wanted:
    """What to measure: sizes of the class, of the sample for stock, and of the split."""

    assignments: Path
    set_id: str
    students: int
    stock: int
    split: int
    seed: int


@dataclass(frozen=True)
class Serial:
    """A command that grades one after the other: its start, and each submission after that.

    The start holds what it does once: importing, and for ours drawing cases and starting sandboxes.
    """

    students: int
    start: Spent
    each: Spent

    def whole(self, students: int) -> float:
        """Wall seconds for a class."""
        return self.start.wall + students * self.each.wall


@dataclass
class Measured:
    """What was measured, in seconds."""

    wanted: Wanted
    ours: Spent
    through: Serial
    stock: Serial
    two_stock: float  # wall seconds a submission, with two commands at once
    floor: float  # of processor time a submission
    split: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Throughput of ``cvlib-grade run`` over that of stock, on the class."""
        return self.stock.whole(self.wanted.students) / self.ours.wall

    @property
    def ratio_to_two(self) -> float:
        """The same, when stock is started twice on halves of the class."""
        two = self.stock.start.wall + self.wanted.students * self.two_stock
        return two / self.ours.wall

    @property
    def ratio_through(self) -> float:
        """Throughput of ``nbgrader autograde`` in our course over that in the stock one."""
        students = self.wanted.students
        return self.stock.whole(students) / self.through.whole(students)

    @property
    def overhead(self) -> float:
        """Processor seconds a submission beyond its own code."""
        return self.ours.cpu / self.wanted.students - self.floor


def measure(wanted: Wanted, folder: Path, say: Say) -> Measured:
    """Measure everything in a folder; VoidError when a gradebook lacks full marks."""
    say(f"writing a class of {wanted.students} ...")
    loaded = load_problem_set(wanted.assignments, wanted.set_id)
    full = sum(e.points for e in loaded.problem_set.exercises if e.graded_by_judge)
    works = honest_class(loaded, wanted.students, wanted.seed)
    sample = works[: wanted.stock]
    half = max(1, len(sample) // 4)
    ours = OurCourse(folder / "ours", wanted.set_id, wanted.assignments)
    through = OurCourse(folder / "through", wanted.set_id, wanted.assignments)
    profiled = OurCourse(folder / "split", wanted.set_id, wanted.assignments)
    for course, members in (
        (ours, works),
        (through, sample),
        (profiled, works[: wanted.split]),
    ):
        course.make()
        course.hand_in(loaded, members)
    plan = ours.plan(loaded)
    stock = StockCourse(folder / "stock", wanted.set_id)
    stock.make(loaded, plan)
    halves = [stock.copied("stock-1"), stock.copied("stock-2")]
    for peer, members in zip((stock, *halves), (sample, works[:half], works[-half:]), strict=True):
        peer.hand_in(members)

    say(f"cvlib-grade run on {len(works)} ...")
    spent, _ = run([ours.command("run")], [ours.root], environment())
    _all_full(ours, works, full)
    say(f"nbgrader autograde with our plugins on {len(sample)} ...")
    serial_through = _serial(through, sample, full)
    say(f"stock nbgrader autograde on {len(sample)} ...")
    serial_stock = _serial(stock, sample, full)
    say(f"two of them at once on {half} each ...")
    both, _ = run([peer.autograde for peer in halves], [p.root for p in halves], environment())
    two_stock = (both.wall - serial_stock.start.wall) / (2 * half)
    _all_full(halves[0], works[:half], full)
    _all_full(halves[1], works[-half:], full)
    say("the submissions' own code ...")
    seed = ours.seed
    files = [str(ours.submitted(work.student)) for work in sample]
    seconds = _helper("floor", str(wanted.assignments), wanted.set_id, str(seed), *files)
    say(f"the split of the time on {wanted.split} ...")
    split = _helper("split", str(profiled.root), str(wanted.assignments), wanted.set_id)
    _all_full(profiled, works[: wanted.split], full)
    return Measured(
        wanted=wanted,
        ours=spent,
        through=serial_through,
        stock=serial_stock,
        two_stock=two_stock,
        floor=sum(seconds) / len(seconds),
        split=split,
    )


def _serial(place: Graded, works: list[Work], full: float) -> Serial:
    """Grade one, then the others: the difference is what each takes after the command's start."""
    first = works[0].student
    one, _ = run([[*place.autograde, "--student", first]], [place.root], environment())
    others, _ = run([place.autograde], [place.root], environment())
    _all_full(place, works, full)
    more = others - one
    each = Spent(more.wall / (len(works) - 2), more.cpu / (len(works) - 2))
    return Serial(len(works), one - each, each)


def _all_full(place: Place, works: list[Work], full: float) -> None:
    scores = place.scores()
    wrong = {w.student: scores.get(w.student) for w in works if scores.get(w.student) != full}
    if wrong:
        raise VoidError(
            f"expected {full:g} points for all {len(works)} in {place.root}, got {wrong}"
        )


def _helper(module: str, *arguments: str) -> Any:
    """Run a module of this package in a process of its own and read the JSON it prints last."""
    here = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", f"grading_class.{module}", *arguments]
    _, (text,) = run([command], [here], environment() | {"OMP_NUM_THREADS": "1"})
    return json.loads(text.strip().splitlines()[-1])
