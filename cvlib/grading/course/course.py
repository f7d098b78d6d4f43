"""The course folder that nbgrader works in: made from the assignments, and kept up to date."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvlib.grading.course.intake import write_if_changed
from cvlib.grading.spec.loading import find_problem_sets

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

CONFIG_NAME = "nbgrader_config.py"
SECRET_NAME = ".secret"
PLUGINS = "cvlib.grading.gradebook.nbgrader_plugins"

#: The generated file; what instructors may change lies in assignments/nbgrader_config.py.
CONFIG_TEXT = '''\
"""Made by cvlib-grade. Put settings of your own in {own}."""

from cvlib.grading.course import configure

c = get_config()  # noqa: F821
{load}configure(c, root={root!r}, assignments={assignments!r})
'''


class CourseError(Exception):
    """Something the instructor can mend; the message says what and how."""


@dataclass(frozen=True)
class Course:
    """A course folder and the assignments it is made from."""

    root: Path
    assignments: Path

    @classmethod
    def open(cls, root: Path | str, assignments: Path | str) -> Course:
        """Make or refresh the folder, its configuration and its secret."""
        _own_tools_on_path()
        course = cls(Path(root).resolve(), Path(assignments).resolve())
        if not course.assignments.is_dir():
            raise CourseError(f"the folder of assignments {course.assignments} does not exist")
        if not find_problem_sets(course.assignments):
            raise CourseError(f"no problem set (ps*/__init__.py) in {course.assignments}")
        for name in ("source", "release", "submitted", "autograded", "feedback", "results"):
            (course.root / name).mkdir(parents=True, exist_ok=True)
        own = course.assignments / CONFIG_NAME
        text = CONFIG_TEXT.format(
            own=own,
            load=f"load_subconfig({str(own)!r})  # noqa: F821\n" if own.is_file() else "",
            root=str(course.root),
            assignments=str(course.assignments),
        )
        write_if_changed(course.root / CONFIG_NAME, text.encode())
        read_secret(course.root)
        return course

    def problem_sets(self, wanted: Sequence[str] = ()) -> list[str]:
        """The wanted problem sets, or all; an unknown one is an error that lists the known."""
        known = find_problem_sets(self.assignments)
        for set_id in wanted:
            if set_id not in known:
                raise CourseError(
                    f"no problem set {set_id!r} in {self.assignments}; it has {', '.join(known)}"
                )
        return list(dict.fromkeys(wanted)) or known

    @property
    def submitted(self) -> Path:
        """Where students' folders are: ``submitted/<student>/<set>/<set>.ipynb``."""
        return self.root / "submitted"

    @property
    def results(self) -> Path:
        """The cache of grading results."""
        return self.root / "results"

    @property
    def seed(self) -> int:
        """The secret from which all hidden cases are drawn."""
        return read_secret(self.root)

    def config(self) -> Config:
        """nbgrader's configuration as its own commands would load it here."""
        from traitlets.config import PyFileConfigLoader

        return PyFileConfigLoader(CONFIG_NAME, path=str(self.root)).load_config()

    def gradebook_file(self) -> Path | None:
        """The file of the gradebook; ``None`` when a database server holds it."""
        url = str(self.config().CourseDirectory.get("db_url", ""))
        if url and not url.startswith("sqlite:///"):
            return None
        return Path(url.removeprefix("sqlite:///")) if url else self.root / "gradebook.db"

    def open_gradebook(self, made_by: str = "") -> Gradebook:
        """Open the gradebook; whoever asks closes it.

        Raises CourseError where there is none yet and ``made_by`` says which command makes it.
        """
        from nbgrader.api import Gradebook

        file = self.gradebook_file()
        if made_by and file is not None and not file.is_file():
            raise CourseError(f"there is no gradebook in {self.root} yet: run {made_by}")
        config = self.config()
        return Gradebook(self.directory(config, "").db_url, config.CourseDirectory.course_id)

    def directory(self, config: Config, set_id: str, student: str = "*") -> CourseDirectory:
        """nbgrader's view of the folder, for one student or all."""
        from glob import escape

        from nbgrader.coursedir import CourseDirectory

        student = student if student == "*" else escape(student)
        return CourseDirectory(config=config, assignment_id=set_id, student_id=student)


def _own_tools_on_path() -> None:
    """nbgrader starts ``alembic`` by name when it makes a gradebook: find the one beside us."""
    folder = os.path.dirname(sys.executable)
    if shutil.which("alembic") is None:
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", os.defpath)])


def read_secret(root: Path) -> int:
    """The course's seed; made once, readable by its owner only."""
    path = root / SECRET_NAME
    if not path.exists():
        # for its owner only, and named as what a killed writer leaves and the next run removes
        handle, draft = tempfile.mkstemp(dir=root, prefix=f"{SECRET_NAME}.")
        with os.fdopen(handle, "w") as file:
            file.write(f"{secrets.randbits(128)}\n")
        try:
            os.link(draft, path)  # unlike a rename, this never replaces a secret made meanwhile
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    try:
        return int(path.read_text())
    except ValueError as error:
        raise CourseError(
            f"{path} is damaged: expected one number. Restore it from a backup, or delete it to "
            "draw new hidden cases for everyone."
        ) from error


def configure(c: Any, *, root: str, assignments: str) -> None:
    """Set what grading relies on; called by the course's ``nbgrader_config.py``."""
    c.CourseDirectory.root = root
    if "course_id" not in c.CourseDirectory:
        c.CourseDirectory.course_id = "cvlib"
    # Nothing but the notebook is ever copied out of a submission: a link beside it could otherwise
    # carry a file of ours into a student's feedback. nbgrader skips a folder it ignores.
    c.CourseDirectory.ignore = [
        ".ipynb_checkpoints",
        "*.pyc",
        "__pycache__",
        "feedback",
        *find_problem_sets(assignments),
    ]
    c.JudgeSettings.assignments = assignments
    c.ClearMarkScheme.enforce_metadata = False  # marking schemes stand in locked cells, not tasks
    c.GenerateAssignment.post_convert_hook = f"{PLUGINS}.add_released_files"
    c.Autograde.exporter_class = f"{PLUGINS}.TolerantExporter"
    c.Autograde.post_convert_hook = f"{PLUGINS}.keep_timestamp"
    c.Autograde.autograde_preprocessors = [
        f"{PLUGINS}.JudgeExecute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    if "plugin_class" not in c.AssignLatePenalties:
        c.AssignLatePenalties.plugin_class = "cvlib.grading.gradebook.late.LatePolicy"
    c.OverwriteCells.add_missing_cells = True
    c.HTMLExporter.sanitize_html = True  # also for the person who marks written answers
    # nbgrader's page for them replaces the block in which nbconvert would do that for Markdown
    c.HTMLExporter.filters = {"markdown2html": "cvlib.grading.pages.clean.markdown2html"}
    c.GenerateFeedback.exporter_class = "cvlib.grading.feedback.page.FeedbackExporter"
    c.GenerateFeedback.post_convert_hook = f"{PLUGINS}.keep_for_exchange"
    c.GenerateFeedback.preprocessors = ["cvlib.grading.feedback.page.GetMarks"]
