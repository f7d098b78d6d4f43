"""The similarity report: copies in disguise are found, honest work is left alone."""

from __future__ import annotations

import ast
import csv
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from cohort import (
    ESSAY,
    MILLION,
    OWN,
    ROOT,
    SET_ID,
    Cohort,
    names,
    pasted,
    renamed,
    verbatim,
    with_dead_code,
    wrapped,
)

from cvlib.grading.rehearsal.classroom import insert_after, rewrite
from cvlib.grading.similarity.page import show_similar, similar_csv, similar_page
from cvlib.grading.similarity.similarity import THRESHOLD, Comparison, compare_works
from cvlib.grading.similarity.works import read_work
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from tests.effort import effort
from tests.tags import one


@pytest.fixture(scope="module")
def convolution() -> LoadedSet:
    return load_problem_set(ROOT / "assignments", SET_ID)


@pytest.fixture(scope="module")
def cohort(convolution: LoadedSet) -> Cohort:
    return Cohort(convolution)


@pytest.mark.parametrize("disguise", [verbatim, renamed, with_dead_code, wrapped])
def test_a_copy_is_found_whatever_it_wears(cohort: Cohort, disguise: Callable[[str], str]) -> None:
    copied = {exercise: disguise(source) for exercise, source in OWN.items()}
    assert all(ast.parse(source) for source in copied.values())
    found = cohort.compare({"ada": cohort.notebook(70, OWN), "bob": cohort.notebook(71, copied)})
    assert names(found) == [("ada", "bob")]
    assert found.rarer_than(found.pairs[0].score) > 0.99
    assert {exercise for exercise, _ in found.pairs[0].places} >= set(list(OWN)[:2])


def test_a_copy_in_another_order_and_in_other_cells_is_found(cohort: Cohort) -> None:
    bob = cohort.notebook(71)
    moved = [renamed(source) for source in reversed(OWN.values())]
    insert_after(bob, "output_size", "\n\n".join(moved[:2]))
    insert_after(bob, "no such cell", "%matplotlib inline\n" + "\n\n".join(moved[2:]))
    found = cohort.compare({"ada": cohort.notebook(70, OWN), "bob": bob})
    assert names(found) == [("ada", "bob")]


def test_one_copied_exercise_of_sixteen_is_found(cohort: Cohort) -> None:
    one = {"conv2d_forward": OWN["conv2d_forward"]}
    bob = cohort.notebook(74, {"conv2d_forward": renamed(OWN["conv2d_forward"])})
    found = cohort.compare({"ada": cohort.notebook(70, OWN | one), "bob": bob})
    assert names(found) == [("ada", "bob")]
    assert list(found.pairs[0].places) == [("conv2d_forward", "code")]


def test_a_copied_essay_is_found_and_another_one_is_not(cohort: Cohort) -> None:
    essay = "transpose_is_not_inverse"
    again = ESSAY.replace("Take", "We take").replace("paints", "writes").upper()
    other = """Not an inverse: it brings the gradient home. With the image 1 2 and the kernel 1 1
    the output is 3, and what the transpose makes of it is 3 3, twice the sum. Orthonormal columns
    would do, as of a single weight of one; with stride two there are fewer rows than columns."""
    found = cohort.compare(
        {
            "ada": cohort.notebook(70, {essay: ESSAY}),
            "bob": cohort.notebook(74, {essay: again}),
            "eve": cohort.notebook(72, {essay: other}),
        }
    )
    assert names(found) == [("ada", "bob")]
    assert list(found.pairs[0].places) == [(essay, "prose")]


def test_three_who_share_are_one_group(cohort: Cohort) -> None:
    found = cohort.compare(
        {
            "ada": cohort.notebook(70, OWN),
            "bob": cohort.notebook(71, {k: renamed(s) for k, s in OWN.items()}),
            "eve": cohort.notebook(72, {k: with_dead_code(s) for k, s in OWN.items()}),
        }
    )
    assert found.clusters() == [["ada", "bob", "eve"]]


def test_honest_work_is_left_alone(cohort: Cohort) -> None:
    """Even where students happen to find the very same variant of a solution."""
    for count in (6, 12, 40):
        found = cohort.compare({"ada": cohort.notebook(70, OWN)}, count)
        assert names(found) == []
        assert found.scores.max() < THRESHOLD - 0.05


def test_right_answers_written_differently_are_left_alone(cohort: Cohort) -> None:
    """A class in which everybody has the model solution, or one alternative to it."""
    notebooks = {}
    for k, (exercise, variant) in enumerate(cohort.room.alternatives()):
        if exercise.kind != "answer":
            notebook = cohort.room.solved()
            source = pasted(variant.target, exercise.name)
            notebooks[f"alternative{k}"] = rewrite(notebook, exercise.id, source)
    assert len(notebooks) > 25
    assert names(cohort.compare(notebooks, count=0)) == []


