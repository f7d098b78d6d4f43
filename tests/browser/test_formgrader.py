"""nbgrader's formgrader in a real browser shows a course graded here as one graded by the stock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, FrameLocator, Page, expect

from cvlib.grading.course.course import Course
from cvlib.grading.course.release import release
from cvlib.grading.feedback.make import page_path
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.rehearsal.sample_class import write_sample
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import load_problem_set
from tests.browser.lab import jupyter

TINY = Path(__file__).resolve().parents[1] / "grading" / "tiny"
SET = "ps90_tiny"
STUDENTS = ("right", "mutant-spread", "blank", "noisy")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Four students of the sample class, graded by our command."""
    course = Course.open(tmp_path_factory.mktemp("ours"), TINY)
    release(course, SET)
    write_sample(course, load_problem_set(TINY, SET), seed=course.seed)
    for folder in course.submitted.iterdir():
        if folder.name not in STUDENTS:
            shutil.rmtree(folder)
    with gradebook(course) as book:
        book.add_student("right", first_name="Ada", last_name="Lovelace")
    assert run_set(course, SET, Options(workers=2)).ok
    return course


@pytest.fixture(scope="module")
def stock(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The same submissions, graded by nbgrader's own command."""
    root = tmp_path_factory.mktemp("stock") / "course"
    shutil.copytree(course.root, root, ignore=shutil.ignore_patterns("autograded", "gradebook.db"))
    copy = Course.open(root, TINY)
    release(copy, SET, force=True)
    with gradebook(copy) as book:
        book.add_student("right", first_name="Ada", last_name="Lovelace")
    folder = os.path.dirname(sys.executable)
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", SET],
        cwd=root,
        check=True,
        capture_output=True,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
    )
    return copy


def gradebook(course: Course) -> Gradebook:
    return Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib")


