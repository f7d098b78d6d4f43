"""The whole chain on real submissions: sandbox, judge, cache, nbgrader's gradebook, feedback."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from command import nbgrader
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.course.release import sample_expectations
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.judging.result import Result
from cvlib.grading.lms.export import export
from cvlib.grading.rehearsal.classroom import Classroom
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.variants import Variant

FULL = 10.0


def automatic(course: Course) -> dict[str, float]:
    """The judge's marks of everyone, from the gradebook."""
    return {
        student: sum(v or 0.0 for name, v in marks.automatic.items() if name != "why")
        for student, marks in read_marks(course, SET_ID).items()
    }


@pytest.fixture
def copy_of(graded: Course, tmp_path: Path) -> Course:
    """A graded course that a test may change."""
    shutil.copytree(graded.root, tmp_path / "course", symlinks=True)
    return Course.open(tmp_path / "course", TINY)


def test_every_member_of_the_sample_class_gets_what_it_must(graded: Course) -> None:
    due = {name: member["score"] for name, member in sample_expectations(graded, SET_ID).items()}
    assert len(due) >= 14
    assert automatic(graded) == due
    assert {due["right"], due["noisy"], due["deleted-check"], due["alternative"]} == {FULL}
    assert {due[n] for n in ("blank", "malformed", "forged", "patched", "skipped", "link")} == {0.0}


def test_a_second_run_grades_and_records_nothing(graded: Course) -> None:
    seen: list[tuple[int, str]] = []

    def progress(items: Any, total: int, label: str) -> Any:
        seen.append((total, label))
        return items

    report = run_set(graded, SET_ID, Options(), progress)
    assert (report.graded, report.recorded, report.ok) == (0, 0, True)
    assert sum(total for total, _ in seen) == 0


def test_plain_nbgrader_autograde_gives_the_same_scores(
    graded: Course, released: Path, tmp_path: Path
) -> None:
    course = Course.open(shutil.copytree(released, tmp_path / "course"), TINY)
    assert course.seed == graded.seed
    names = ("right", "mutant-spread", "malformed", "duplicated-check", "link", "skipped")
    for name in names:
        shutil.copytree(graded.submitted / name, course.submitted / name, symlinks=True)
    nbgrader(course.root, "autograde", SET_ID)
    expected = automatic(graded)
    assert automatic(course) == {name: expected[name] for name in names}
    assert len(list(course.results.glob("*.json"))) > 0
    report = run_set(course, SET_ID, Options())
    assert (report.graded, report.recorded) == (0, 0), "the two commands do not share results"


def test_a_changed_submission_replaces_its_old_score(copy_of: Course, cluster: str) -> None:
    path = copy_of.submitted / "right" / SET_ID / f"{SET_ID}.ipynb"
    path.write_bytes(b"no notebook any more")
    report = run_set(copy_of, SET_ID, Options(scheduler=cluster, students=["right"]))
    assert (report.graded, report.recorded) == (1, 1)
    assert automatic(copy_of)["right"] == 0.0
    assert not report.ok, "the sample class no longer gets what it must"


def test_an_old_score_does_not_survive_a_failed_regrading(copy_of: Course, cluster: str) -> None:
    folder = copy_of.root / "autograded" / "right"
    shutil.rmtree(folder)
    folder.write_text("in the way of nbgrader")
    report = run_set(
        copy_of, SET_ID, Options(scheduler=cluster, students=["right", "blank"], force=True)
    )
    rows = {row.student: row for row in report.rows}
    assert rows["right"].failed
    assert "could not record" in rows["right"].note
    assert not rows["blank"].failed
    assert automatic(copy_of)["right"] == 0.0
    assert read_marks(copy_of, SET_ID)["right"].automatic["check-spread"] is None


def test_a_file_under_another_name_is_reported_and_loses_its_old_score(
    copy_of: Course, cluster: str
) -> None:
    path = copy_of.submitted / "right" / SET_ID / f"{SET_ID}.ipynb"
    path.rename(path.with_name(f"{SET_ID} (1).ipynb"))
    report = run_set(copy_of, SET_ID, Options(scheduler=cluster, students=["right"]))
    assert f"expected {SET_ID}.ipynb, found {SET_ID} (1).ipynb" in report.rows[0].note
    assert not report.ok
    assert automatic(copy_of)["right"] == 0.0


def test_a_damaged_result_is_graded_again(copy_of: Course, cluster: str) -> None:
    for path in copy_of.results.glob("*.json"):
        path.write_bytes(path.read_bytes()[:40])
    report = run_set(copy_of, SET_ID, Options(scheduler=cluster, students=["blank", "malformed"]))
    assert (report.graded, report.recorded) == (2, 0)


def test_a_lost_gradebook_is_filled_again_from_the_results(copy_of: Course) -> None:
    before = automatic(copy_of)
    (copy_of.root / "gradebook.db").unlink()
    report = run_set(copy_of, SET_ID, Options())
    assert report.graded == 0
    assert report.recorded == len(before)
    assert automatic(copy_of) == before


