"""Whoever makes two mistakes at once hears of one of them, and seldom of one that is not there.

The answers in ``two_mistakes/`` were written from the texts alone, as students would: the first
mistake is a known one, and the second in half of them none that anybody thought of.
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from cvlib.check.marking import ask, local_call, mark
from cvlib.grading.rehearsal.beside import files_beside, folder_with
from cvlib.grading.spec.loading import load_problem_set
from cvlib.grading.spec.sheets import generator, make_sheet

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
HERE = Path(__file__).parent / "two_mistakes"
SETS = sorted(folder.name for folder in HERE.glob("ps*"))
#: Of all answers 80 % hear one, under the draw of this test; of a set's, with room, so many.
HEARD, MISLED = 0.65, 0.15


def loaded_pairs(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"two_mistakes_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("folder", SETS)
def test_one_of_two_mistakes_is_named(folder: str) -> None:
    loaded = load_problem_set(ASSIGNMENTS, folder)
    heard, misled = [], []
    with folder_with(files_beside(loaded)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # students divide by 0
        for file in sorted((HERE / folder).glob("*.py")):
            exercise = loaded.problem_set[file.stem]
            sheet = make_sheet(exercise, exercise.variants.mutants, generator(0, exercise.id))
            texts = {m.name: m.misconception for m in exercise.variants.mutants}
            for answer, first, second in loaded_pairs(file).PAIRS:
                outcome = mark(sheet, ask(sheet, local_call(answer)))
                assert outcome.score < outcome.max_score, answer.__name__
                named = {*outcome.causes.values()}
                made = {texts[first]} | ({texts[second]} if second else set())
                heard.append(bool(named & made))
                misled.append(bool(named) and not named & made)
    assert sum(heard) >= HEARD * len(heard)
    assert sum(misled) <= MISLED * len(misled)
