"""The report of a class that we know says its numbers, and nothing in its pages can act."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from report_pages import harmless, words
from scipy import stats
from thirty_students import EVIL, FIRST, LAST, POINTS, class_of_thirty, students
from tiny_set import CHAIN, SET_ID, TINY, Grade

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.report.data import gather
from cvlib.grading.report.numbers import Numbers, compute
from cvlib.grading.report.report import write_report
from cvlib.grading.spec.loading import LoadedSet
from tests.tags import one


@pytest.fixture(scope="module")
def thirty(
    tmp_path_factory: pytest.TempPathFactory, released: Path, tiny: LoadedSet, cluster: str
) -> Course:
    """A class of thirty whose scores, times and marks by hand are known."""
    root = tmp_path_factory.mktemp("thirty") / "course"
    return class_of_thirty(root, released, tiny, cluster)


@pytest.fixture(scope="module")
def numbers(thirty: Course) -> Numbers:
    return compute(gather(thirty, SET_ID))


def test_scores_and_times_are_those_of_the_class(thirty: Course, numbers: Numbers) -> None:
    work = gather(thirty, SET_ID)
    assert (len(work.works), work.enrolled, work.max_score) == (30, 31, 12.0)
    expected = [float(sum(POINTS[kind])) for _, kind in students()]
    extra = [2.0] * 5 + [1.0]
    assert sorted(numbers.scores) == sorted(
        [*(10.0 + e for e in extra[:5]), *[10.0] * 5, 7.0, *expected[11:]]
    )
    assert numbers.mean == pytest.approx((sum(expected) + 11) / 30)
    assert numbers.quartiles == tuple(np.percentile(numbers.scores, (25, 50, 75)))
    late = [w for w in work.works if w.seconds_late]
    assert {w.student for w in late} == {f"deviation-{k}" for k in range(4)}
    assert {w.seconds_late for w in late} == {2.5 * 3600}
    assert sum(w.seconds_late is None for w in work.works) == 17
    assert sum(w.waiting for w in work.works) == 21


def test_each_exercise_is_counted(numbers: Numbers) -> None:
    found = {
        d.exercise.id: (d.marked, d.full, d.partial, d.zero, d.untouched)
        for d in numbers.difficulties
    }
    assert found == {
        "spread": (30, 13, 2, 12, 3),
        "inner": (30, 22, 0, 5, 3),
        "taps": (30, 21, 0, 6, 3),
        "why": (9, 5, 1, 0, 3),
        "Twice": (30, 25, 0, 2, 3),
    }
    spread = numbers.difficulties[0]
    assert spread.label == "1 · Spread"
    assert spread.mean is not None
    assert spread.mean.value == pytest.approx(14 / 30)


def test_discrimination_is_the_correlation_with_the_other_exercises(numbers: Numbers) -> None:
    """By scipy; the written answer is in nobody's rest as long as some wait for their mark."""
    table = np.array([POINTS[kind] for _, kind in students()], float)
    judged = [d for d in numbers.difficulties if d.exercise.id != "why"]
    for k, row in enumerate(judged):
        rest = np.delete(table, k, axis=1).sum(axis=1)
        right = stats.pearsonr(table[:, k], rest)
        interval = right.confidence_interval(0.95)
        assert row.discrimination is not None
        assert row.discrimination.value == pytest.approx(right.statistic)
        assert row.discrimination.low == pytest.approx(interval.low, abs=1e-5)
        assert row.discrimination.high == pytest.approx(interval.high, abs=1e-5)
    why = numbers.difficulties[3]
    assert why.discrimination is None
    assert why.reason == "too few submissions to say (n = 9, at least 10 are needed)"


def test_mistakes_are_named_and_counted(numbers: Numbers) -> None:
    said = [(f.label, f.text[:17], f.count, f.of) for f in numbers.misconceptions]
    assert said == [
        ("1 · Spread", "You divided by n ", 6, 27),
        ("1 · Spread", "You took the stan", 4, 27),
        ("3 · Taps", "You counted one c", 4, 27),
    ]
    failed = {(f.label, f.text): (f.count, f.of) for f in numbers.parts}
    assert failed["1 · Spread", "vectors"] == (12, 27)
    assert failed["1 · Spread", "matrices"] == (14, 27)
    assert [(f.label, f.count, f.of) for f in numbers.overtime] == [("2 · Inner product", 3, 27)]
    assert (numbers.ended, numbers.hung) == (2, 0)


