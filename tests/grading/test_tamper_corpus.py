"""Of the corpus, most that tamper are listed, and odd but honest work gives notes at most."""

from __future__ import annotations

import pytest
from hostile.corpus import SETS, Member, all_members, set_of
from looking import look
from tiny_set import SET_ID

from cvlib.grading.rehearsal.classroom import Classroom
from cvlib.grading.spec.loading import load_problem_set
from tests.effort import effort


@pytest.fixture(scope="module")
def rooms(room: Classroom) -> dict[str, Classroom]:
    """The problem sets that members of the corpus are made from."""
    others = {n: load_problem_set(folder, n) for n, folder in SETS.items() if n != SET_ID}
    return {SET_ID: room} | {n: Classroom(loaded, seed=0) for n, loaded in others.items()}


def room_of(member: Member, rooms: dict[str, Classroom]) -> Classroom:
    return rooms[set_of(member)]


def test_odd_but_honest_work_gives_notes_at_most(rooms: dict[str, Classroom]) -> None:
    honest = [member for member in all_members() if member.kind == "honest"]
    assert len(honest) >= 15
    for member in honest:
        room = room_of(member, rooms)
        found = [e for e in look(room, member.make(room)) if e.severity != "note"]
        assert found == [], member.name


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