@pytest.fixture(scope="module")
def address(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The instructor's JupyterLab on our course."""
    with jupyter(course.root, tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window; what is not on this machine is not asked for."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
    yield context.new_page()
    context.close()


def open_formgrader(page: Page, address: str) -> FrameLocator:
    """Through the menu, as an instructor does; return what is inside the tab."""
    page.goto(address)
    page.get_by_role("menuitem", name="Nbgrader").click(timeout=90_000)
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    frame = page.frame_locator("iframe[src*='formgrader']").first
    frame.locator("#main-table").get_by_text(SET, exact=True).first.wait_for(timeout=60_000)
    return frame


def open_notebook(frame: FrameLocator) -> None:
    """Manual Grading → the assignment → its notebook: the list of submissions."""
    frame.get_by_role("link", name="Manual Grading").first.click()
    places = frame.locator("ol.breadcrumb li")
    expect(places.filter(has_text="Manual Grading")).to_be_visible(timeout=30_000)
    for depth in (2, 3):
        frame.locator("#main-table").get_by_role("link", name=SET).click()
        expect(places).to_have_count(depth, timeout=30_000)
    see_submissions(frame)


def see_submissions(frame: FrameLocator) -> None:
    """Wait for the list of submissions."""
    rows = frame.locator("#main-table tr:has(a.name-shown)")
    expect(rows).to_have_count(len(STUDENTS), timeout=30_000)


def table(frame: FrameLocator) -> list[dict[str, str]]:
    """The list of submissions, each cell by its class."""
    return sorted(
        frame.locator("#main-table tr").evaluate_all(
            """rows => rows.map(row => Object.fromEntries([...row.cells].map(cell => {
                const name = [...cell.classList].filter(c => c !== 'text-center').join(' ');
                const who = cell.querySelector('a.name-shown');
                const tick = cell.querySelector('.glyphicon-ok') ? 'yes' : '';
                return [name, who ? who.textContent : (cell.textContent.trim() || tick)];
            })))"""
        ),
        key=lambda row: row["name"],
    )


def open_submission(frame: FrameLocator, name: str) -> None:
    """Open one student's notebook, and wait until the scores are in their fields."""
    frame.locator(f"a.name-shown:text-is({name!r})").first.evaluate("link => link.click()")
    frame.locator("#check-Twice[placeholder]").wait_for(timeout=60_000)


def cells(frame: FrameLocator) -> list[str]:
    """What is to be read in each cell, its outputs among it."""
    return frame.locator(".cell").evaluate_all(
        "cells => cells.map(cell => cell.innerText.replace(/\\s+/g, ' ').trim())"
    )


def scores(frame: FrameLocator) -> dict[str, tuple[str, str]]:
    """The value and the placeholder of every score field."""
    return {
        f["id"]: (f["value"], f["placeholder"])
        for f in frame.locator("input.score").evaluate_all(
            "fields => fields.map(f => ({id: f.id, value: f.value, placeholder: f.placeholder}))"
        )
    }


def test_tables_and_cells_are_those_of_the_stock(
    course: Course,
    stock: Course,
    address: str,
    page: Page,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    seen: list[dict[str, Any]] = []
    with jupyter(stock.root, tmp_path_factory.mktemp("home")) as other:
        for where in (address, other):
            frame = open_formgrader(page, where)
            found: dict[str, Any] = {
                "assignments": frame.locator("#main-table tr").all_inner_texts()
            }
            open_notebook(frame)
            found["submissions"] = table(frame)
            for student in ("Lovelace, Ada", "mutant-spread", "blank"):
                open_submission(frame, student)
                found[student] = cells(frame), scores(frame)
                frame.get_by_role("link", name=SET).last.click()
                see_submissions(frame)
            seen.append(found)
    ours, theirs = seen
    for name in ours:
        assert ours[name] == theirs[name], name
    rows = {row["name"]: row for row in ours["submissions"]}
    marks = read_marks(course, SET)
    assert rows["Lovelace, Ada"]["score"] == f"{marks['right'].score:g} / 12"
    assert rows["mutant-spread"]["score"] == "6 / 12"
    text = " ".join(ours["mutant-spread"][0])
    assert "np.var" in text, "the student's own cell"
    assert "0 of 4 points: incorrect" in text
    assert "You divided by n − 1, as for a sample" in text, "the judge's words"
    assert ours["mutant-spread"][1]["check-spread"] == ("", "0")
    assert ours["mutant-spread"][1]["check-inner"] == ("", "3")
    assert ours["mutant-spread"][1]["why"] == ("", "")


def test_a_mark_given_in_the_browser_stays(course: Course, address: str, page: Page) -> None:
    """A mark and a comment on an answer outlive a grading by force, and reach the student."""
    frame = open_formgrader(page, address)
    open_notebook(frame)
    open_submission(frame, "mutant-spread")
    with page.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT"):
        frame.locator("#why").fill("1.5")
        frame.locator("#why").blur()
    with page.expect_response(lambda r: "/api/comment/" in r.url and r.request.method == "PUT"):
        frame.locator("#why-comment").fill("Say **which** distances.")
        frame.locator("#why-comment").blur()
    assert read_marks(course, SET)["mutant-spread"].score == 7.5
    cli = [
        sys.executable,
        "-m",
        "cvlib.grading",
        "--course",
        str(course.root),
        "--assignments",
        str(TINY),
    ]
    for command in (["run", "--force", "--student", "mutant-spread"], ["feedback"]):
        subprocess.run([*cli, *command], check=True, capture_output=True, timeout=300)
    with gradebook(course) as book:
        mark = book.find_grade("why", SET, SET, "mutant-spread")
        assert (mark.manual_score, mark.score) == (1.5, 1.5)
    feedback = page_path(course, SET, "mutant-spread").read_text("utf-8")
    assert "7.5 of 12 points" in feedback
    assert "Say <strong>which</strong> distances." in feedback
    frame = open_formgrader(page, address)
    open_notebook(frame)
    assert {r["name"]: r["score"] for r in table(frame)}["mutant-spread"] == "7.5 / 12"
    open_submission(frame, "mutant-spread")
    expect(frame.locator("#why")).to_have_value("1.5")
    expect(frame.locator("#why-comment")).to_have_value("Say **which** distances.")
    expect(frame.locator("#check-spread")).to_have_attribute("placeholder", "0")
