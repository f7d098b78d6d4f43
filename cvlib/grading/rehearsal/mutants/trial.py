"""A child process: the mutants of one exercise, tried on its cases and on inputs beside them.

It reads the folder of assignments, the problem set, the exercise and the number of draws from its
input, and prints what became of each mutant.
"""

from __future__ import annotations

import gc
import json
import os
import reprlib
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance, difference
from cvlib.check.looking import looked
from cvlib.check.marking import Reply, Sheet, ask, local_call
from cvlib.grading.rehearsal.beside import files_beside, folder_with
from cvlib.grading.rehearsal.mutants.alone import alone, more_time
from cvlib.grading.rehearsal.mutants.answers import Answer, right_answers
from cvlib.grading.rehearsal.mutants.nearby import nearby
from cvlib.grading.rehearsal.mutants.two import two_mistakes
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from cvlib.grading.spec.sheets import generator, make_sheet

#: Other inputs are made from draws that no mutant is marked on: these, so many each.
OTHER_SEEDS, TIMES = range(10_000, 10_040), 6
#: So many inputs are enough, and so many seconds spent on finding them.
ENOUGH, SECONDS = 1200, 10.0
#: How much longer than the slowest right call a wrong one may take, and at least, in seconds.
SLOWER, LEAST = 10, 1.0


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: under how many draws it got full marks, and where it is wrong.

    ``shown`` is an input to which it gives another answer than the right one. Where it always gets
    full marks and none was found, it is probably no mistake at all.
    """

    who: str
    operator: str
    file: str
    line: int
    change: str
    passed: int
    draws: int
    shown: str = ""


@dataclass(frozen=True)
class Input:
    """A call of a sheet or beside it, what is right, and how far an answer may be from it."""

    sheet: Sheet = field(repr=False)
    call: tuple[Any, dict[str, Any]]
    expected: Any
    tolerance: Tolerance

    def replied(self, target: Any) -> Reply:
        """What the target answers, or what is seen in it."""
        asked = replace(self.sheet, calls=(self.call,))
        (reply,) = ask(asked, local_call(target))
        return looked(asked, 0, reply)

    def accepts(self, reply: Reply) -> bool:
        """Whether the answer is right, as the judge would see it."""
        right = reply.status == "ok"
        return right and difference(self.expected, reply.value, self.tolerance) is None


class Trial:
    """The cases of an exercise, its right answers, and inputs on which they all agree."""

    def __init__(self, loaded: LoadedSet, exercise: Exercise, draws: int) -> None:
        self.exercise, self.problems = exercise, list[str]()
        self.draws = [_inputs(_sheet(exercise, seed)) for seed in range(draws)]
        self.seconds = LEAST
        self.answers = [a for a in right_answers(loaded, exercise) if self._holds(a)]
        self._others: list[Input] | None = None

    def fates(self) -> Iterator[Fate]:
        """Try each mutant of each right answer."""
        for answer in self.answers:
            for mutant in answer.mutants():
                passed, shown = self._passed(answer, mutant.code)
                if passed == len(self.draws):
                    shown = self._shown(answer, mutant.code)
                line = answer.above + mutant.line
                told = (mutant.change, passed, len(self.draws), shown)
                yield Fate(answer.who, mutant.operator, answer.file, line, *told)

    def _holds(self, answer: Answer) -> bool:
        """Whether an answer that should be right is; and how long it takes."""
        target = answer.make()
        for k, draw in enumerate(self.draws):
            for asked in draw:
                start = time.process_time()
                right = asked.accepts(asked.replied(target))
                took = time.process_time() - start
                self.seconds = max(self.seconds, SLOWER * took)
                if not right:
                    self.problems.append(f"{answer.who} loses marks on draw {k} and is not changed")
                    return False
        return True

    def _passed(self, answer: Answer, code: str) -> tuple[int, str]:
        """Under how many draws a mutant gets full marks, and a case that it is wrong on.

        One that does not come to an end has none.
        """

        def first_wrong() -> list[int]:
            right = self._right(answer.make(code))
            wrong, last = [], 0
            for draw in self.draws:  # what caught it last time will probably do so again
                cases = [last, *range(len(draw))] if last < len(draw) else range(len(draw))
                wrong.append(next((k for k in cases if not right(draw[k])), -1))
                last = max(wrong[-1], 0)
            return wrong

        found = alone(first_wrong, self.seconds) or [0]
        passed = found.count(-1)
        wrong = [_shown(draw[k]) for draw, k in zip(self.draws, found, strict=False) if k >= 0]
        return passed, wrong[0] if wrong and passed else ""

    def _shown(self, answer: Answer, code: str) -> str:
        """In words, the first other input on which a mutant is wrong; empty without one."""
        others = self.others

        def first_wrong() -> int:
            right = self._right(answer.make(code))
            return next((k for k, asked in enumerate(others) if not right(asked)), len(others))

        found = alone(first_wrong, self.seconds)
        if found is None:
            return "an input to which it gives no answer at all"
        return _shown(others[found]) if found < len(others) else ""

    def _right(self, target: Any) -> Any:
        def right(asked: Input) -> bool:
            more_time(self.seconds)
            return asked.accepts(asked.replied(target))

        return right

    @property
    def others(self) -> list[Input]:
        """Inputs beside the cases to which all right answers give the same answer."""
        if self._others is None:
            self._others = list(self._find_others())
        return self._others

    def _find_others(self) -> Iterator[Input]:
        rights = [self.exercise.reference, *(a.make() for a in self.answers)]
        end, found = time.process_time() + SECONDS, 0
        rng = np.random.default_rng(0)
        asked = [i for seed in OTHER_SEEDS for i in _inputs(_sheet(self.exercise, seed))]
        order = rng.permutation(len(asked) * (1 + TIMES))
        for k in order:
            if found == ENOUGH or time.process_time() > end:
                return
            given = asked[k // (1 + TIMES)]
            if k % (1 + TIMES):
                given = _beside(given, rights[0], rng)
            if given and all(given.accepts(given.replied(right)) for right in rights):
                found += 1
                yield given


def _beside(given: Input, reference: Any, rng: np.random.Generator) -> Input | None:
    """An input near another one, with what the reference answers to it, if it does."""
    args, kwargs = nearby(given.call, rng)
    made = Input(given.sheet, (tuple(args), dict(kwargs)), None, given.tolerance)
    reply = made.replied(reference)
    if reply.status != "ok":
        return None
    return Input(given.sheet, made.call, reply.value, given.tolerance)


def _sheet(exercise: Exercise, seed: int) -> Sheet:
    return make_sheet(exercise, (), generator(seed, exercise.id))


def _inputs(sheet: Sheet) -> list[Input]:
    return [
        Input(sheet, call, expected, sheet.tolerance_of(k))
        for k, (call, expected) in enumerate(zip(sheet.calls, sheet.expected, strict=True))
    ]


def _shown(asked: Input) -> str:
    """An input in a few words."""
    short = reprlib.Repr()
    short.maxother = short.maxlong = 100
    args, kwargs = asked.call
    with np.printoptions(precision=3, threshold=6, edgeitems=1):
        parts = [short.repr(a) for a in args] + [f"{k}={short.repr(v)}" for k, v in kwargs.items()]
    return " ".join(", ".join(parts).split())


def try_exercise(loaded: LoadedSet, exercise_id: str, draws: int) -> dict[str, Any]:
    """All mutants of an exercise and what became of them, as plain data."""
    with folder_with(files_beside(loaded)):
        trial = Trial(loaded, loaded.problem_set[exercise_id], draws)
        gc.freeze()  # or each process that branches off copies what it looks through
        fates = [asdict(fate) for fate in trial.fates()]
        two = two_mistakes(trial.exercise, trial.seconds)
    return {"fates": fates, "problems": trial.problems, "two": two}


def main(arguments: Sequence[Any]) -> None:
    """Try the exercise that we are told."""
    assignments, set_id, exercise_id, draws = arguments
    os.environ.setdefault("MPLBACKEND", "agg")
    warnings.simplefilter("ignore")
    loaded = load_problem_set(assignments, set_id)
    print(json.dumps(try_exercise(loaded, exercise_id, draws)))


if __name__ == "__main__":
    main(json.load(sys.stdin))
