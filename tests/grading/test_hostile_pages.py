"""What a submission shows is shown, and never obeyed: feedback pages and nbgrader's formgrader."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hostile.notebooks_active import active_attachments, active_markdown, active_outputs
from hostile.notebooks_cells import forged_outputs
from hostile.notebooks_metadata import foreign_kernelspec, metadata_for_tools
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from tiny_set import SET_ID, TINY, Grade

from cvlib.grading.course.course import Course
from cvlib.grading.feedback.make import make_pages
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.pages.clean import clean_markdown
from cvlib.grading.rehearsal.classroom import Classroom
from cvlib.grading.spec.loading import LoadedSet

MEMBERS = (
    active_markdown,
    active_outputs,
    active_attachments,
    forged_outputs,
    foreign_kernelspec,
    metadata_for_tools,
)
STUDENTS = [make.__name__ for make in MEMBERS]
ACTIVE_TAGS = [
    "script", "iframe", "form", "object", "embed", "base", "svg", "link", "meta", "style", "video",
    "audio", "frame", "applet", "button", "input", "textarea", "select",
]  # fmt: skip


@pytest.fixture(scope="module")
def course(
    tmp_path_factory: pytest.TempPathFactory,
    released: Path,
    cvlib_grade: Grade,
    tiny: LoadedSet,
    cluster: str,
) -> Course:
    """A course with those members of the corpus that aim at whoever looks at them."""
    root: Path = tmp_path_factory.mktemp("pages") / "course"
    shutil.copytree(released, root)
    room = Classroom(tiny, 1)
    for make in MEMBERS:
        path = root / "submitted" / make.__name__ / SET_ID / f"{SET_ID}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(make(room))
    cvlib_grade(root, "run", "--scheduler", cluster)
    return Course.open(root, TINY)


def acts(soup: BeautifulSoup) -> list[str]:
    """Whatever could run, load, link or send in a part of a page."""
    found = [tag.name for tag in soup.find_all(ACTIVE_TAGS)]
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            text = re.sub(r"[\s\x00-\x20]", "", str(value)).lower()
            runs = name.lower().startswith("on") or "javascript:" in text or "vbscript:" in text
            loads = name == "src" and not text.startswith("data:image/")
            opens = name in ("href", "xlink:href", "action") and text.startswith("data:")
            if runs or loads or opens:
                found.append(f"{tag.name} {name}={value}")
    return found


@pytest.mark.parametrize("student", STUDENTS)
def test_the_feedback_page_of(course: Course, student: str) -> None:
    assert make_pages(course, SET_ID, {student: "key"}) == {}
    html = (course.root / "feedback" / student / SET_ID / f"{SET_ID}.html").read_text("utf-8")
    soup = BeautifulSoup(html, "html.parser")
    head = soup.head
    assert head is not None
    head.extract()  # our own style and content security policy
    for receipt in soup.select("a[download][href^='data:application/json;base64,']")[:1]:
        receipt.extract()  # ours, too: a browser keeps it and never shows it
    assert acts(soup) == []
    assert not soup.find_all("style")


def formgrader_page(course: Course, student: str) -> BeautifulSoup:
    """The page of a person who marks by hand, in the course's configuration."""
    config = course.config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    file = course.root / "autograded" / student / SET_ID / f"{SET_ID}.ipynb"
    resources = {
        "assignment_id": SET_ID, "notebook_id": SET_ID, "submission_id": "s", "index": 0,
        "total": 1, "base_url": "", "student": student, "last_name": "", "first_name": "",
        "notebook_path": str(file),
    }  # fmt: skip
    html, _ = HTMLExporter(config=config).from_filename(str(file), resources=resources)
    return BeautifulSoup(html, "html.parser")


def formgrader(course: Course, student: str) -> BeautifulSoup:
    """What that page shows of the submission."""
    found = formgrader_page(course, student).find(id="notebook-container")
    assert found is not None
    return BeautifulSoup(str(found), "html.parser")


@pytest.mark.parametrize("student", STUDENTS)
def test_the_formgrader_of(course: Course, student: str) -> None:
    soup = formgrader(course, student)
    for own in soup.select(".nbgrader_cell .panel-heading, .nbgrader_cell .panel-footer"):
        own.extract()  # nbgrader's own buttons and fields
    assert acts(soup) == []
    assert "check-spread" in {tag.get("id") for tag in formgrader(course, student).select(".score")}


def test_formulas_are_set_in_the_safe_mode_only(course: Course) -> None:
    scripts = formgrader_page(course, "active_markdown").find_all(
        "script", src=re.compile("mathjax", re.I)
    )
    assert len(scripts) == 1
    assert "Safe" in scripts[0]["src"]  # no \href{javascript:…}, no styles


@pytest.mark.parametrize(
    "attachments", [{}, {"p.svg": {}}, {"p.svg": {"text/html": "<b>"}}], ids=str
)
def test_a_picture_that_is_missing_is_no_reason_for_a_missing_page(attachments: Any) -> None:
    html = str(clean_markdown("a ![p](attachment:p.svg) b", attachments))
    soup = BeautifulSoup(html, "html.parser")
    assert soup.get_text().split()[0] == "a"
    assert not soup.find_all("img", src=True)


def test_what_was_written_can_still_be_read(course: Course) -> None:
    text = formgrader(course, "active_markdown").get_text()
    assert 'alert("gotcha")' in text
    assert read_marks(course, SET_ID)["active_markdown"].waiting == 1
