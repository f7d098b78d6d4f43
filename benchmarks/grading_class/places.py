"""What the stock course and ours have in common: a folder, submissions, a gradebook."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from cvlib.grading.notebook.source import CHECK_PREFIX

#: Read by NumPy and PyTorch when they load: both courses get the defaults of their own commands.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment() -> dict[str, str]:
    """The environment of every command: no thread settings, and nobody's Jupyter configuration."""
    found = {name: value for name, value in os.environ.items() if name not in THREADS}
    tools = os.path.dirname(sys.executable)  # nbgrader starts alembic by name
    found["PATH"] = os.pathsep.join([tools, found.get("PATH", os.defpath)])
    found["JUPYTER_CONFIG_DIR"] = os.path.join(tempfile.gettempdir(), "no-jupyter-configuration")
    found["JUPYTER_PREFER_ENV_PATH"] = "1"
    return found


@dataclass(frozen=True)
class Place:
    """The course folder of one way to grade one problem set."""

    root: Path
    set_id: str

    def submit(self, files: dict[str, bytes]) -> None:
        """Write ``submitted/<student>/<set>/<set>.ipynb`` for each student."""
        for student, content in files.items():
            path = self.submitted(student)
            path.parent.mkdir(parents=True)
            path.write_bytes(content)

    def submitted(self, student: str) -> Path:
        """Where the file of a student lies."""
        return self.root / "submitted" / student / self.set_id / f"{self.set_id}.ipynb"

    def scores(self) -> dict[str, float]:
        """The automatic score of each student who has one for every test, from the gradebook."""
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as gradebook:
            found = {}
            for submission in gradebook.assignment_submissions(self.set_id):
                marks = [
                    grade.auto_score
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                    if grade.name.startswith(CHECK_PREFIX)
                ]
                if marks and None not in marks:
                    found[submission.student.id] = float(sum(marks))
            return found
