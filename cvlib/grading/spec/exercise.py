"""What an exercise is: the single source from which notebook, grader, feedback and tests derive."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from cvlib.check.codec import decode, encode
from cvlib.check.compare import Tolerance
from cvlib.check.measure import Measure
from cvlib.check.own_numbers import Choices, draw_numbers
from cvlib.grading.spec.copies import copied
from cvlib.grading.spec.drivers import call_target, read_answer, read_own_answer, text_of
from cvlib.grading.spec.variants import Variants as Variants
from cvlib.grading.spec.withheld import WITHHOLD_NUMPY as WITHHOLD_NUMPY
from cvlib.grading.spec.withheld import WITHHOLD_ROOMS as WITHHOLD_ROOMS

Kind = Literal["function", "class", "answer", "model", "written"]
Cases = Callable[[np.random.Generator], Iterable["Case"]]

PUBLIC_SEED = 0
DEFAULT_TOLERANCE = Tolerance()
#: For whole numbers, and for what is a copy of something.
EXACT = Tolerance(rtol=0.0, atol=0.0)
#: With fewer ways to draw a student's own numbers, two of a class too often have the same.
FEWEST_DRAWS = 100


@dataclass(frozen=True)
class Case:
    """One call of the student's object; the cases of one part are passed or failed together.

    ``truth`` is what a trained model is to predict; other kinds leave it to the reference.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    part: str = "values"
    truth: Any = None


def keys(answer: Mapping[str, Any]) -> Cases:
    """Draw a case and a part for each entry of an answer that is a dict; ``read_key`` reads it."""
    return lambda rng: (Case((key,), part=key) for key in answer)


@dataclass(frozen=True)
class Exercise:
    """One exercise of a problem set.

    ``cases(rng)`` draws the inputs: the judge calls it with a secret generator, the released
    notebook with the public one. ``driver(target, *args, **kwargs)`` turns the student's object
    into plain data; its source text runs beside the student's code, so it imports what it needs
    in its body. It concludes nothing, for whatever is concluded there can be said there: it returns
    evidence. ``look(evidence, *args, **kwargs)`` concludes, on the judge's side and on plain data
    alone, and what it sees is compared with what it sees in the reference's evidence; by ValueError
    it says what is wrong. Evidence may be anything and of any size, so a look minds what it does.
    With ``one_at_a_time`` nothing beside the student's code knows of the other cases: each is a
    request of its own, in the order drawn, which must tell nothing.

    The score is ``points`` times the weight of the parts passed, over all weights.
    ``tolerances`` are those of single parts, where they are not the exercise's ``tolerance``.

    A ``model`` is measured against the truth of each case: ``measure`` holds for all parts, or
    names the parts. ``builds_on`` lists the earlier exercises whose solutions this one calls: when
    one of them is wrong, this one is graded with the model solution in its place.

    An ``answer`` with ``numbers`` asks each student about their own: from each of its sequences one
    is drawn by the student's name. Each case brings them along, and reference and variants are
    functions of them. The notebook has ``personal(id, name)``, which draws the same.

    ``checks`` draws what the student's own check asks, where that must share nothing with
    ``cases``, such as images: the released file of cases tells their labels.

    ``variants`` are known wrong answers, and right ones written differently. What an exercise is
    ``worth``, its problem set says.
    """

    id: str
    title: str
    objective: str
    section: str
    points: float = 0.0
    kind: Kind = "function"
    name: str = ""
    reference: Any = None
    cases: Cases | None = None
    checks: Cases | None = None
    driver: Callable[..., Any] | None = None
    look: Callable[..., Any] | None = None
    one_at_a_time: bool = False
    tolerance: Tolerance = DEFAULT_TOLERANCE
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    measure: Measure | Mapping[str, Measure] | None = None
    builds_on: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    withhold: tuple[str, ...] = WITHHOLD_NUMPY
    hints: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 20.0
    numbers: Choices = field(default_factory=dict)
    variants: Variants = field(default_factory=Variants, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.id)
        if self.kind == "answer" and self.cases is None:
            object.__setattr__(self, "cases", lambda rng: [Case()])
        if self.driver is None:
            answer = read_own_answer if self.numbers else read_answer
            object.__setattr__(self, "driver", answer if self.kind == "answer" else call_target)
        _check(self)

    def worth(self, points: float) -> Exercise:
        """The exercise with so many points."""
        return replace(self, points=points)

    @property
    def graded_by_judge(self) -> bool:
        """Whether the judge scores it; a written answer waits for a person."""
        return self.kind != "written"

    @property
    def driver_source(self) -> str:
        """The driver as text, to be run where the student's object lives."""
        assert self.driver is not None
        return text_of(self.driver, self.id, "driver")

    @property
    def look_source(self) -> str:
        """The look as text; empty without one."""
        return text_of(self.look, self.id, "look") if self.look else ""

    def draw(
        self, rng: np.random.Generator, student: str = "", *, public: bool = False
    ) -> list[Case]:
        """Draw the cases, ``public`` ones for the student's own check.

        An exercise that draws none could not be failed, so that is an error.
        """
        drawing = (self.checks if public else None) or self.cases
        cases = list(drawing(rng)) if drawing is not None else []
        if not cases:
            raise ValueError(f"exercise {self.id!r}: the case generator drew no case")
        if self.numbers:
            own = draw_numbers(self.id, self.numbers, student)
            cases = [replace(case, kwargs={**case.kwargs, **own}) for case in cases]
        return cases

    def measures(self, parts: Iterable[str]) -> dict[str, Measure]:
        """The measure of each part of a model; empty for other kinds."""
        if self.measure is None:
            return {}
        if isinstance(self.measure, Measure):
            return dict.fromkeys(parts, self.measure)
        missing = sorted(set(parts) - set(self.measure))
        if missing:
            raise ValueError(f"exercise {self.id!r}: no measure for the parts {missing}")
        return {part: self.measure[part] for part in parts}

    def expected(self, case: Case) -> Any:
        """What is right: the truth of a case, or what the reference answers to it."""
        if self.kind == "model":
            return decode(encode(case.truth))
        return self.seen(self.evidence(self.reference, case), case)

    def evidence(self, target: Any, case: Case) -> Any:
        """What the driver takes from an object that we trust, as it would travel."""
        assert self.driver is not None
        args, kwargs = copied((case.args, dict(case.kwargs)))
        return decode(encode(self.driver(target, *args, **kwargs)))

    def seen(self, evidence: Any, case: Case) -> Any:
        """What the look sees in evidence; without a look, the evidence itself."""
        if self.look is None:
            return evidence
        args, kwargs = copied((case.args, dict(case.kwargs)))
        with np.errstate(all="ignore"):
            return decode(encode(self.look(evidence, *args, **kwargs)))


