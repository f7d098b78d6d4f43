"""What a submission shows is shown, and never obeyed: feedback pages and nbgrader's formgrader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import SET_ID, TINY, Grade
from hostile import notebooks
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers

from cvlib.grading.course import Course
from cvlib.grading.gradebook import read_marks
from cvlib.grading.sample_class import Classroom
from cvlib.grading.spec import LoadedSet

MEMBERS = (
    notebooks.active_markdown, notebooks.active_outputs, notebooks.active_attachments,
    notebooks.forged_outputs, notebooks.foreign_kernelspec, notebooks.metadata_for_tools,
)  # fmt: skip
STUDENTS = [make.__name__ for make in MEMBERS]
ACTIVE_TAGS = [
    "script", "iframe", "form", "object", "embed", "base", "svg", "link", "meta", "style", "video",
    "audio", "frame", "applet", "button", "input", "textarea", "select",
]  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, cvlib_grade: Grade, tiny: LoadedSet) -> Course:
    """A course with those members of the corpus that aim at whoever looks at them."""
    root: Path = tmp_path_factory.mktemp("pages") / "course"
    room = Classroom(tiny, 1)
    for make in MEMBERS:
        path = root / "submitted" / make.__name__ / SET_ID / f"{SET_ID}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(make(room))
    cvlib_grade(root, "run", "--workers", "2")
    cvlib_grade(root, "feedback")
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
    html = (course.root / "feedback" / student / SET_ID / f"{SET_ID}.html").read_text("utf-8")
    soup = BeautifulSoup(html, "html.parser")
    head = soup.head
    assert head is not None
    head.extract()  # our own style and content security policy
    assert acts(soup) == []
    assert not soup.find_all("style")


def formgrader(course: Course, student: str) -> BeautifulSoup:
    """What a person who marks by hand sees of a submission, in the course's configuration."""
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
    soup = BeautifulSoup(html, "html.parser")
    found = soup.find(id="notebook-container")
    assert found is not None
    return BeautifulSoup(str(found), "html.parser")


@pytest.mark.parametrize("student", STUDENTS)
def test_the_formgrader_of(course: Course, student: str) -> None:
    soup = formgrader(course, student)
    for own in soup.select(".nbgrader_cell .panel-heading, .nbgrader_cell .panel-footer"):
        own.extract()  # nbgrader's own buttons and fields
    assert acts(soup) == []
    assert "check-spread" in {tag.get("id") for tag in formgrader(course, student).select(".score")}


@pytest.mark.parametrize("student", STUDENTS)
def test_no_tex_of_a_student_is_left_to_be_set_by_a_script(course: Course, student: str) -> None:
    soup = formgrader(course, student)
    for own in soup.find_all(["pre", "code"]):
        own.extract()  # MathJax passes these by
    assert not re.search(r"\\(href|unicode|style|class|cssId|require)\b", soup.get_text())


def test_what_was_written_can_still_be_read(course: Course) -> None:
    text = formgrader(course, "active_markdown").get_text()
    assert 'alert("gotcha")' in text
    assert read_marks(course, SET_ID)["active_markdown"].waiting == 1
