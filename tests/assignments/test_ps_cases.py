"""The specification of each exercise: what it draws, how much, and what it says about it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from cvlib.check.codec import encode
from cvlib.check.marking import Reply
from cvlib.grading.notebook.source import public_cases
from cvlib.grading.spec.exercise import PUBLIC_SEED

MOST_BYTES = {False: 100_000, True: 1_000_000}  # a model answers for many images at once
NAMED_SECTION = re.compile(r"\*([^*]+)\*")


def headings(chapter: str) -> set[str]:
    return {text.strip() for text in re.findall(r"^#+ +(.+)$", chapter, re.MULTILINE)}


def text_of(graded) -> list[str]:
    mutants = graded.exercise.variants.mutants
    return [*graded.exercise.hints.values(), *(m.misconception for m in mutants)]


def as_json(sheet) -> str:
    return json.dumps([encode(list(sheet.calls)), encode(list(sheet.expected)), sheet.parts])


def test_a_seed_fixes_the_draw(graded):
    exercise = graded.exercise
    first, again = (exercise.draw(np.random.default_rng(3)) for _ in range(2))
    assert encode([c.args for c in first]) == encode([c.args for c in again])
    assert [c.part for c in first] == [c.part for c in again]


def test_another_seed_draws_other_inputs(graded):
    if graded.exercise.kind != "answer":
        assert len({as_json(graded.sheet(seed)) for seed in range(4)}) == 4


def test_drawn_arguments_and_answers_are_small(graded):
    sizes = [len(as_json(graded.sheet(seed))) for seed in graded.seeds]
    assert max(sizes) < MOST_BYTES[graded.exercise.kind == "model"]


def test_the_reference_leaves_its_arguments_alone(graded):
    for case in graded.exercise.draw(np.random.default_rng(4)):
        before = json.dumps(encode(list(case.args)))
        graded.exercise.expected(case)
        assert json.dumps(encode(list(case.args))) == before


def test_every_part_has_a_hint_and_every_hint_a_part(graded):
    for seed in graded.seeds:
        parts = set(graded.sheet(seed).parts)
        assert parts == set(graded.exercise.hints)
        assert set(graded.exercise.weights) <= parts


def test_a_part_left_out_costs_its_share(graded):
    sheet = graded.sheet(0)
    weights = {p: sheet.weights.get(p, 1.0) for p in sheet.parts}
    for part, weight in weights.items():
        outcome = graded.mark_replies(
            lambda sheet, k, part=part: (
                Reply("error", detail="left out")
                if sheet.parts[k] == part
                else Reply("ok", graded.evidence(0)[k])
            ),
            0,
        )
        lost = graded.exercise.points * weight / sum(weights.values())
        assert np.isclose(outcome.score, graded.exercise.points - lost)
        if graded.exercise.kind != "answer":
            assert graded.exercise.hints[part] in outcome.text


def test_sections_are_anchors_of_the_chapter(loaded, chapter):
    for exercise in loaded.problem_set.exercises:
        page, anchor = exercise.section.split("#")
        assert page == loaded.problem_set.chapter
        assert f"\n({anchor})=\n" in chapter, f"{exercise.id}: {anchor}"


def test_sections_named_in_hints_and_misconceptions_are_headings(graded):
    path = Path(__file__).parents[2] / "chapters" / f"{graded.loaded.problem_set.chapter}.md"
    known = headings(path.read_text("utf-8"))
    for text in text_of(graded):
        assert set(NAMED_SECTION.findall(text)) <= known, text


def test_each_misconception_speaks_and_points_to_a_section(graded):
    for mutant in graded.exercise.variants.mutants:
        assert NAMED_SECTION.search(mutant.misconception), mutant.name
        assert 40 < len(mutant.misconception) < 400, mutant.name


def test_points_are_whole_and_their_sum_is_round(loaded):
    points = [e.points for e in loaded.problem_set.exercises]
    assert all(p == int(p) for p in points)
    assert sum(points) % 10 == 0


def test_public_cases_are_the_same_bytes_each_time_and_not_large(loaded, public):
    assert public == public_cases(loaded)
    assert len(public) < 1_500_000


def test_public_cases_do_not_hold_the_value_of_an_answer(loaded, public):
    public = json.loads(public)["exercises"]
    for exercise in loaded.problem_set.exercises:
        if exercise.kind == "answer":
            cases = exercise.draw(np.random.default_rng(PUBLIC_SEED))
            secret = [json.dumps(encode(exercise.expected(c))) for c in cases]
            assert public[exercise.id]["form_only"]
            assert public[exercise.id]["misconceptions"] == []
            assert not any(s in json.dumps(public[exercise.id]["expected"]) for s in secret)
