"""The feedback page: the judge's words and the marks are there, and nothing in it can run."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from cvlib.grading.course.course import Course
from cvlib.grading.feedback.make import make_pages, page_path, stale_pages
from cvlib.grading.feedback.page import render
from cvlib.grading.pages.clean import clean_markdown
from cvlib.grading.running.running import Options, run_set
from tests.tags import one

SET_ID = "ps90_tiny"
EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src=//evil.example></iframe>"
    "[click](javascript:alert(1)) [data](data:text/html,x) ![p](http://evil.example/p.png)"
    "<a href='https://ok.example' onclick='alert(1)'>link</a><style>body{display:none}</style>"
    "<form action=//evil.example><input></form><svg onload=alert(1)></svg>"
)


def page(course: Course, student: str) -> BeautifulSoup:
    return BeautifulSoup(page_path(course, SET_ID, student).read_text("utf-8"), "html.parser")


def test_everyone_has_a_page_and_a_second_time_none_is_made(graded: Course) -> None:
    students = [p.name for p in (graded.root / "autograded").iterdir()]
    assert len(students) >= 14
    assert all(page_path(graded, SET_ID, s).is_file() for s in students)
    assert stale_pages(graded, SET_ID) == {}


def test_the_page_names_the_misconception_and_the_points(graded: Course) -> None:
    text = page(graded, "mutant-spread").get_text(" ")
    assert "6 of 12 points" in " ".join(text.split())
    assert "You divided by n − 1, as for a sample" in text
    assert "Read: chapter 90 (tiny), section spread" in text
    assert "1 still to be marked by a person" in " ".join(text.split())
    assert "Traceback" not in text


def test_the_table_lists_every_exercise_under_its_heading(graded: Course) -> None:
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.find_all("td")]
        for row in page(graded, "mutant-spread").select("tbody tr")
    ]
    assert rows == [
        ["1 · Spread", "0 of 4"], ["2 · Inner product", "3 of 3"], ["3 · Taps", "1 of 1"],
        ["4 · Why", "to be marked, 2"], ["5 · Twice", "2 of 2"],
    ]  # fmt: skip


def test_the_receipt_can_be_taken_from_the_page_and_is_genuine(
    graded: Course, tmp_path: Path, cvlib_grade: Any
) -> None:
    (link,) = page(graded, "right").select("a[download]")
    kind, _, data = str(link["href"]).partition(",")
    assert kind == "data:application/json;base64"
    receipt = tmp_path / str(link["download"])
    receipt.write_bytes(base64.b64decode(data))
    notebook = graded.submitted / "right" / SET_ID / f"{SET_ID}.ipynb"
    key = next((graded.root / "receipts").glob("*.pem"))
    options = ["--key", str(key), "--notebook", str(notebook)]
    cvlib_grade(graded.root, "receipt", str(receipt), *options)
    receipt.write_text(receipt.read_text().replace("right", "wrong"))
    cvlib_grade(graded.root, "receipt", str(receipt), *options, expect=1)


def test_the_marking_scheme_is_shown_without_its_delimiters(graded: Course) -> None:
    text = page(graded, "right").get_text(" ")
    assert "Two points: names the balance." in text
    assert "MARK SCHEME" not in text


def test_a_file_that_is_no_notebook_is_explained(graded: Course) -> None:
    assert "could not be read as a notebook" in page(graded, "malformed").get_text()
    assert "a link is not followed" in page(graded, "link").get_text()


@pytest.mark.parametrize("student", ["right", "forged", "patched", "syntax-error"])
def test_a_page_loads_nothing_and_runs_nothing(graded: Course, student: str) -> None:
    assert_harmless(page(graded, student))


def assert_harmless(soup: BeautifulSoup) -> None:
    active = ["script", "iframe", "link", "form", "input", "svg", "object", "embed"]
    assert not soup.find_all(active)
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert "default-src 'none'" in policy["content"]
    for tag in soup.find_all(True):
        assert not [a for a in tag.attrs if a.lower().startswith("on")]
        assert re.match(
            r"https?:|mailto:|#|data:application/json;base64,|$", str(tag.get("href", ""))
        ), tag
        assert re.match(r"data:image/|$", str(tag.get("src", ""))), tag
    assert len(soup.find_all("style")) == 1


def test_hostile_text_is_shown_and_never_obeyed() -> None:
    code = nbformat.v4.new_code_cell("# " + EVIL)
    code.outputs = [
        nbformat.v4.new_output("stream", text=EVIL),
        nbformat.v4.new_output("error", ename=EVIL, evalue=EVIL, traceback=[EVIL]),
        nbformat.v4.new_output("display_data", {"text/html": EVIL, "text/plain": EVIL}),
        nbformat.v4.new_output("display_data", {"image/png": '"><script>alert(1)</script>'}),
        nbformat.v4.new_output("display_data", {"image/png": "aGVsbG8="}),
    ]
    check = nbformat.v4.new_code_cell("check()")
    check.metadata["nbgrader"] = {
        "grade_id": "check-x", "grade": True, "solution": False, "score": 1.0, "points": 2.0
    }  # fmt: skip
    check.outputs = [nbformat.v4.new_output("stream", text=f"header\n{EVIL}")]
    answer = nbformat.v4.new_markdown_cell(EVIL)
    answer.metadata["nbgrader"] = {
        "grade_id": "why", "grade": True, "solution": True, "points": 2.0, "comment": EVIL
    }  # fmt: skip
    heading = nbformat.v4.new_markdown_cell(f"# {EVIL}")
    notebook = nbformat.v4.new_notebook(cells=[heading, code, check, answer])
    names = {"notebook": EVIL, "score": 1.0, "max_score": 4.0, "late_penalty": 0.5}
    soup = BeautifulSoup(render(notebook, names), "html.parser")
    assert_harmless(soup)
    assert "alert(1)" in soup.get_text()
    assert [i["src"] for i in soup.find_all("img") if i.get("src")] == [
        "data:image/png;base64,aGVsbG8="
    ]


def test_ordinary_markdown_is_rendered() -> None:
    html = str(clean_markdown("## A\n\n*b* `c < d` $x < y$\n\n```python\n1 < 2\n```"))
    soup = BeautifulSoup(html, "html.parser")
    assert soup.find("h2") is not None
    assert [c.get_text() for c in soup.find_all("code")] == ["c < d"]
    assert "1 < 2" in one(soup.find("pre")).get_text()
    row = one(one(soup.find("math")).find("mrow"))
    assert [getattr(c, "name", None) for c in row.children] == ["mi", "mo", "mi"]


def test_a_page_is_made_again_when_a_mark_changes_and_goes_when_the_grading_does(
    graded: Course, tmp_path: Path
) -> None:
    shutil.copytree(graded.root, tmp_path / "course", symlinks=True)
    course = Course.open(tmp_path / "course", graded.assignments)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        mark = gradebook.find_grade("why", SET_ID, SET_ID, "right")
        mark.manual_score, mark.needs_manual_grade = 1.5, False
        gradebook.find_comment("why", SET_ID, SET_ID, "right").manual_comment = "A **fine** thought"
        gradebook.db.commit()
    stale = stale_pages(course, SET_ID)
    assert list(stale) == ["right"]
    assert make_pages(course, SET_ID, stale) == {}
    soup = page(course, "right")
    assert "11.5 of 12 points" in soup.get_text()
    assert "From the person who marked this" in soup.get_text()
    assert soup.find("strong", string="fine") is not None
    shutil.rmtree(course.root / "autograded" / "right")
    assert stale_pages(course, SET_ID) == {}
    assert not page_path(course, SET_ID, "right").exists()


def test_a_mark_that_a_person_gave_is_shown_after_a_grading_by_force(
    graded: Course, tmp_path: Path, cluster: str
) -> None:
    """nbgrader wants the answer looked at again, and the formgrader says so to the instructor."""
    shutil.copytree(graded.root, tmp_path / "course", symlinks=True)
    course = Course.open(tmp_path / "course", graded.assignments)
    url = f"sqlite:///{course.root}/gradebook.db"
    with Gradebook(url, "cvlib") as gradebook:
        mark = gradebook.find_grade("why", SET_ID, SET_ID, "right")
        mark.manual_score, mark.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    assert run_set(course, SET_ID, Options(students=["right"], force=True, scheduler=cluster)).ok
    with Gradebook(url, "cvlib") as gradebook:
        assert gradebook.find_grade("why", SET_ID, SET_ID, "right").needs_manual_grade
    assert make_pages(course, SET_ID, stale_pages(course, SET_ID)) == {}
    soup = page(course, "right")
    assert "to be marked" not in soup.get_text()
    assert [c.get_text() for c in soup.select("tbody tr")[3].find_all("td")] == [
        "4 · Why",
        "1.5 of 2",
    ]


def test_formulas_are_mathml_and_carry_nothing_else() -> None:
    html = str(clean_markdown(r"We have $A^\top x = y$, or" "\n\n$$\n\\sum_i x_i\n$$\n"))
    assert html.count("<math") == 2
    assert "<msup>" in html
    assert "$" not in html
    hostile = (
        r"$\text{<script>alert(1)</script><img src=x onerror=alert(1)>}$ $\href{javascript:x}{a}$"
    )
    html = str(clean_markdown(hostile))
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript" not in html
    broken = str(clean_markdown(r"$\frac{$ and $" + "x" * 5000 + "$"))
    assert "<math" not in broken
