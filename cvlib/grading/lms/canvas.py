"""Fill our scores into a gradebook file that Canvas exported.

Canvas knows a student by the number in the column ``ID`` and an assignment by the number behind its
title, and neither is known here. So its own file is the base: the columns that name the student
stay as they are, and of the assignments only ours are kept, because every other column of an older
file could put back a grade that has changed in Canvas since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.lms.export import Scores, gradebook_with, number
from cvlib.grading.lms.lms_file import LmsFile, read_table
from cvlib.grading.spec.loading import load_problem_set

NUMBER = re.compile(r"\s*\(\d+\)\s*\Z")  # Canvas's own number behind the title of an assignment
LEFT_ALONE = ("EX", "N/A")  # excused, and not assigned: a person's decision in Canvas


@dataclass(frozen=True)
class Merged:
    """The filled file, and what a person should know about it."""

    file: LmsFile
    filled: int
    remarks: tuple[str, ...]


def fill(course: Course, path: Path, sets: Sequence[str], titles: Mapping[str, str]) -> Merged:
    """Put the scores of the sets into a file that Canvas exported; ``titles`` names their columns.

    Raises CourseError where it is not such a file, or has no column for a set.
    """
    file = read_table(path)
    section = file.column("Section")
    if file.column("ID") is None or section is None:
        raise CourseError(
            f"{path}: expected a gradebook that Canvas exported, with the columns ID and Section, "
            f"got {', '.join(file.header[:6])}"
        )
    everything = list(sets) == course.problem_sets()  # then those that are not there are left out
    with gradebook_with(course, () if everything else sets) as gradebook:
        known = {a.name for a in gradebook.assignments}
        columns, absent = {}, []
        for set_id in sets:
            try:
                if set_id in known:
                    columns[set_id] = _column(file, course, set_id, titles, section)
            except CourseError as error:
                absent.append(error)
        if absent and not (everything and columns):
            raise absent[0]
        return _fill(file, Scores(gradebook, (), list(columns)), columns, section)


def _fill(file: LmsFile, scores: Scores, columns: Mapping[str, int], section: int) -> Merged:
    remarks, filled = [], 0
    owner = _owners(file, scores.students)
    most = {a.name: float(a.max_score) for a in scores.assignments}
    for row in file.rows:
        if "Points Possible" in row[0]:
            remarks += _points_remarks(row, columns, most)
            continue
        student = owner.get(id(row))
        for set_id, k in columns.items() if student else ():
            score = scores.score(str(student), set_id)
            if score is not None and row[k].strip().upper() not in LEFT_ALONE:
                row[k] = number(score)
                filled += 1
    named = set(owner.values())
    scored = [
        s.id for s in scores.students if any(scores.score(s.id, a) is not None for a in columns)
    ]
    lost = [s for s in scored if s not in named]
    if lost:
        remarks.append(
            f"{len(lost)} students with scores are not in {file.path.name}: {', '.join(lost)}"
        )
    for name, count in scores.waiting.items():
        remarks.append(f"{name}: {count} submissions have answers still to be marked by a person")
    kept = [*range(section + 1), *columns.values()]
    short = replace(
        file,
        header=[file.header[k] for k in kept],
        rows=[[row[k] for k in kept] for row in file.rows],
    )
    return Merged(short, filled, tuple(remarks))


def _column(
    file: LmsFile, course: Course, set_id: str, titles: Mapping[str, str], section: int
) -> int:
    """The place of a set's column: by the title given, or its id, or its own title."""
    problem_set = load_problem_set(course.assignments, set_id).problem_set
    wanted = [titles[set_id]] if set_id in titles else [set_id, problem_set.title]
    known = {
        k: NUMBER.sub("", file.header[k]).strip() for k in range(section + 1, len(file.header))
    }
    for title in wanted:
        places = [k for k, name in known.items() if name.casefold() == title.strip().casefold()]
        if len(places) > 1:
            raise CourseError(f"{file.path}: {len(places)} columns are called {title!r}")
        if places:
            return places[0]
    raise CourseError(
        f"{file.path} has no column {' or '.join(map(repr, wanted))} for {set_id}: make the "
        f"assignment in Canvas and export again, or name its column: --column {set_id}=TITLE. "
        f"It has {', '.join(known.values()) or 'no assignment'}"
    )


def _owners(file: LmsFile, students: Sequence[Any]) -> dict[int, str]:
    """Whose each row is, by Canvas's number, then the ids of the school, then the address."""
    fields: list[tuple[str, dict[str, str]]] = [
        ("ID", {str(s.lms_user_id): s.id for s in students if s.lms_user_id}),
        *((name, {s.id: s.id for s in students}) for name in ("SIS User ID", "SIS Login ID", "ID")),
        ("SIS Login ID", {s.email: s.id for s in students if s.email}),
    ]
    owner: dict[int, str] = {}
    for name, known in fields:
        k = file.column(name)
        for row in file.rows if k is not None else ():
            found = known.get(row[k].strip()) if k is not None else None
            if found is not None:
                owner.setdefault(id(row), found)
    _refuse_doubles(file, owner)
    return owner


def _refuse_doubles(file: LmsFile, owner: Mapping[int, str]) -> None:
    named = list(owner.values())
    doubles = sorted({s for s in named if named.count(s) > 1})
    if doubles:
        raise CourseError(f"{file.path}: more than one row belongs to {', '.join(doubles)}")


def _points_remarks(
    row: list[str], columns: Mapping[str, int], most: Mapping[str, float]
) -> list[str]:
    remarks = []
    for set_id, k in columns.items():
        try:
            possible = float(row[k].replace(",", "."))
        except ValueError:
            continue
        if abs(possible - most[set_id]) > 1e-6:
            remarks.append(
                f"{set_id} has {number(most[set_id])} points here and {row[k]} in Canvas"
            )
    return remarks
