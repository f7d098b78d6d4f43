"""The direct way into nbgrader's gradebook: what ``nbgrader autograde`` leaves, without converting.

nbgrader opens the database a dozen times and parses each notebook four times to record one
submission. Here the rows of a student are written in one transaction over one connection, by
nbgrader's own models and rules, so that every page of it shows the same.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Comment,
    Grade,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.utils.importstring import import_item

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import Submission, atomic_write
from cvlib.grading.gradebook.late import read_timestamp
from cvlib.grading.gradebook.nbgrader_plugins import fill_in, keep_stamps
from cvlib.grading.judging.kept_results import KEY_NAME
from cvlib.grading.judging.result import Result
from cvlib.grading.notebook.normalize import normalize, release_template
from cvlib.grading.spec.loading import LoadedSet

#: What the recorder does itself of nbgrader's second pass over a notebook, and the check of the
#: metadata, which are those of the release: normalising has put them back.
OWN = ("JudgeExecute", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")


class Recorder:
    """Writes results into the gradebook and ``autograded/``, over one connection."""

    def __init__(self, course: Course, loaded: LoadedSet) -> None:
        self.course = course
        self.set_id = loaded.problem_set.id
        self.template = release_template(loaded)
        config = course.config()
        self._log = logging.getLogger("cvlib.grading.gradebook.recorder")
        self._exporter = NotebookExporter(config=config)
        converter = Autograde(config=config, coursedir=course.directory(config, self.set_id))
        self._mode = int(str(converter.permissions), 8)
        names = map(_imported, converter.autograde_preprocessors)
        self._others = [c(parent=self._exporter) for c in names if c.__name__ not in OWN]
        self._penalties = AssignLatePenalties(parent=self._exporter)
        self._penalties.init_plugin()
        self._gradebook = course.open_gradebook()
        self._penalties.gradebook = self._gradebook
        self._penalties.assignment_id = self._penalties.notebook_id = self.set_id
        source = self._gradebook.find_notebook(self.set_id, self.set_id)
        tasks = source.task_cells
        self._assignment_id, self._notebook_id = source.assignment_id, source.id
        self._graded = {cell.name: cell.id for cell in (*source.grade_cells, *tasks)}
        self._released = {c.name: (c.checksum, c.source, c.locked) for c in source.source_cells}
        self._answered = {cell.name: cell.id for cell in (*source.solution_cells, *tasks)}
        url = course.directory(config, self.set_id).db_url
        self._resources = {
            "nbgrader": {"assignment": self.set_id, "notebook": self.set_id, "db_url": url}
        }

    def close(self) -> None:
        """Hang up."""
        self._gradebook.close()

    def record(self, submission: Submission, result: Result) -> None:
        """Write one student's marks and graded notebook.

        The key that says "recorded" goes first and comes back last, so after a kill in between the
        next run does it again. Any error leaves the database as it was.
        """
        folder = self.course.root / "autograded" / submission.student / self.set_id
        notebook, _ = normalize(submission.raw, self.template)
        self._restore(notebook)
        fill_in(notebook, result)
        resources = {"nbgrader": {**self._resources["nbgrader"], "student": submission.student}}
        for preprocessor in self._others:
            notebook, _ = preprocessor(notebook, resources)
        stamp = read_timestamp(self.course.submitted, submission.student, self.set_id).time
        (folder / KEY_NAME).unlink(missing_ok=True)
        text = json.dumps(notebook, ensure_ascii=False)  # nbformat's own indents, for 10 ms
        atomic_write(folder / f"{self.set_id}.ipynb", text.encode(), self._mode)
        try:
            self._write_rows(submission.student, notebook, stamp)
            self._gradebook.db.commit()
            self._gradebook.db.expunge_all()  # a class would fill the memory
        except BaseException:
            self._gradebook.db.rollback()
            raise
        keep_stamps(self.course.submitted / submission.student / self.set_id, folder)
        atomic_write(folder / KEY_NAME, result.key.encode())

    def _restore(self, notebook: NotebookNode) -> None:
        """Give locked cells their text before the release: marking schemes are for us to see."""
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in self._released:
                cell.metadata.nbgrader["checksum"], source, locked = self._released[name]
                cell.source = source if locked else cell.source

    def _write_rows(self, student: str, notebook: NotebookNode, stamp: datetime | None) -> None:
        handed_in, row = self._rows(student)
        if stamp is not None:
            handed_in.timestamp = stamp
        grades = {grade.cell_id: grade for grade in row.grades}
        comments = {comment.cell_id: comment for comment in row.comments}
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if utils.is_grade(cell):
                grade = grades[self._graded[name]]
                grade.auto_score, _ = utils.determine_grade(cell, self._log)
                corrected = grade.manual_score is not None
                grade.needs_manual_grade = corrected or grade.auto_score is None
            if utils.is_solution(cell) or utils.is_task(cell):
                unchanged = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                silent = unchanged and not utils.is_task(cell)
                comments[self._answered[name]].auto_comment = "No response." if silent else None
        score = sum(map(_score, row.grades))
        row.late_submission_penalty = self._penalty(student, handed_in, score)

    def _rows(self, student: str) -> tuple[SubmittedAssignment, SubmittedNotebook]:
        """The student's rows for the set and its notebook; all of them are made where none are."""
        db = self._gradebook.db
        mine = {"assignment_id": self._assignment_id, "student_id": student}
        handed_in = db.query(SubmittedAssignment).filter_by(**mine).one_or_none()
        if handed_in is None:
            if db.get(Student, student) is None:
                db.add(Student(id=student))
                db.flush()
            handed_in = SubmittedAssignment(**mine)
            db.add(handed_in)
            db.flush()
        below = {"assignment_id": handed_in.id, "notebook_id": self._notebook_id}
        row = db.query(SubmittedNotebook).filter_by(**below).one_or_none()
        if row is None:
            row = SubmittedNotebook(**below)
            db.add(row)
            db.flush()
            db.add_all(Grade(cell_id=k, notebook_id=row.id) for k in self._graded.values())
            db.add_all(Comment(cell_id=k, notebook_id=row.id) for k in self._answered.values())
            db.flush()
        return handed_in, row

    def _penalty(self, student: str, row: SubmittedAssignment, score: float) -> float | None:
        """What the configured late policy takes off, by nbgrader's rules."""
        late = row.total_seconds_late
        if late <= 0:
            return None
        self._penalties.student_id = student
        penalty = self._penalties.plugin_inst.late_submission_penalty(student, score, late)
        return None if penalty is None else min(max(0.0, penalty), score)


def _imported(name: Any) -> Any:
    return import_item(name) if isinstance(name, str) else name


def _score(grade: Grade) -> float:
    """``Grade.score`` before the database has seen the change."""
    marks = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return 0.0 if marks is None else marks + (grade.extra_credit or 0.0)
