"""The benchmark of pooling runs and prints its table; what it measures is nobody's test."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "layers.py"


def run(*arguments):
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_prints_a_ratio_for_each_pass():
    done = run("--rounds", "1", "--only", "10²")
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("max 64·16·10²")]
    assert [row.split()[5] for row in rows] == ["forward", "backward"]
    assert all(float(row.split()[-2]) > 0 for row in rows)


def test_refuses_no_rounds():
    done = run("--rounds", "0")
    assert done.returncode == 2
    assert "--rounds must be at least 1, got 0" in done.stderr
