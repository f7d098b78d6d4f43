"""The benchmark runs and prints its table; what it measures is nobody's test."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "datasets.py"


def test_prints_a_row_for_each_difficulty():
    command = [sys.executable, str(SCRIPT), "--rounds", "1", "--count", "50"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[-3:]]
    assert [row[0] for row in rows] == ["easy", "medium", "hard"]
    assert all(float(row[2]) >= 0 for row in rows)
