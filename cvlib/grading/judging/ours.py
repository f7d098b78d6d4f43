"""Our solutions of the exercises that are replaced: called over the line, in a session of ours.

The student's session gets a stub under the name of each, which knows how to ask and nothing else.
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from typing import Self

from cvlib.grading.judging.plan import Item
from cvlib.grading.judging.run import Run
from cvlib.grading.notebook.normalize import grade_id, is_solution
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session

#: Requests of the judge that the sessions know, see ``sandbox/inside/remote.py``.
STUB, OPEN = "cvlib_stub", "cvlib_open"


class Ours:
    """The session that answers for one session of a student's; it is started when it is needed.

    ``theirs`` is the end of the line for the student's session.
    """

    def __init__(self, run: Run, policy: Policy, replaced: Collection[str]) -> None:
        self._run, self._policy, self._replaced = run, policy, replaced
        self._cells = iter(run.plan.template.cells)
        self._done: set[str] = set()
        self._session: Session | None = None
        self.theirs, self._mine = socket.socketpair()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._session is not None:
            self._session.close()
        self._mine.close()
        self.theirs.close()

    def take_the_place(self, item: Item, session: Session) -> None:
        """From now on the student's session finds our solution under the exercise's name."""
        limit = self._run.plan.limits.cell_seconds
        if self._session is None:
            self._session = Session(self._policy, peer=self._mine)
            self._session.__enter__()
        self._run_up_to(item, self._session)
        told = self._session.ask(OPEN, {"name": item.name}, timeout=limit)
        if told.get("name") == item.name:
            session.ask(STUB, told, timeout=limit)

    def _run_up_to(self, item: Item, session: Session) -> None:
        """Run what was released before an exercise, and our solutions as far as it goes."""
        items = {i.id: i for i in self._run.plan.items if i.id in self._replaced}
        while item.id not in self._done:
            cell = next(self._cells)
            name = grade_id(cell)
            if cell.cell_type == "code" and (not name or (is_solution(cell) and name in items)):
                source = items[name].solution if name else cell.source
                session.run(source, timeout=self._run.plan.limits.cell_seconds)
                self._done.add(name)
