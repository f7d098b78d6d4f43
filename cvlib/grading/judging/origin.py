"""The problem set behind a plan: at hand where the plan was made, unpacked where it was sent."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from cvlib.grading.sandbox.private import held_directory
from cvlib.grading.spec.drivers import source_of
from cvlib.grading.spec.loading import LoadedSet, load_problem_set


class Origin:
    """A loaded problem set that travels as its sources: a worker shares no disk with the course."""

    def __init__(self, loaded: LoadedSet) -> None:
        self.set_id = loaded.problem_set.id
        self.sources = loaded.sources
        self._loaded: LoadedSet | None = loaded

    def load(self) -> LoadedSet:
        """The problem set, unpacked when it is asked for the first time."""
        with _unpacking:  # the threads of a worker wait for one another
            if self._loaded is None:
                self._loaded = _unpacked(self.set_id, self.sources)
            return self._loaded

    def __getstate__(self) -> dict[str, object]:
        return {"set_id": self.set_id, "sources": dict(self.sources), "_loaded": None}


_unpacking = threading.Lock()


def _unpacked(set_id: str, sources: Mapping[str, bytes]) -> LoadedSet:
    with held_directory() as folder:
        for name, source in sources.items():
            path = Path(folder, set_id, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(source)
        loaded = load_problem_set(folder, set_id, afresh=True)
        for exercise in loaded.problem_set.exercises:
            for function in (exercise.driver, exercise.look):
                if function is not None:
                    source_of(function)  # read while the file is there
    return loaded
