"""Release a problem set: text to source notebook to the notebook that students receive."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cvlib.check.public import PUBLIC_FILE
from cvlib.grading.course.course import CONFIG_NAME, Course, CourseError
from cvlib.grading.course.intake import atomic_write, write_if_changed
from cvlib.grading.judging.plan import plan_digest
from cvlib.grading.spec.loading import LoadedSet, load_problem_set

STATE_NAME = ".released.json"
SAMPLE_NAME = "sample_class.json"


@dataclass(frozen=True)
class Released:
    """A released problem set, and whether anything had to be made.

    ``files`` holds what lies beside the notebook, by name.
    """

    set_id: str
    folder: Path
    fresh: bool
    files: Mapping[str, bytes] = field(repr=False)


def release(course: Course, set_id: str, *, force: bool = False) -> Released:
    """Make ``source/`` and ``release/`` of a problem set, when they are not up to date."""
    loaded = load_problem_set(course.assignments, set_id)
    folder = course.root / "release" / set_id
    gradebook = course.gradebook_file()
    names = [PUBLIC_FILE, *loaded.problem_set.files]
    needed = [folder / f"{set_id}.ipynb", *([gradebook] if gradebook else [])]
    state = read_state(course)
    stamp = _stamp(course, loaded)
    files = _read(folder, names)
    known = state.get(set_id) == f"{stamp} {_digest(files)}" and all(f.is_file() for f in needed)
    if known and not force:
        return Released(set_id, folder, False, files)
    _generate(course, loaded)
    files = _read(folder, names)
    missing = [str(f) for f in needed if not f.is_file()]
    missing += [str(folder / name) for name in names if name not in files]
    if missing:
        raise CourseError(f"releasing {set_id} did not make {', '.join(missing)}")
    state[set_id] = f"{stamp} {_digest(files)}"
    atomic_write(course.root / STATE_NAME, json.dumps(state, indent=1).encode())
    return Released(set_id, folder, True, files)


def _read(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """The files that are there, by name."""
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()


def read_state(course: Course) -> dict[str, str]:
    """What was released, by problem set; a damaged file counts as nothing."""
    try:
        state = json.loads((course.root / STATE_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def sample_expectations(course: Course, set_id: str) -> dict[str, Any]:
    """What each member of the sample class must score; empty when there is none."""
    try:
        return json.loads((course.root / SAMPLE_NAME).read_text()).get(set_id, {})
    except (OSError, ValueError):
        return {}


def _stamp(course: Course, loaded: LoadedSet) -> str:
    config = (course.root / CONFIG_NAME).read_bytes()
    own = course.assignments / CONFIG_NAME
    config += own.read_bytes() if own.is_file() else b""
    return hashlib.sha256(plan_digest(loaded, seed=0).encode() + config).hexdigest()


def _generate(course: Course, loaded: LoadedSet) -> None:
    import nbformat
    from nbgrader.converters import GenerateAssignment
    from nbgrader.utils import capture_log

    from cvlib.grading.notebook.source import build_source_notebook, released_files

    set_id = loaded.problem_set.id
    source = course.root / "source" / set_id
    notebook = nbformat.writes(build_source_notebook(loaded))
    write_if_changed(source / f"{set_id}.ipynb", notebook.encode())
    for name, content in released_files(loaded).items():
        write_if_changed(source / name, content)
    config = course.config()
    # a gradebook out of reach is an error of its own; nbgrader would advise to upgrade it
    course.open_gradebook().close()
    converter = GenerateAssignment(
        coursedir=course.directory(config, set_id), config=config, log=quiet_log()
    )
    converter.force = True
    report = capture_log(converter)
    if _has_submissions(report) and _forget_sample(course, set_id):
        report = capture_log(converter)
    if _has_submissions(report):
        raise CourseError(
            f"{set_id} gained or lost cells after students had submitted it, and nbgrader keeps "
            "what their marks belong to. Grade them with the old text, or remove the problem set "
            f"and its marks: nbgrader db assignment remove {set_id} --force (in {course.root})"
        )
    if not report["success"]:
        raise CourseError(f"nbgrader could not release {set_id}:\n{reason_of(report)}")


def _has_submissions(report: dict[str, Any]) -> bool:
    """Whether nbgrader refused to change cells for which there are marks."""
    return not report["success"] and "submissions associated with" in report.get("log", "")


def _forget_sample(course: Course, set_id: str) -> bool:
    """Forget the marks of a problem set if only the sample class has any; say whether we did."""
    sample = set(sample_expectations(course, set_id))
    with course.open_gradebook() as gradebook:
        students = {s.student.id for s in gradebook.assignment_submissions(set_id)}
        if students <= sample:
            due = gradebook.find_assignment(set_id).duedate
            gradebook.remove_assignment(set_id)
            gradebook.add_assignment(set_id, duedate=due)
        return students <= sample


def quiet_log() -> logging.Logger:
    """A logger that prints nothing: nbgrader's own words are shown only when it fails."""
    log = logging.Logger("cvlib.nbgrader", logging.INFO)
    log.addHandler(logging.NullHandler())
    return log


def reason_of(report: dict[str, Any], count: int = 8) -> str:
    """The lines of nbgrader's log that say why it failed: the end of the first error it met."""
    log = str(report.get("log", "")).partition("[ERROR] There was an error processing assignment '")
    text = log[0].strip() if "Error" in log[0] else str(report.get("error", "")).strip()
    return "\n".join(text.splitlines()[-count:])
