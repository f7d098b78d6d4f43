"""The tests, one after the other, each with what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from grading_class.cpu_time import Spent

from suite_cost.each_test import FILE

BENCHMARKS = Path(__file__).resolve().parents[1]


def each_test(root: Path, chosen: Sequence[str]) -> tuple[dict[str, Spent], dict[str, str]]:
    """What each test took, in one process, and what it is about.

    Raises RuntimeError when pytest could not run them.
    """
    with tempfile.TemporaryDirectory(prefix="suite-") as folder:
        file = Path(folder) / "each"
        paths = [str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings = {FILE: str(file), "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-m", "pytest", "-p", "suite_cost.each_test", "-q", *chosen]
        code = subprocess.run(
            command, cwd=root, env=os.environ | settings, stdout=sys.stderr, check=False
        ).returncode
        if code not in (0, 1):  # a test that fails took its time, too
            raise RuntimeError(f"pytest ended with {code}")
        rows = [json.loads(line) for line in file.read_text().splitlines()]
    topics = {name: topic for name, topic, *_ in rows}
    return {name: Spent(wall, cpu) for name, _, wall, cpu in rows}, topics


def by(key: Callable[[str], str], tests: dict[str, Spent]) -> dict[str, tuple[int, Spent]]:
    """How many tests have a key, and what they took together; the dearest first."""
    sums: dict[str, tuple[int, Spent]] = {}
    for name, spent in tests.items():
        count, total = sums.get(key(name), (0, Spent(0.0, 0.0)))
        sums[key(name)] = count + 1, Spent(total.wall + spent.wall, total.cpu + spent.cpu)
    return dict(sorted(sums.items(), key=lambda pair: -pair[1][1].cpu))
