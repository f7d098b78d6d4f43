"""Every test here runs over every problem set in ``assignments/``: a new one is tested at once."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from cvlib.check.marking import Outcome, Reply, Sheet, ask, local_call, mark
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.notebook.source import (
    CHECK_PREFIX,
    build_source_notebook,
    public_cases,
    released_files,
)
from cvlib.grading.spec.exercise import Case, Exercise
from cvlib.grading.spec.loading import LoadedSet, find_problem_sets, load_problem_set
from cvlib.grading.spec.sheets import generator, make_sheet

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"


@functools.cache
def load(set_id: str) -> LoadedSet:
    return load_problem_set(ROOT / "assignments", set_id)


@functools.cache
def sheet_of(set_id: str, exercise_id: str, seed: int) -> Sheet:
    """What the judge marks on; kept, because many answers are marked on the same draws."""
    exercise = load(set_id).problem_set[exercise_id]
    return make_sheet(exercise, exercise.variants.mutants, generator(seed, exercise_id))


@functools.cache
def evidence_of(set_id: str, exercise_id: str, seed: int) -> Sequence[Any]:
    """What the driver takes from the reference; kept, because it is marked in many ways."""
    exercise = load(set_id).problem_set[exercise_id]
    sheet = sheet_of(set_id, exercise_id, seed)
    if exercise.look is None:
        return sheet.expected
    return [exercise.evidence(exercise.reference, Case(*call)) for call in sheet.calls]


@dataclass(frozen=True)
class Graded:
    """An exercise that the judge marks, in its problem set."""

    set_id: str
    exercise: Exercise

    @property
    def loaded(self) -> LoadedSet:
        return load(self.set_id)

    @property
    def seeds(self) -> range:
        """Drawing for a class or a model means building and training, so it gets fewer seeds."""
        return range(4) if self.exercise.kind in ("class", "model") else range(20)

    def sheet(self, seed: int) -> Sheet:
        return sheet_of(self.set_id, self.exercise.id, seed)

    def mark(self, target: Any, seed: int, *, missing: bool = False) -> Outcome:
        sheet = self.sheet(seed)
        return mark(sheet, ask(sheet, local_call(target, missing=missing)))

    def evidence(self, seed: int) -> Sequence[Any]:
        """What the driver takes from the reference, or the truth that a model is to predict."""
        return evidence_of(self.set_id, self.exercise.id, seed)

    def mark_replies(self, answer: Callable[[Sheet, int], Reply], seed: int) -> Outcome:
        """Mark replies that were made up, one for each call, whatever the student's object is."""
        sheet = self.sheet(seed)
        replies: Sequence[Reply] = [answer(sheet, k) for k in range(len(sheet.calls))]
        return mark(sheet, replies)


SETS = find_problem_sets(ROOT / "assignments")
GRADED = [Graded(s, e) for s in SETS for e in load(s).problem_set.exercises if e.graded_by_judge]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = metafunc.fixturenames
    if "set_id" in names:
        own = getattr(metafunc.module, "PROBLEM_SET", None)  # a module about one problem set
        metafunc.parametrize("set_id", [own] if own else SETS)
    if "graded" in names and "variant" in names:
        wrong = "mutant" in metafunc.function.__name__
        pairs = [(g, v) for g in GRADED for v in g.exercise.variants.all if v.is_mutant == wrong]
        ids = [f"{g.set_id}-{g.exercise.id}-{v.name}" for g, v in pairs]
        metafunc.parametrize(("graded", "variant"), pairs, ids=ids)
    elif "graded" in names:
        metafunc.parametrize("graded", GRADED, ids=lambda g: f"{g.set_id}-{g.exercise.id}")


def code_cells(notebook: NotebookNode) -> list[str]:
    return [
        c.source
        for c in notebook.cells
        if c.cell_type == "code"
        and not c.metadata.get("nbgrader", {}).get("grade_id", "").startswith(CHECK_PREFIX)
    ]


def run(loaded: LoadedSet, notebook: NotebookNode, *, stop_at_errors: bool) -> dict[str, Any]:
    """Run the code cells as a kernel would: an error ends its cell, not the notebook."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, content in released_files(loaded).items():
            Path(name).write_bytes(content)
        for source in code_cells(notebook):
            with contextlib.nullcontext() if stop_at_errors else contextlib.suppress(Exception):
                exec(compile(source, "<cell>", "exec"), namespace)
    return namespace


@functools.cache
def public_of(set_id: str) -> bytes:
    """The file of public cases, kept: drawing them may mean to train."""
    return public_cases(load(set_id))


@functools.cache
def solve(set_id: str) -> dict[str, Any]:
    """What the model solutions of a problem set define, for a student who filled in a name."""
    loaded = load(set_id)
    notebook = build_source_notebook(loaded)
    for cell in notebook.cells:
        cell.source = cell.source.replace('STUDENT = ""', 'STUDENT = "ann"')
    return run(loaded, notebook, stop_at_errors=True)


@pytest.fixture
def model(loaded: LoadedSet) -> dict[str, Any]:
    return solve(loaded.problem_set.id)


@pytest.fixture
def blank(loaded: LoadedSet) -> dict[str, Any]:
    """What the released notebook defines when it is run as it is."""
    return run(loaded, release_template(loaded), stop_at_errors=False)


@pytest.fixture
def loaded(set_id: str) -> LoadedSet:
    return load(set_id)


@pytest.fixture
def public(loaded: LoadedSet) -> bytes:
    return public_of(loaded.problem_set.id)


@pytest.fixture
def judged(loaded: LoadedSet) -> list[Graded]:
    """The exercises of a problem set that the judge marks."""
    return [g for g in GRADED if g.set_id == loaded.problem_set.id]


@pytest.fixture
def chapter(loaded: LoadedSet) -> str:
    return (CHAPTERS / f"{loaded.problem_set.chapter}.md").read_text("utf-8")