def test_a_variant_is_pasted_only_if_a_notebook_has_all_the_names_it_needs(
    tiny: LoadedSet,
) -> None:
    def alone(x):
        return float(((x - x.mean()) ** 2).mean()) if x.size else 0.0

    def annotated(x: LoadedSet) -> float:  # wrongly, and with a name that a notebook lacks
        return float(((x - x.mean()) ** 2).mean()) if x.size else 0.0  # type: ignore[attr-defined]

    room, spread = Classroom(tiny, seed=0), tiny.problem_set["spread"]
    assert room.pasted(spread, Variant("alone", alone)) is not None
    assert room.pasted(spread, Variant("annotated", annotated)) is None


def test_looking_for_marks_makes_no_gradebook(tmp_path: Path) -> None:
    course = Course.open(tmp_path, TINY)
    assert read_marks(course, SET_ID) == {}
    assert not (course.root / "gradebook.db").exists()


def test_a_written_answer_waits_for_a_person_and_their_mark_is_kept(
    copy_of: Course, cluster: str
) -> None:
    from nbgrader.api import Gradebook

    assert read_marks(copy_of, SET_ID)["right"].waiting == 1
    assert read_marks(copy_of, SET_ID)["blank"].waiting == 0, "an untouched answer is 0"
    url = f"sqlite:///{copy_of.root}/gradebook.db"
    with Gradebook(url, "cvlib") as gradebook:
        mark = gradebook.find_grade("why", SET_ID, SET_ID, "right")
        mark.manual_score, mark.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    run_set(copy_of, SET_ID, Options(scheduler=cluster, students=["right"]))
    assert read_marks(copy_of, SET_ID)["right"].score == FULL + 1.5


def test_nothing_but_the_notebook_leaves_a_submission(copy_of: Course, cluster: str) -> None:
    folder = copy_of.submitted / "blank" / SET_ID
    (folder / "leak.txt").symlink_to(copy_of.root / ".secret")
    (folder / "notes.txt").write_text("mine")
    run_set(copy_of, SET_ID, Options(scheduler=cluster, students=["blank"], force=True))
    nbgrader(copy_of.root, "generate_feedback", SET_ID, "--student", "blank", "--force")
    secret = (copy_of.root / ".secret").read_text().strip()
    for step in ("autograded", "feedback"):
        for path in (copy_of.root / step / "blank").rglob("*"):
            assert path.name not in ("leak.txt", "notes.txt")
            assert not path.is_file() or secret not in path.read_text()


def test_the_time_of_a_submission_is_kept_for_nbgrader(copy_of: Course, cluster: str) -> None:
    stamp = copy_of.submitted / "blank" / SET_ID / "timestamp.txt"
    stamp.write_text("2026-11-01 10:00:00 UTC")
    run_set(copy_of, SET_ID, Options(scheduler=cluster, students=["blank"], force=True))
    kept = copy_of.root / "autograded" / "blank" / SET_ID / "timestamp.txt"
    assert kept.read_text() == stamp.read_text()


def test_the_judge_alone_writes_under_a_check_cell(graded: Course) -> None:
    path = graded.root / "autograded" / "forged" / SET_ID / f"{SET_ID}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("check-"):
            kinds = [(o.output_type, o.get("name")) for o in cell.outputs]
            assert kinds == [("stream", "stdout"), ("execute_result", None)]
            assert cell.outputs[1].data == {"text/plain": "0.0"}
        elif cell.cell_type == "code":
            assert all(o.output_type != "execute_result" for o in cell.outputs)


def test_results_hold_words_for_each_student_and_no_hidden_case(graded: Course) -> None:
    texts: dict[str, str] = {}
    for path in graded.results.glob("*.json"):
        result = Result.from_json(path.read_bytes())
        assert result.to_json() == path.read_bytes()
        texts |= {e.text: e.state for e in result.exercises}
        assert json.loads(path.read_bytes())["key"] == path.stem
    for words in (
        "divided by n − 1",
        "never ends",
        "ended in the cell",
        "is not defined",
        "Not attempted yet",
    ):
        assert any(words in text for text in texts), words


def test_canvas_gets_its_columns_and_nobody_without_work_gets_a_zero(
    copy_of: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{copy_of.root}/gradebook.db", "cvlib") as gradebook:
        gradebook.add_student("idle", first_name="=1+1", last_name="Nobody", email="@cmd")
    export(copy_of, "canvas", tmp_path / "canvas.csv")
    with (tmp_path / "canvas.csv").open(newline="") as file:
        header, most, *rows = csv.reader(file)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", SET_ID]
    assert most[0].strip() == "Points Possible"
    assert most[-1] == "12"
    scores = {row[2]: row[5] for row in rows}
    assert scores.pop("idle") == ""
    assert {k: float(v) for k, v in scores.items()} == automatic(copy_of)
    assert "still to be marked" in capsys.readouterr().err
    export(copy_of, "moodle", tmp_path / "moodle.csv", students=["idle", "right"])
    with (tmp_path / "moodle.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["ID number", SET_ID], ["idle", "-"], ["right", "10"]]


def test_an_exporter_works_in_nbgraders_own_command(graded: Course, tmp_path: Path) -> None:
    target = tmp_path / "canvas.csv"
    where = "--exporter=cvlib.grading.lms.export.CanvasExport"
    nbgrader(graded.root, "export", where, "--to", str(target))
    assert "right" in target.read_text()
