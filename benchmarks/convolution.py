"""How fast is the NumPy convolution? CPU time divided by PyTorch's, one thread, float32.

Run `python benchmarks/convolution.py`, with `--quick` for a look and `--rounds` for patience. NumPy
and PyTorch take turns in one process, so that both meet the same machine; each cell is the median
over the rounds. Scratch is the most memory that NumPy held beyond inputs and results.
"""

import argparse
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # read once, when the libraries below load
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402

from cvlib.convolution.correlation import correlate, match, spread  # noqa: E402
from cvlib.convolution.geometry import as_slide, conv2d_output_size  # noqa: E402

Task = Callable[[], object]


class Layer(NamedTuple):
    """One convolutional layer to time."""

    name: str
    batch: int
    channels: int
    size: int
    kernels: int
    kernel: int
    stride: int
    padding: int
    groups: int = 1


LAYERS = (
    Layer("16·64·32² → 64, 3×3", 16, 64, 32, 64, 3, 1, 1),
    Layer("32·128·16² → 128, 3×3", 32, 128, 16, 128, 3, 1, 1),
    Layer("8·3·224² → 64, 7×7 stride 2", 8, 3, 224, 64, 7, 2, 3),
    Layer("depthwise 16·128·32², 3×3", 16, 128, 32, 128, 3, 1, 1, 128),
)


def tasks(layer: Layer) -> dict[str, tuple[Task, Task]]:
    """Return {pass: (NumPy's task, PyTorch's task)} on the same random numbers."""
    rng = np.random.default_rng(2)
    _, batch, channels, size, kernels, kernel, stride, padding, groups = layer
    x = rng.standard_normal((batch, channels, size, size), dtype=np.float32)
    w = rng.standard_normal((kernels, channels // groups, kernel, kernel), dtype=np.float32)
    slide = as_slide(stride, padding, 1)
    out_size = conv2d_output_size(size, kernel, stride=stride, padding=padding)
    dout = rng.standard_normal((batch, kernels, *out_size), dtype=np.float32)
    x_torch, w_torch, dout_torch = (torch.from_numpy(array) for array in (x, w, dout))

    def gradient(*wanted: bool) -> object:
        return torch.ops.aten.convolution_backward(
            dout_torch,
            x_torch,
            w_torch,
            None,
            list(slide.stride),
            list(slide.padding),
            list(slide.dilation),
            False,
            [0, 0],
            groups,
            list(wanted),
        )

    return {
        "forward": (
            lambda: correlate(x, w, out_size, slide, groups),
            lambda: torch.nn.functional.conv2d(x_torch, w_torch, None, stride, padding, 1, groups),
        ),
        "dW": (
            lambda: match(x, dout, (kernel, kernel), slide, groups),
            lambda: gradient(False, True, False),
        ),
        "dX": (
            lambda: spread(dout, w, (size, size), slide, groups),
            lambda: gradient(True, False, False),
        ),
    }


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
    """Return the most memory held during a call beyond the array it returns."""
    tracemalloc.start()
    try:
        result = task()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return peak - (result.nbytes if isinstance(result, np.ndarray) else 0)


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


def main() -> None:
    """Print one row a layer and pass."""
    parser = argparse.ArgumentParser(
        description="CPU time of the NumPy convolution divided by PyTorch's, one thread, float32."
    )
    parser.add_argument("--quick", action="store_true", help="3 rounds a cell")
    parser.add_argument(
        "--fresh-memory", action="store_true", help="pay for new pages, as a young program does"
    )
    parser.add_argument("--only", default="", help="only the layers whose name contains this")
    parser.add_argument("--rounds", type=int, default=25, help="rounds a cell (default 25)")
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
    print(f"{'layer':<30}{'pass':<9}{'NumPy ms':>9}{'torch ms':>10}{'ratio':>7}{'scratch MiB':>13}")
    for layer in (layer for layer in LAYERS if arguments.only in layer.name):
        for name, pair in tasks(layer).items():
            ours, theirs = measure(pair, rounds)
            scratch = scratch_bytes(pair[0]) / 2**20
            print(
                f"{layer.name:<30}{name:<9}{ours * 1e3:9.2f}{theirs * 1e3:10.2f}"
                f"{ours / theirs:7.2f}{scratch:13.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
