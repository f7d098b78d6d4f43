"""What an exercise is: the single source from which notebook, grader, feedback and tests derive."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from cvlib.check.compare import Tolerance

Kind = Literal["function", "class", "answer", "written"]
Cases = Callable[[np.random.Generator], Iterable["Case"]]

PUBLIC_SEED = 0
DEFAULT_TOLERANCE = Tolerance()

#: Modules that hold ready-made answers to a NumPy exercise. They are not mounted when it is graded.
WITHHOLD_NUMPY = (
    "torch", "skimage", "sklearn", "scipy.signal", "scipy.ndimage", "cvlib.convolution",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One call of the student's object; the cases of one part are passed or failed together."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    part: str = "values"


def call_target(target: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the student's function with the arguments of the case."""
    return target(*args, **kwargs)


def read_answer(target: Any) -> Any:
    """Take the student's value as it stands."""
    return target


@dataclass(frozen=True)
class Exercise:
    """One exercise of a problem set.

    ``cases(rng)`` draws the inputs: the judge calls it with a secret generator, the released
    notebook with the public one. ``driver(target, *args, **kwargs)`` turns the student's object
    into plain data; its source text runs beside the student's code, so it imports what it needs
    in its body. The score is ``points`` times the weight of the parts passed, over all weights.
    """

    id: str
    title: str
    points: float
    objective: str
    section: str
    kind: Kind = "function"
    name: str = ""
    reference: Any = None
    cases: Cases | None = None
    driver: Callable[..., Any] | None = None
    tolerance: Tolerance = DEFAULT_TOLERANCE
    weights: Mapping[str, float] = field(default_factory=dict)
    withhold: tuple[str, ...] = WITHHOLD_NUMPY
    hints: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 20.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.id)
        if self.kind == "answer" and self.cases is None:
            object.__setattr__(self, "cases", lambda rng: [Case()])
        if self.driver is None:
            default = read_answer if self.kind == "answer" else call_target
            object.__setattr__(self, "driver", default)
        if self.points <= 0:
            raise ValueError(f"exercise {self.id!r}: expected points > 0, got {self.points}")
        if self.kind != "written" and (self.reference is None or self.cases is None):
            raise ValueError(f"exercise {self.id!r}: a {self.kind} needs a reference and cases")
        if "#" not in self.section:
            raise ValueError(
                f"exercise {self.id!r}: expected section 'page#anchor', got {self.section!r}"
            )

    @property
    def graded_by_judge(self) -> bool:
        """Whether the judge scores it; a written answer waits for a person."""
        return self.kind != "written"

    @property
    def driver_source(self) -> str:
        """The driver as text, to be run where the student's object lives."""
        assert self.driver is not None
        source = textwrap.dedent(inspect.getsource(self.driver))
        if not source.startswith("def "):
            raise ValueError(f"exercise {self.id!r}: expected a plain function as driver")
        return f"from __future__ import annotations\n\n{source}"

    def draw(self, rng: np.random.Generator) -> list[Case]:
        """Draw the cases; an exercise that draws none could not be failed, so that is an error."""
        cases = list(self.cases(rng)) if self.cases is not None else []
        if not cases:
            raise ValueError(f"exercise {self.id!r}: the case generator drew no case")
        return cases

    def expected(self, case: Case) -> Any:
        """What the reference answers to a case."""
        assert self.driver is not None
        return self.driver(self.reference, *case.args, **case.kwargs)


@dataclass(frozen=True)
class ProblemSet:
    """The exercises of one chapter, in the order of the notebook."""

    id: str
    title: str
    chapter: str
    exercises: tuple[Exercise, ...]

    def __post_init__(self) -> None:
        ids = [e.id for e in self.exercises]
        if len(set(ids)) != len(ids):
            raise ValueError(f"problem set {self.id!r}: exercise ids repeat in {ids}")

    def __getitem__(self, exercise_id: str) -> Exercise:
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        raise KeyError(f"{self.id} has no exercise {exercise_id!r}")

    @property
    def points(self) -> float:
        """The sum of all points."""
        return sum(e.points for e in self.exercises)


@dataclass(frozen=True)
class Variant:
    """A plausible wrong answer (with the misconception it stands for) or another right one."""

    exercise: str
    name: str
    target: Any
    misconception: str = ""

    @property
    def is_mutant(self) -> bool:
        """Whether the answer is wrong."""
        return bool(self.misconception)


class Variants:
    """Collects the mutants and alternatives of a problem set."""

    def __init__(self) -> None:
        self.all: list[Variant] = []

    def mutant(self, exercise: str, misconception: str) -> Callable[[Any], Any]:
        """Register the decorated function or class as a wrong answer."""
        return self._register(exercise, misconception)

    def alternative(self, exercise: str) -> Callable[[Any], Any]:
        """Register the decorated function or class as a right answer written differently."""
        return self._register(exercise, "")

    def mutant_value(self, exercise: str, name: str, value: Any, misconception: str) -> None:
        """Register a wrong value of an answer exercise."""
        self.all.append(Variant(exercise, name, value, misconception))

    def alternative_value(self, exercise: str, name: str, value: Any) -> None:
        """Register another right form of the value of an answer exercise."""
        self.all.append(Variant(exercise, name, value))

    def mutants_of(self, exercise: str) -> list[Variant]:
        """The wrong answers to one exercise."""
        return [v for v in self.all if v.exercise == exercise and v.is_mutant]

    def alternatives_of(self, exercise: str) -> list[Variant]:
        """The other right answers to one exercise."""
        return [v for v in self.all if v.exercise == exercise and not v.is_mutant]

    def _register(self, exercise: str, misconception: str) -> Callable[[Any], Any]:
        def register(target: Any) -> Any:
            self.all.append(Variant(exercise, target.__name__, target, misconception))
            return target

        return register


@dataclass(frozen=True)
class LoadedSet:
    """A problem set as read from its folder, with a digest of everything its grades depend on."""

    problem_set: ProblemSet
    variants: Variants
    directory: Path
    digest: str

    @property
    def notebook_path(self) -> Path:
        """The text notebook with the solutions."""
        return self.directory / "notebook.md"


def load_problem_set(assignments: Path | str, set_id: str) -> LoadedSet:
    """Load ``assignments/<set_id>``; the error names the missing file or the known sets."""
    assignments = Path(assignments)
    directory = assignments / set_id
    files = [directory / f for f in ("notebook.md", "exercises.py", "mutants.py")]
    missing = [f.name for f in files if not f.is_file()]
    if missing:
        known = ", ".join(find_problem_sets(assignments)) or "none"
        raise FileNotFoundError(
            f"problem set {set_id!r} in {assignments}: {', '.join(missing)} not found; "
            f"problem sets there: {known}"
        )
    digest = hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()
    exercises = _import_file(files[1], f"cvlib_assignments.{set_id}.exercises")
    mutants = _import_file(files[2], f"cvlib_assignments.{set_id}.mutants")
    problem_set: ProblemSet = exercises.PROBLEM_SET
    if problem_set.id != set_id:
        raise ValueError(f"{files[1]}: expected the id {set_id!r}, got {problem_set.id!r}")
    for variant in mutants.variants.all:
        problem_set[variant.exercise]  # a variant of an unknown exercise is an error here
    return LoadedSet(problem_set, mutants.variants, directory, digest)


def find_problem_sets(assignments: Path | str) -> list[str]:
    """The ids of all problem sets in a folder, in order."""
    return sorted(p.parent.name for p in Path(assignments).glob("ps*/exercises.py"))


def _import_file(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect.getsource and dataclasses look here
    spec.loader.exec_module(module)
    return module
