"""Time NumPy against PyTorch in one process, one thread each, and print the ratios.

Import it before NumPy and PyTorch: it asks them for one thread, which they read once, when they
load. The two take turns, so that both meet the same machine; each cell is the median over the
rounds. Scratch is the most memory that NumPy held beyond inputs and results.
"""

import argparse
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402

Task = Callable[[], object]
#: For a layer, {pass: (NumPy's task, PyTorch's task)} on the same random numbers.
Tasks = Callable[[Any], dict[str, tuple[Task, Task]]]


def cpu_seconds(task: Task) -> float:
    """Return the processor time of one call, which other programs on the machine disturb least."""
    start = time.process_time()
    task()
    return time.process_time() - start


def measure(pair: tuple[Task, Task], rounds: int) -> tuple[float, float]:
    """Return the median CPU seconds of NumPy and of PyTorch, taking turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for task in pair:
        task()
    for turn in range(rounds):
        # whoever goes second finds the inputs in the cache: change places every round
        for side in (0, 1) if turn % 2 else (1, 0):
            times[side].append(cpu_seconds(pair[side]))
    return statistics.median(times[0]), statistics.median(times[1])


def scratch_bytes(task: Task) -> int:
    """Return the most memory held during a call beyond what it returns."""
    tracemalloc.start()
    try:
        result = task()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del result
    return peak - held


def processor() -> str:
    """Return the processor's name as the operating system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in pairs}
    flags = facts.get("flags", "").split()
    vectors = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "no AVX")
    family = f"family {facts.get('cpu family', '?')}, model {facts.get('model', '?')}"
    return f"{facts.get('model name', platform.machine())} ({family}, {vectors})"


def warm_allocator() -> None:
    """Free one large block, after which the C library keeps memory instead of returning it.

    A program that has run for a while is in this state. Without it every result is built in fresh
    pages of the operating system, which costs PyTorch more than NumPy and flatters the ratio.
    """
    block = np.ones(31 * 2**20, np.uint8)
    del block


def run(description: str, layers: Sequence[Any], tasks: Tasks, *, rounds: int = 25) -> None:
    """Read the command line and print one row a layer and pass; a layer has a ``name``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="3 rounds a cell")
    parser.add_argument(
        "--fresh-memory", action="store_true", help="pay for new pages, as a young program does"
    )
    parser.add_argument("--only", default="", help="only the layers whose name contains this")
    parser.add_argument(
        "--rounds", type=int, default=rounds, help=f"rounds a cell (default {rounds})"
    )
    arguments = parser.parse_args()
    rounds = 3 if arguments.quick else arguments.rounds
    if rounds < 1:
        parser.error(f"--rounds must be at least 1, got {rounds}")
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    if not arguments.fresh_memory:
        warm_allocator()
    print(processor())
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, torch {torch.__version__}; "
        f"one thread, float32, median CPU time of {rounds} rounds\n"
    )
    width = 1 + max(len(layer.name) for layer in layers)
    heads = f"{'NumPy ms':>9}{'torch ms':>10}{'ratio':>7}{'scratch MiB':>13}"
    print(f"{'layer':<{width}}{'pass':<9}{heads}")
    for layer in (layer for layer in layers if arguments.only in layer.name):
        for name, pair in tasks(layer).items():
            ours, theirs = measure(pair, rounds)
            scratch = scratch_bytes(pair[0]) / 2**20
            print(
                f"{layer.name:<{width}}{name:<9}{ours * 1e3:9.2f}{theirs * 1e3:10.2f}"
                f"{ours / theirs:7.2f}{scratch:13.2f}",
                flush=True,
            )
