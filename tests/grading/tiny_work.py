"""The tiny set at work: its sheets, its released notebook and a solved one."""

from __future__ import annotations

from pathlib import Path

from cvlib.grading.notebook.normalize import grade_id, is_solution, release_template
from cvlib.grading.rehearsal.classroom import Classroom, to_bytes
from cvlib.grading.spec.loading import load_problem_set
from cvlib.grading.spec.sheets import generator, make_sheet

TINY = load_problem_set(Path(__file__).parent / "tiny", "ps90_tiny")
SHEETS = [
    make_sheet(e, e.variants.mutants, generator(1, e.id))
    for e in TINY.problem_set.exercises
    if e.graded_by_judge
]
TEMPLATE = release_template(TINY)
IDS = [grade_id(cell) for cell in TEMPLATE.cells if grade_id(cell)]
SOLVED = to_bytes(Classroom(TINY, 1).solved())
SOLUTIONS = {grade_id(c): c.source for c in Classroom(TINY, 1).solved().cells if is_solution(c)}