def test_blank_notebooks_and_classes_of_one_have_no_pairs(cohort: Cohort) -> None:
    blank = {f"blank{k}": cohort.room.blank() for k in range(5)}
    assert names(cohort.compare(blank, count=0)) == []
    assert names(cohort.compare(blank | {"ada": cohort.notebook(1, OWN)}, count=0)) == []
    for count in (0, 1):
        found = cohort.compare({}, count)
        assert names(found) == []
        assert "nothing stands out" in show_similar(found)


def test_two_students_alone_who_share_the_model_solution(cohort: Cohort) -> None:
    solved = {name: cohort.room.solved() for name in ("ada", "bob")}
    assert names(cohort.compare(solved, count=0)) == []


def test_a_class_of_two_hundred_takes_little_effort_and_memory(cohort: Cohort) -> None:
    notebooks = {f"s{k:03}": cohort.notebook(k) for k in range(198)}
    notebooks |= {"ada": cohort.notebook(900, OWN), "bob": cohort.notebook(901, OWN)}
    works = [read_work(name, nb, cohort.given) for name, nb in notebooks.items()]
    found, loops = effort(compare_works, cohort.loaded, works)
    assert loops < 400
    assert names(found) == [("ada", "bob")]
    assert found.scores.nbytes < MILLION


def test_broken_work_is_compared_as_far_as_it_goes(cohort: Cohort) -> None:
    typo = {k: s.replace("return", "retrun (", 1) for k, s in OWN.items()}
    found = cohort.compare({"ada": cohort.notebook(70, OWN), "bob": cohort.notebook(71, typo)})
    assert names(found) == [("ada", "bob")]


EVIL = "</pre></mark><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def pair(cohort: Cohort) -> Comparison:
    evil = OWN | {
        "compose": OWN["compose"] + f"\n# {EVIL} \u202eevil\u202c \x1b[31m\n" + "#\n" * 300
    }
    notebooks = {"=1+1": cohort.notebook(70, evil), "<b>bob": cohort.notebook(71, evil)}
    return cohort.compare(notebooks)


def test_the_page_shows_both_passages_and_nothing_in_it_can_run(pair: Comparison) -> None:
    html = similar_page([pair]).decode()
    assert "<script" not in html
    assert "onerror=alert(1)>" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html
    soup = BeautifulSoup(html, "html.parser")
    active = ["script", "iframe", "link", "form", "object", "embed", "img"]
    assert not soup.find_all(active)
    assert not [a for tag in soup.find_all(True) for a in tag.attrs if a.startswith("on")]
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert "default-src 'none'" in policy["content"]
    assert "prefers-color-scheme: dark" in html
    sides = soup.select(".sides")[0].select("pre")
    assert [len(s.select("mark")) > 5 for s in sides] == [True, True]
    assert all("SIGMOD" in t for t in [soup.get_text()])
    assert "What this page cannot tell" in soup.get_text()
    label = one(soup.select_one("svg[role=img]"))["aria-label"]
    assert f"{len(pair.scores)} pairs" in label
    assert len(soup.select("rect.listed")) == 1


def test_marked_lines_are_those_that_both_have(cohort: Cohort) -> None:
    added = "\n    nobody_else = [line for line in open('a')]\n    return nobody_else + [3, 4, 5]\n"
    ada = OWN | {"compose": OWN["compose"] + added}
    found = cohort.compare({"ada": cohort.notebook(70, ada), "bob": cohort.notebook(71, OWN)})
    soup = BeautifulSoup(similar_page([found]), "html.parser")
    compose = next(d for d in soup.select("details") if "Two slides" in one(d.summary).get_text())
    marked = " ".join(m.get_text() for m in compose.select("mark"))
    assert "total.get((p + s, q + t), 0.0)" in marked
    assert "nobody_else + [3, 4, 5]" not in marked


def test_the_table_and_the_csv_name_the_exercises(pair: Comparison) -> None:
    lines = show_similar(pair).splitlines()
    assert "Two slides in one 1" in lines[1] or "Two slides in one 9" in lines[1]
    assert lines[-1].startswith(f"{SET_ID}: 26 submissions, 1 pairs to look at, other pairs score")
    rows = list(csv.DictReader(similar_csv([pair]).decode().splitlines()))
    assert {r["exercise"] for r in rows} >= set(OWN)
    assert {r["student"] for r in rows} | {r["other"] for r in rows} == {"'=1+1", "<b>bob"}
    assert all(0 < float(r["shared"]) <= 1 for r in rows)
