"""What nbgrader's own commands load: a tolerant reader of submissions, and the judge as executor.

``nbgrader autograde`` reads every submission twice: once from ``submitted/`` to restore what must
not be changed, once from its own copy to run it. The first reading is ours (``TolerantExporter``),
the second writes the judge's outputs instead of running anything here (``JudgeExecute``).
"""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, Unicode
from traitlets.config import Configurable

from cvlib.grading.course.course import read_secret
from cvlib.grading.course.intake import atomic_write, read_submission
from cvlib.grading.judging.kept_results import KEY_NAME, NEXT_KEY_NAME, read_result
from cvlib.grading.judging.plan import Limits, Plan, make_draws, make_plan, plan_for, result_key
from cvlib.grading.judging.result import Result
from cvlib.grading.judging.submission import execute
from cvlib.grading.notebook.normalize import normalize, release_template
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.sandbox.probe import probe_once
from cvlib.grading.spec.loading import LoadedSet, load_problem_set


class JudgeSettings(Configurable):
    """Settings that the reader and the judge share."""

    assignments = Unicode(help="folder of the problem sets").tag(config=True)
    seed = Integer(
        None, allow_none=True, help="seed of the hidden cases; default: the course's secret"
    ).tag(config=True)
    unsafe = Bool(False, help="run submissions without a sandbox").tag(config=True)
    cell_seconds = Float(30.0, help="time limit of one cell").tag(config=True)
    session_seconds = Float(120.0, help="time limit of one run of a notebook").tag(config=True)

    def limits(self) -> Limits:
        """The time limits."""
        return Limits(self.cell_seconds, self.session_seconds)

    def secret(self, root: Path) -> int:
        """The seed of the hidden cases."""
        return self.seed if self.seed is not None else read_secret(root)

    def settings(self, root: Path) -> dict[str, Any]:
        """What a plan is made with, beside the problem set."""
        return {
            "seed": self.secret(root),
            "unsafe": self.unsafe,
            "limits": self.limits(),
        }


class TolerantExporter(JudgeSettings, NotebookExporter):
    """Reads any submitted file as a notebook that has the cells we released."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """Normalise a file below ``submitted/``; read our own files as they are."""
        names = resources["nbgrader"]
        directory: Any = self.parent
        submitted = _root(self) / directory.coursedir.submitted_directory
        if not Path(filename).is_relative_to(submitted):
            return super().from_filename(filename, resources=resources, **kwargs)
        set_id, student = names["assignment"], names["student"]
        submission = read_submission(submitted, student, set_id)
        raw = submission.raw if submission else None
        notebook, remarks = normalize(raw, _template(self.assignments, set_id))
        for remark in remarks:
            self.log.warning("%s: %s", student, remark)
        return self.from_notebook_node(notebook, resources=resources, **kwargs)


class JudgeExecute(JudgeSettings, NbGraderPreprocessor):
    """Takes the place of nbgrader's Execute: writes the outputs that the judge decided on."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Fill in the outputs; on a failure of ours no older score is left standing."""
        try:
            return self._fill(nb, resources), resources
        except Exception:
            whose = resources["nbgrader"]
            with Gradebook(whose["db_url"]) as gradebook:
                forget_scores(gradebook, whose["assignment"], whose["student"])
            raise

    def _fill(self, nb: NotebookNode, resources: Any) -> NotebookNode:
        root = _root(self.parent)
        set_id, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        loaded = _loaded(self.assignments, set_id)
        submission = read_submission(root / "submitted", student, set_id)
        raw = submission.raw if submission else None
        result = self._result(raw, student, loaded, root)
        fill_in(nb, result)
        folder = root / "autograded" / student / set_id
        (folder / KEY_NAME).unlink(missing_ok=True)
        atomic_write(folder / NEXT_KEY_NAME, result.key.encode())
        return nb

    def _result(self, raw: bytes | None, student: str, loaded: LoadedSet, root: Path) -> Result:
        settings = self.settings(root)
        draw = make_draws(loaded, **settings).of(student, raw)
        key = result_key(raw, draw.digest)
        cached = read_result(root / "results", key)
        if cached is not None:
            return cached
        if not self.unsafe:
            probe_once()
        result = execute(raw, plan_for(_plan(loaded, **settings), draw))
        atomic_write(root / "results" / f"{key}.json", result.to_json())
        return result


