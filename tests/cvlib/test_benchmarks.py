"""The benchmark runs and prints its table; what it measures is nobody's test."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "convolution.py"


def test_prints_a_ratio_for_each_pass():
    command = [sys.executable, str(SCRIPT), "--rounds", "1", "--only", "depthwise"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("depthwise")]
    assert [row.split()[3] for row in rows] == ["forward", "dW", "dX"]
    assert all(float(row.split()[-2]) > 0 for row in rows)