@dataclass(frozen=True)
class ProblemSet:
    """The exercises of one chapter, in the order of the notebook.

    ``files`` are released beside the notebook and lie there when it is graded, such as the images
    to train a model on: name and a function that returns the content, the same bytes each time.
    """

    id: str
    title: str
    chapter: str
    exercises: tuple[Exercise, ...]
    files: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = [e.id for e in self.exercises]
        if len(set(ids)) != len(ids):
            raise ValueError(f"problem set {self.id!r}: exercise ids repeat in {ids}")
        for k, exercise in enumerate(self.exercises):
            if exercise.points <= 0:
                raise ValueError(
                    f"problem set {self.id!r}: expected points > 0 for exercise {exercise.id!r}, "
                    f"got {exercise.points:g}: say what it is worth, EXERCISE.worth(3)"
                )
            if not set(exercise.builds_on) <= set(ids[:k]):
                raise ValueError(
                    f"exercise {exercise.id!r}: expected earlier exercises in builds_on, "
                    f"got {exercise.builds_on}"
                )

    def __getitem__(self, exercise_id: str) -> Exercise:
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        raise KeyError(f"{self.id} has no exercise {exercise_id!r}")

    @property
    def points(self) -> float:
        """The sum of all points."""
        return sum(e.points for e in self.exercises)

    @property
    def personal(self) -> bool:
        """Whether an exercise asks each student about numbers of their own."""
        return any(e.numbers for e in self.exercises)


def _check(exercise: Exercise) -> None:
    """Raise ValueError where the parts of an exercise do not fit together."""
    name = f"exercise {exercise.id!r}"
    if exercise.kind != "written" and (exercise.reference is None or exercise.cases is None):
        raise ValueError(f"{name}: a {exercise.kind} needs a reference and cases")
    if (exercise.kind == "model") != (exercise.measure is not None):
        raise ValueError(f"{name}: a model has a measure, and no other kind has")
    if exercise.numbers and exercise.kind != "answer":
        raise ValueError(f"{name}: an answer has numbers, and no other kind has")
    ways = math.prod(map(len, exercise.numbers.values()))
    if exercise.numbers and ways < FEWEST_DRAWS:
        raise ValueError(
            f"{name}: its numbers can be drawn in {ways} ways, expected {FEWEST_DRAWS} or more: "
            "neighbours would share theirs"
        )
    if "#" not in exercise.section:
        raise ValueError(f"{name}: expected section 'page#anchor', got {exercise.section!r}")
