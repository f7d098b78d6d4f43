"""A class is looked at with its folders and its grades; nothing else happens to either."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from bs4 import BeautifulSoup
from tiny_set import SET_ID

from cvlib.grading.course.course import Course
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, to_bytes
from cvlib.grading.tamper.page import show_tampering, tamper_csv, tamper_page
from cvlib.grading.tamper.tamper import find_tampering
from tests.tags import one

Grade = Callable[..., "object"]


def hand_in(course: Course, student: str, content: bytes) -> Path:
    folder = course.submitted / student / SET_ID
    folder.mkdir(parents=True)
    (folder / f"{SET_ID}.ipynb").write_bytes(content)
    return folder


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
