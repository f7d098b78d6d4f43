"""A plugin of pytest that writes what each test took: ``-p suite_cost.each_test``.

``CVLIB_EACH_TEST`` names the file, a line of JSON a test: its name, the room or problem set that it
is about, and its seconds by the clock on the wall and of processor time, with all that it started.
Fixtures count where they are first used.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from grading_class.cpu_time import Counter

FILE = "CVLIB_EACH_TEST"


def pytest_configure(config: pytest.Config) -> None:
    """Start counting; collecting is counted, too."""
    config.pluginmanager.register(Recorder(Path(os.environ[FILE])), "each-test")


class Recorder:
    """Writes a line when a test has ended."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w")
        self._counter = Counter().__enter__()
        self._wall = time.perf_counter()

    def _write(self, name: str, topic: str, wall: float, cpu: float) -> None:
        now = time.perf_counter(), self._counter.read()
        self._file.write(json.dumps([name, topic, now[0] - wall, now[1] - cpu]) + "\n")
        self._file.flush()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """All tests are known."""
        self._write("collecting", "collecting", self._wall, 0.0)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """From its first fixture to its last."""
        from tests.groups import topic  # the repository is on the path of pytest alone

        wall, cpu = time.perf_counter(), self._counter.read()
        done = yield
        self._write(item.nodeid, topic(item.nodeid), wall, cpu)
        return done

    def pytest_unconfigure(self) -> None:
        """Stop counting."""
        self._counter.__exit__()
        self._file.close()
