"""The notebook as it is written, and as students receive it."""

from __future__ import annotations

import ast
import doctest
import re
import symtable
from typing import Any

import numpy as np

from cvlib.check.marking import Outcome
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.notebook.source import build_source_notebook, model_solutions


def marks(judged: list[Any], namespace: dict[str, Any], seed: int) -> dict[str, Outcome]:
    outcomes = {}
    for graded in judged:
        name = graded.exercise.name
        target, missing = namespace.get(name), name not in namespace
        outcomes[graded.exercise.id] = graded.mark(target, seed, missing=missing)
    return outcomes


def test_the_model_solutions_get_full_marks(judged, model):
    for seed in range(3):
        for name, outcome in marks(judged, model, seed).items():
            assert outcome.score == outcome.max_score, f"{name}: {outcome.text}"


def test_the_released_notebook_scores_nothing(judged, blank):
    outcomes = marks(judged, blank, 0)
    assert {n: o.score for n, o in outcomes.items()} == dict.fromkeys(outcomes, 0.0)
    assert {n: o.state for n, o in outcomes.items()} == dict.fromkeys(outcomes, "not attempted")


def test_the_released_notebook_gives_nothing_away(loaded):
    source, released = build_source_notebook(loaded), release_template(loaded)
    text = "\n".join(c.source for c in released.cells)
    assert "SOLUTION" not in text
    assert "MARK SCHEME" not in text
    for cell in source.cells:
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END", cell.source, re.DOTALL):
            for line in filter(lambda line: len(line) > 25, map(str.strip, region.splitlines())):
                assert line not in text


def test_model_answers_to_written_exercises_are_removed(loaded):
    source, released = build_source_notebook(loaded), release_template(loaded)
    answers = {e.id for e in loaded.problem_set.exercises if e.kind == "written"}
    for before, after in zip(source.cells, released.cells, strict=True):
        if before.metadata.get("nbgrader", {}).get("grade_id") in answers:
            assert "YOUR ANSWER HERE" in after.source
            assert not set(before.source.split("\n")) & set(after.source.split("\n")) - {""}


def test_each_written_exercise_has_a_marking_scheme(loaded):
    schemes = {
        c.metadata.get("nbgrader", {}).get("grade_id"): c.source
        for c in build_source_notebook(loaded).cells
    }
    for exercise in loaded.problem_set.exercises:
        if exercise.kind == "written":
            assert "point" in schemes[f"scheme-{exercise.id}"]


def test_the_starting_code_says_what_goes_in_and_out(loaded, model):
    for exercise in loaded.problem_set.exercises:
        if exercise.kind == "function":
            target = model[exercise.name]
            assert target.__doc__, exercise.id
            assert set(target.__annotations__) > {"return"}, exercise.id


def test_examples_in_the_docstrings_are_true(loaded, model):
    runner = doctest.DocTestRunner(verbose=False)
    examples = 0
    for exercise in loaded.problem_set.exercises:
        if exercise.kind == "function":
            text = model[exercise.name].__doc__
            test = doctest.DocTestParser().get_doctest(text, model, exercise.id, None, 0)
            examples += len(test.examples)
            assert runner.run(test, clear_globs=False).failed == 0, exercise.id
    assert examples


def test_no_solution_imports_what_is_withheld(loaded):
    for cell in build_source_notebook(loaded).cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if cell.cell_type != "code" or name not in {e.id for e in loaded.problem_set.exercises}:
            continue
        modules = set()
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                modules |= {f"{node.module}.{a.name}" for a in node.names} | {node.module or ""}
        for withheld in loaded.problem_set[name].withhold:
            assert not [m for m in modules if m == withheld or m.startswith(withheld + ".")]


def names_used(source: str) -> set[str]:
    """The names that a cell reads but does not make its own inside a function."""

    def walk(table: symtable.SymbolTable) -> set[str]:
        names = {
            s.get_name()
            for s in table.get_symbols()
            if s.is_referenced() and (s.is_global() or table.get_type() == "module")
        }
        return names.union(*map(walk, table.get_children()))

    return walk(symtable.symtable(source, "<cell>", "exec"))


def test_a_solution_that_calls_another_says_so_and_no_other(loaded):
    """Else an error would be paid for twice, or a second run of the notebook be for nothing."""
    judged = [e for e in loaded.problem_set.exercises if e.graded_by_judge]
    solutions = model_solutions(loaded)
    used = {e.id: names_used(solutions[e.id]) for e in judged}
    found = {e.id: {o.id for o in judged if o is not e and o.name in used[e.id]} for e in judged}
    assert found == {e.id: set(e.builds_on) for e in judged}


def test_files_of_the_set_are_the_same_bytes_each_time_and_small(loaded):
    for name, content in loaded.problem_set.files.items():
        assert content() == content(), name
        assert 0 < len(content()) < 300_000, name


def test_headings_show_the_points(loaded):
    source = build_source_notebook(loaded)
    text = "\n".join(c.source for c in source.cells if c.cell_type == "markdown")
    points = [float(p) for p in re.findall(r"^## .*\(([\d.]+) points?\)$", text, re.MULTILINE)]
    assert points == [e.points for e in loaded.problem_set.exercises]
    assert np.isclose(sum(points), loaded.problem_set.points)