def test_a_page_is_harmless_and_says_what_was_computed(thirty: Course, tmp_path: Path) -> None:
    page, *_ = write_report(thirty, [SET_ID], tmp_path / "page.html")
    soup = harmless(page.read_text("utf-8"))
    text = words(page)
    for said in (
        "30 submissions, of 31 students",
        "9 on time, 17 without a time stamp",
        "4 late",
        "21 waiting for a person",
        "6 of 27 You divided by n − 1",
        "47 % (30 % to 64 %)",
        "3 of 27 ran into the time limit 2 · Inner product",
        "2 ended the Python process",
        EVIL,
        f"{FIRST} {LAST}",
        "2 h 30 min",
    ):
        assert said in text, said
    rows = {one(row.td).get_text(): row for row in soup.select(".students tbody tr")}
    assert len(rows) == 30
    cells = [c.get_text() for c in rows["sample-0"].find_all("td")]
    assert cells == ["sample-0", "", "7", "", "0", "3", "1", "1", "2"]
    assert "waiting" in rows["sample-1"].find_all("td")[7]["class"]
    titles = [cell["title"] for cell in rows[EVIL].select(".name")]
    assert titles == [EVIL, f"{FIRST} {LAST}"]


def test_figures_have_words_and_axes_have_names(thirty: Course, tmp_path: Path) -> None:
    soup = BeautifulSoup(
        write_report(thirty, [SET_ID], tmp_path / "page.html")[0].read_text("utf-8"), "html.parser"
    )
    drawings = soup.find_all("svg")
    assert len(drawings) == 5
    alts = [d["aria-label"] for d in drawings]
    assert "Histogram of 30 scores from 0 to 12 points" in alts[0]
    assert "1 · Spread 47 % (95 % interval 30 % to 64 %)" in alts[2]
    assert "1 · Spread: all points 13, some 2, none 12, not attempted 3" in alts[3]
    assert "4 · Why: too few submissions to say" in alts[4]
    axes = [
        ("score, points", "submissions"), ("score, points", "% of submissions"),
        ("mean share of points, %",), ("% of submissions",),
        ("correlation with the rest of the set",),
    ]  # fmt: skip
    for drawing, labels in zip(drawings, axes, strict=True):
        text = [t.get_text() for t in drawing.find_all("text")]
        assert set(labels) <= set(text), labels


def test_anonymous_pages_name_nobody(thirty: Course, tmp_path: Path, cvlib_grade: Grade) -> None:
    cvlib_grade(thirty.root, "report", "--anonymous", "-o", str(tmp_path / "r"))
    for path in (tmp_path / "r").iterdir():
        text = html.unescape(path.read_text("utf-8"))
        for student, _ in students():
            assert student not in text
        assert "Eve" not in text
    assert "6 of 27 You divided by n − 1" in words(tmp_path / "r" / f"{SET_ID}.html")


def test_wrong_use_is_explained(tmp_path: Path, thirty: Course, cvlib_grade: Grade) -> None:
    assert "no gradebook" in cvlib_grade(tmp_path / "new", "report", expect=2).stderr
    cvlib_grade(tmp_path / "new", "release")
    assert "nothing is graded yet" in cvlib_grade(tmp_path / "new", "report", expect=2).stderr
    both = tmp_path / "both"
    for folder in (TINY, CHAIN):
        for problem_set in folder.iterdir():
            (both / problem_set.name).parent.mkdir(exist_ok=True)
            (both / problem_set.name).symlink_to(problem_set)
    course = Course.open(tmp_path / "two", both)
    with pytest.raises(CourseError, match="names one page, but 2 problem sets are meant"):
        write_report(course, course.problem_sets(), tmp_path / "x.html")


def test_a_default_report_lies_in_the_course_folder(thirty: Course, cvlib_grade: Grade) -> None:
    done = cvlib_grade(thirty.root, "report", SET_ID)
    index = thirty.root / "report" / "index.html"
    assert str(index) in done.stdout
    soup = BeautifulSoup(index.read_text("utf-8"), "html.parser")
    assert [a["href"] for a in soup.find_all("a")] == [f"{SET_ID}.html"]
