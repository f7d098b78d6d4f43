"""The class report: its numbers are those of a class we know, and nothing in its pages can act."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook
from scipy import stats

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.release import release
from cvlib.grading.judging.result import ExerciseResult, Result
from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from cvlib.grading.rehearsal.sample_class import write_sample
from cvlib.grading.report.data import ClassWork, Mark, Work, gather
from cvlib.grading.report.numbers import (
    Numbers,
    compute,
    correlation,
    ended_its_process,
    has_hung_cell,
    ran_over,
    wilson,
)
from cvlib.grading.report.report import duration, index_page, set_page, write_report
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from tests.tags import one

TINY = Path(__file__).parent / "tiny"
CHAIN = Path(__file__).parent / "chain"
SET_ID = "ps90_tiny"
Grade = Callable[..., subprocess.CompletedProcess[str]]

#: How many students handed in what; the name of the first one is meant to be a nuisance.
KINDS = {"right": 10, "sample": 6, "deviation": 4, "blank": 3, "loop": 3, "exit": 2, "vectors": 2}
#: A folder may be called so; the names of a person may hold whatever a class list did.
EVIL = "{{ 7 + 7 }}' onmouseover='alert(1)"
FIRST = 'Eve" onmouseover="alert(1)'
LAST = "</td><script>alert(1)</script><img src=x onerror=alert(1)>"
#: The points for spread, inner, taps and Twice.
POINTS = {
    "right": (4, 3, 1, 2), "sample": (0, 3, 1, 2), "deviation": (0, 3, 0, 2), "blank": (0, 0, 0, 0),
    "loop": (4, 0, 1, 2), "exit": (0, 0, 0, 0), "vectors": (2, 3, 1, 2),
}  # fmt: skip


def notebooks(loaded: LoadedSet) -> dict[str, bytes]:
    room = Classroom(loaded, seed=0)
    head = "import numpy as np\n\n\ndef spread(x):\n    "
    deviation = rewrite(room.solved(), "spread", f"{head}return float(np.std(x))")
    made = {
        "right": room.solved(),
        "sample": rewrite(
            room.solved(), "spread", f"{head}return float(np.var(x, ddof=1)) if x.size > 1 else 0.0"
        ),
        "deviation": rewrite(deviation, "taps", "taps = 9"),
        "blank": room.blank(),
        "loop": rewrite(room.solved(), "inner", "def inner(x, y):\n    while True:\n        pass"),
        "exit": rewrite(room.solved(), "spread", "import os\n\nos._exit(0)"),
        "vectors": rewrite(
            room.solved(), "spread",
            f"{head}if x.ndim > 1:\n        raise ValueError('no answer within 2 s')\n"
            "    return float(np.var(x))",
        ),
    }  # fmt: skip
    return {name: to_bytes(notebook) for name, notebook in made.items()}


def students() -> Iterator[tuple[str, str]]:
    """The name and the kind of work of everybody."""
    for kind, count in KINDS.items():
        for k in range(count):
            yield (EVIL if (kind, k) == ("right", 0) else f"{kind}-{k}"), kind


@pytest.fixture(scope="module")
def thirty(
    tmp_path_factory: pytest.TempPathFactory, released: Path, tiny: LoadedSet, cluster: str
) -> Course:
    """A class of thirty whose scores, times and marks by hand are known."""
    root = tmp_path_factory.mktemp("thirty") / "course"
    course = Course.open(shutil.copytree(released, root), TINY)
    content = notebooks(tiny)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        gradebook.update_or_create_assignment(SET_ID, duedate=datetime(2026, 11, 1, 12))
        gradebook.add_student(EVIL, first_name=FIRST, last_name=LAST)
        gradebook.add_student("idle")

    def hand_in(student: str, kind: str) -> None:
        folder = course.submitted / student / SET_ID
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{SET_ID}.ipynb").write_bytes(content[kind])
        if kind in ("sample", "deviation", "blank"):
            hour = 14 if kind == "deviation" else 10
            (folder / "timestamp.txt").write_text(f"2026-11-01 {hour}:30:00 UTC")

    for kind in KINDS:
        hand_in(f"{kind}-{KINDS[kind] - 1}", kind)
    assert run_set(course, SET_ID, Options(scheduler=cluster)).ok
    for student, kind in students():
        hand_in(student, kind)
    report = run_set(course, SET_ID, Options())
    assert (report.graded, len(report.rows)) == (0, 30), "equal notebooks have equal results"
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        by_hand = [(f"right-{k}", 2.0) for k in range(1, 6)] + [("sample-0", 1.0)]
        for student, given in by_hand:
            mark = gradebook.find_grade("why", SET_ID, SET_ID, student)
            mark.manual_score, mark.needs_manual_grade = given, False
        gradebook.db.commit()
    return course


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


def words(path: Path) -> str:
    return " ".join(BeautifulSoup(path.read_text("utf-8"), "html.parser").get_text(" ").split())


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


def harmless(text: str) -> BeautifulSoup:
    """A page in which nothing can act, load or lead elsewhere than to our own pages."""
    soup = BeautifulSoup(text, "html.parser")
    active = ["script", "iframe", "link", "form", "input", "object", "embed", "img", "image"]
    assert not soup.find_all(active)
    for tag in soup.find_all(True):
        assert not [a for a in tag.attrs if a.lower().startswith("on")]
        for reference in ("href", "src", "xlink:href"):
            assert re.match(rf"#|{SET_ID}\.html$|$", str(tag.get(reference, ""))), tag
    assert not re.search(r"url\((?!#)|@import", text)
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert str(policy["content"]).startswith("default-src 'none'")
    return soup


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


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (3, 10), (10, 10), (57, 200)])
def test_the_interval_is_wilsons(hits: int, n: int) -> None:
    right = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    found = wilson(hits / n, n)
    assert (found.low, found.high) == pytest.approx((right.low, right.high), abs=1e-6)


def test_no_correlation_is_made_up() -> None:
    assert "too few" in correlation([1.0] * 9, [2.0] * 9)[1]
    same, other = [1.0] * 12, [float(k) for k in range(12)]
    assert correlation(same, other) == (None, "everybody has the same points")
    assert correlation(other, same)[1] == "everybody has the same points in the rest of the set"
    perfect, _ = correlation(other, other)
    assert perfect is not None
    assert perfect.value == pytest.approx(1.0)
    assert perfect.high <= 1.0


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("✗ a: no answer within 2 s: is there a loop that never ends?", True),
        ("✓ a\n✗ b, c: d: no answer within 0.5 s: is there a loop that never ends?", True),
        ("The 120 s for the whole notebook were used up before this exercise: is there", True),
        ("✗ a: your code raised E: no answer within 2 s: is there a loop", False),
        ("All 2 parts are right.", False),
    ],
)
def test_time_limits_are_read_from_the_judges_words_alone(text: str, over: bool) -> None:
    parts = {"a": False, "b": False, "c: d": False}
    assert ran_over(ExerciseResult("x", "X", 0.0, 1.0, "incorrect", text, "", parts)) == over


def test_a_stopped_cell_and_an_ended_process_are_noticed() -> None:
    stopped = {"output_type": "error", "ename": "Timeout", "evalue": "stopped after 30 s: is"}
    dead = "✗ a: the Python process of the notebook ended before it answered"
    exercise = ExerciseResult("x", "X", 0.0, 1.0, "incorrect", dead, "", {"a": False})
    work = Work("ann", "", {}, Result("k", (exercise,), ([stopped],), (), 1.0))
    assert has_hung_cell(work)
    assert ended_its_process(work)
    calm = ExerciseResult("x", "X", 1.0, 1.0, "correct", "The answer is right.", "", {"a": True})
    work = Work("ann", "", {}, Result("k", (calm,), ([],), (), 1.0))
    assert not has_hung_cell(work)
    assert not ended_its_process(work)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(20, "under a minute"), (1500, "25 min"), (9000, "2 h 30 min"), (100_800, "1 d 4 h")],
)
def test_a_delay_is_said_in_two_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said
