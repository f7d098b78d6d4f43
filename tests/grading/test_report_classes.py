"""The report of a sample class, of a chain, and of a class that is called and graded oddly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bs4 import BeautifulSoup
from report_pages import harmless, words
from thirty_students import LAST
from tiny_set import CHAIN, SET_ID, Grade

from cvlib.grading.course.course import Course
from cvlib.grading.course.release import release
from cvlib.grading.judging.result import ExerciseResult, Result
from cvlib.grading.rehearsal.sample_class import write_sample
from cvlib.grading.report.data import ClassWork, Mark, Work, gather
from cvlib.grading.report.numbers import compute
from cvlib.grading.report.report import index_page, set_page, write_report
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from tests.tags import one


def test_the_sample_classes_are_reported_with_their_scores(
    graded: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    done = cvlib_grade(graded.root, "report", "-o", str(tmp_path / "r"))
    assert done.stdout.split() == [
        str(tmp_path / "r" / f) for f in ("index.html", f"{SET_ID}.html")
    ]
    numbers = compute(gather(graded, SET_ID))
    scores = {w.student: w.score for w in gather(graded, SET_ID).works}
    assert (scores["right"], scores["blank"], scores["mutant-spread"]) == (10.0, 0.0, 6.0)
    assert numbers.ended == 1, "the member that leaves its process"
    assert [f.label for f in numbers.overtime] == ["2 · Inner product"]
    text = words(tmp_path / "r" / f"{SET_ID}.html")
    assert f"{len(scores)} submissions" in text
    assert "no due date is set" in text


def test_the_chain_counts_a_mistake_once(tmp_path: Path, cluster: str) -> None:
    """An exercise that builds on a wrong one is graded with our solution: it has all its points."""
    course = Course.open(tmp_path, CHAIN)
    release(course, "ps91_chain")
    loaded = load_problem_set(CHAIN, "ps91_chain")
    write_sample(course, loaded, seed=course.seed)
    chosen = ["right", "blank", *(p.name for p in course.submitted.glob("mutant-*"))]
    assert len(chosen) > 2
    report = run_set(course, "ps91_chain", Options(students=chosen, scheduler=cluster))
    assert report.ok
    numbers = compute(gather(course, "ps91_chain"))
    assert sorted(numbers.scores) == sorted(row.expected or 0.0 for row in report.rows)
    judged = [d for d in numbers.difficulties if d.exercise.graded_by_judge]
    wrong = len(chosen) - 2  # whoever made a known mistake did not train the model
    assert all(d.untouched == 1 + wrong * (d.exercise.kind == "model") for d in judged)
    assert all("too few" in d.reason for d in numbers.difficulties)
    page = write_report(course, ["ps91_chain"], tmp_path / "one.html")
    assert page == [tmp_path / "one.html"]
    assert f"Only {len(chosen)} graded submissions" in words(page[0])


def test_a_page_escapes_what_no_folder_may_be_called_and_the_instructors_words(
    tiny: LoadedSet,
) -> None:
    """Whatever intake lets through one day, and whatever an exercise is called."""
    evil = f'"{LAST}'
    exercises = tuple(
        replace(e, title=f"{k} · {evil}") for k, e in enumerate(tiny.problem_set.exercises, 1)
    )
    marks = {e.id: Mark(1.0, False) for e in exercises}
    said = f"✗ {evil}: no answer within 2 s: is"
    found = ExerciseResult("spread", evil, 0.0, 4.0, "incorrect", said, evil, {evil: False})
    result = Result("k", (found,), ([],), (), 1.0)
    works = tuple(Work(f"{evil}{k}", evil, marks, result) for k in range(12))
    work = ClassWork(SET_ID, evil, exercises, works, unrecorded=(evil,))
    numbers = compute(work)
    page = harmless(set_page(work, numbers))
    assert one(page.title).get_text() == f"{evil}: class report"
    assert f"not in the gradebook: {evil}" in page.get_text()
    assert [one(row.td)["title"] for row in page.select(".students tbody tr")] == [
        w.student for w in works
    ]
    assert evil in one(page.select_one(".said")).get_text()
    assert evil in harmless(index_page([(work, numbers)])).get_text()


def test_a_submission_whose_grading_failed_is_not_in_the_numbers(tiny: LoadedSet) -> None:
    names = [e.id for e in tiny.problem_set.exercises]
    works = (
        Work("ann", "Ann", dict.fromkeys(names, Mark(1.0, False))),
        Work("bob", "Bob", dict.fromkeys(names, Mark(None, True))),
    )
    work = ClassWork(SET_ID, "Tiny", tiny.problem_set.exercises, works, unrecorded=("cleo",))
    numbers = compute(work)
    assert numbers.scores == (5.0,)
    text = BeautifulSoup(set_page(work, numbers), "html.parser").get_text(" ")
    assert "2 handed in, but not graded" in " ".join(text.split())
    assert "For 1 submissions the judge's findings are not kept" in text
    assert "not in the gradebook: cleo" in text
