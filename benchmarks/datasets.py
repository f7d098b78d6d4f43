"""How fast are the scenes drawn? CPU seconds for 10,000 images of 32 × 32, one thread.

Run `python benchmarks/datasets.py`; `--count`, `--size` and `--rounds` change what is measured.
Each cell is the median over the rounds: images with their masks, boxes and attribute arrays; the
same with every caption and question written out; and the first as a part of the 5 s allowed.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # read once, when the libraries below load
    os.environ[variable] = "1"

import numpy as np  # noqa: E402

from cvlib.datasets.shapes import DIFFICULTIES, ShapeScenes, make_shapes  # noqa: E402

ALLOWED = 5.0


def cpu_seconds(task: Callable[[], object]) -> float:
    """Return the processor time of one call, which other programs on the machine disturb least."""
    start = time.process_time()
    task()
    return time.process_time() - start


def write_out(scenes: ShapeScenes) -> None:
    """Make every caption and question."""
    assert len(scenes.captions) == len(scenes.questions)


def main() -> None:
    """Print one row a difficulty."""
    parser = argparse.ArgumentParser(
        description="CPU seconds for drawing scenes of shapes, one thread."
    )
    parser.add_argument("--count", type=int, default=10_000, help="scenes (default 10,000)")
    parser.add_argument("--size", type=int, default=32, help="pixels a side (default 32)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds a cell (default 5)")
    arguments = parser.parse_args()
    if min(arguments.count, arguments.rounds) < 1:
        parser.error("--count and --rounds must be at least 1")
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}; {arguments.count} scenes of "
        f"{arguments.size} × {arguments.size}, median CPU time of {arguments.rounds} rounds\n"
    )
    print(f"{'difficulty':<12}{'images s':>10}{'and words s':>13}{'images / 5 s':>14}")
    for difficulty in DIFFICULTIES:
        images, words = [], []
        for turn in range(arguments.rounds):

            def draw(seed: int = turn, level: str = difficulty) -> ShapeScenes:
                return make_shapes(
                    arguments.count, size=arguments.size, difficulty=level, seed=seed
                )

            images.append(cpu_seconds(draw))
            words.append(cpu_seconds(lambda draw=draw: write_out(draw())))  # type: ignore[misc]
        drawn, written = statistics.median(images), statistics.median(words)
        print(f"{difficulty:<12}{drawn:10.2f}{written:13.2f}{drawn / ALLOWED:14.2f}", flush=True)


if __name__ == "__main__":
    main()
