"""The benchmark runs and prints its table; what it measures is nobody's test."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "normalization.py"


def test_prints_a_ratio_for_each_pass():
    command = [sys.executable, str(SCRIPT), "--rounds", "1", "--only", "16·64·32²"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if "16·64·32²" in line]
    assert sum("forward" in row for row in rows) == sum("backward" in row for row in rows) == 4
    assert all(float(row.split()[-2]) > 0 for row in rows)