def fill_in(nb: NotebookNode, result: Result) -> None:
    """Write the outputs, and under each check cell what ``determine_grade`` reads: a plain float.

    Raises RuntimeError when the notebook has other cells than the one that was graded.
    """
    if len(result.outputs) != len(nb.cells):
        raise RuntimeError(
            "the notebook was released with other cells than its text now gives "
            f"(expected {len(result.outputs)}, got {len(nb.cells)}): run cvlib-grade release"
        )
    for cell, outputs in zip(nb.cells, result.outputs, strict=True):
        if cell.cell_type == "code":
            cell.outputs = nbformat.from_dict(outputs)
            cell.execution_count = None
    marks = {CHECK_PREFIX + e.id: e for e in result.exercises}
    for cell in nb.cells:
        exercise = marks.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        if exercise is not None:
            shown = {"output_type": "stream", "name": "stdout", "text": exercise.feedback + "\n"}
            value = {"text/plain": repr(float(exercise.score))}
            mark = {
                "output_type": "execute_result",
                "data": value,
                "metadata": {},
                "execution_count": 1,
            }
            cell.outputs = nbformat.from_dict([shown, mark])
            cell.execution_count = 1


def forget_scores(gradebook: Gradebook, assignment: str, student: str) -> None:
    """Take back the automatic scores of a submission that could not be graded again."""
    for notebook in gradebook.find_submission(assignment, student).notebooks:
        for mark in notebook.grades:
            mark.auto_score = None
            mark.needs_manual_grade = True
    gradebook.db.commit()


def add_released_files(assignment: str, student: str, notebooks: list[str]) -> None:
    """After ``generate_assignment``: release the public cases and data beside the notebook."""
    for folder in {Path(n).parent for n in notebooks}:
        for source in folder.iterdir():
            if source.is_file() and source.suffix != ".ipynb":
                shutil.copyfile(source, folder.parents[1] / "release" / folder.name / source.name)


def keep_timestamp(assignment: str, student: str, notebooks: list[str]) -> None:
    """After ``autograde``: keep the time of the submission, by which a newer one is noticed."""
    for notebook in map(Path, notebooks):
        folder = notebook.parents[3] / "autograded" / notebook.parts[-3] / notebook.parts[-2]
        keep_stamps(notebook.parent, folder)
        if (folder / NEXT_KEY_NAME).is_file():
            os.replace(folder / NEXT_KEY_NAME, folder / KEY_NAME)


def keep_for_exchange(assignment: str, student: str, notebooks: list[str]) -> None:
    """After ``generate_feedback``: keep what ``nbgrader release_feedback`` names a page by."""
    for notebook in map(Path, notebooks):
        folder = notebook.parents[3] / "feedback" / notebook.parts[-3] / notebook.parts[-2]
        keep_stamps(notebook.parent, folder)


def keep_stamps(source: Path, folder: Path, mode: int = 0o644) -> None:
    """Copy what nbgrader's exchange put beside a submission into the folder of a later step."""
    for name in ("timestamp.txt", "submission_secret.txt"):
        file = source / name
        if file.is_file() and not file.is_symlink() and file.stat().st_size < 200:
            atomic_write(folder / name, file.read_bytes(), mode)


def _root(exporter: Any) -> Path:
    return Path(exporter.parent.coursedir.root)


@functools.lru_cache(maxsize=8)
def _loaded(assignments: str, set_id: str) -> LoadedSet:
    return load_problem_set(assignments, set_id)


@functools.lru_cache(maxsize=8)
def _template(assignments: str, set_id: str) -> NotebookNode:
    return release_template(_loaded(assignments, set_id))


_plans: dict[tuple[Any, ...], Plan] = {}


def _plan(loaded: LoadedSet, **settings: Any) -> Plan:
    key = (loaded.digest, *settings.values())
    if key not in _plans:
        _plans[key] = make_plan(loaded, **settings)
    return _plans[key]
