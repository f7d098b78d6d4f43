"""How fast is the NumPy normalization? CPU time divided by PyTorch's, one thread, float32.

Run `python benchmarks/normalization.py`, with `--quick` for a look and `--rounds` for patience.
NumPy and PyTorch take turns in one process, so that both meet the same machine; each cell is the
median over the rounds. Scratch is the most memory that NumPy held beyond inputs and results.
"""

import argparse
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # read once, when the libraries below load
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from cvlib.normalization import reference  # noqa: E402

Task = Callable[[], object]


class Layer(NamedTuple):
    """One normalization to time."""

    name: str
    kind: str
    shape: tuple[int, ...]
    groups: int = 0


LAYERS = (
    Layer("batch 16·64·32²", "batch", (16, 64, 32, 32)),
    Layer("batch 32·128·16²", "batch", (32, 128, 16, 16)),
    Layer("batch 64·256·8²", "batch", (64, 256, 8, 8)),
    Layer("batch 8·64·56²", "batch", (8, 64, 56, 56)),
    Layer("batch 4·16·224²", "batch", (4, 16, 224, 224)),
    Layer("batch 4096·256", "batch", (4096, 256)),
    Layer("layer 16·64·32²", "layer", (16, 64, 32, 32)),
    Layer("instance 16·64·32²", "group", (16, 64, 32, 32), 64),
    Layer("group 16·64·32², 8 groups", "group", (16, 64, 32, 32), 8),
    Layer("response 8·96·55²", "response", (8, 96, 55, 55)),
)


def tasks(layer: Layer) -> dict[str, tuple[Task, Task]]:
    """Return {pass: (NumPy's task, PyTorch's task)} on the same random numbers."""
    rng = np.random.default_rng(6)
    x, dout = (rng.standard_normal(layer.shape, dtype=np.float32) for _ in range(2))
    size = layer.shape[1:] if layer.kind == "layer" else layer.shape[1]
    gamma, beta = (rng.standard_normal(size, dtype=np.float32) for _ in range(2))
    return globals()[f"_{layer.kind}"](layer, x, dout, gamma, beta)


def _batch(layer: Layer, *arrays: Any) -> dict[str, tuple[Task, Task]]:
    x, dout, gamma, beta = arrays
    xt, dt, gt, bt = (torch.from_numpy(a) for a in arrays)
    running = np.zeros_like(gamma), np.ones_like(gamma)
    running_torch = torch.zeros_like(gt), torch.ones_like(gt)
    _, cache = reference.batch_norm_forward(x, gamma, beta, training=True)
    _, mean, inv_std = torch.native_batch_norm(xt, gt, bt, None, None, True, 0.1, 1e-5)
    wanted = [True, True, True]
    return {
        "forward": (
            lambda: reference.batch_norm_forward(x, gamma, beta, *running, training=True),
            lambda: functional.batch_norm(xt, *running_torch, gt, bt, True),
        ),
        "backward": (
            lambda: reference.batch_norm_backward(dout, cache),
            lambda: torch.ops.aten.native_batch_norm_backward(
                dt, xt, gt, *running_torch, mean, inv_std, True, 1e-5, wanted
            ),
        ),
    }


def _layer(layer: Layer, *arrays: Any) -> dict[str, tuple[Task, Task]]:
    x, dout, gamma, beta = arrays
    xt, dt, gt, bt = (torch.from_numpy(a) for a in arrays)
    shape = list(gamma.shape)
    _, cache = reference.layer_norm_forward(x, gamma, beta)
    _, mean, inv_std = torch.native_layer_norm(xt, shape, gt, bt, 1e-5)
    return {
        "forward": (
            lambda: reference.layer_norm_forward(x, gamma, beta),
            lambda: functional.layer_norm(xt, shape, gt, bt),
        ),
        "backward": (
            lambda: reference.layer_norm_backward(dout, cache),
            lambda: torch.ops.aten.native_layer_norm_backward(
                dt, xt, shape, mean, inv_std, gt, bt, [True, True, True]
            ),
        ),
    }


def _group(layer: Layer, *arrays: Any) -> dict[str, tuple[Task, Task]]:
    x, dout, gamma, beta = arrays
    xt, dt, gt, bt = (torch.from_numpy(a) for a in arrays)
    n, c, h, w = layer.shape
    _, cache = reference.group_norm_forward(x, gamma, beta, groups=layer.groups)
    _, mean, inv_std = torch.native_group_norm(xt, gt, bt, n, c, h * w, layer.groups, 1e-5)
    return {
        "forward": (
            lambda: reference.group_norm_forward(x, gamma, beta, groups=layer.groups),
            lambda: functional.group_norm(xt, layer.groups, gt, bt),
        ),
        "backward": (
            lambda: reference.group_norm_backward(dout, cache),
            lambda: torch.ops.aten.native_group_norm_backward(
                dt, xt, mean, inv_std, gt, n, c, h * w, layer.groups, [True, True, True]
            ),
        ),
    }


def _response(layer: Layer, *arrays: Any) -> dict[str, tuple[Task, Task]]:
    x, xt = arrays[0], torch.from_numpy(arrays[0])
    return {
        "forward": (
            lambda: reference.local_response_norm_forward(x, average=True),
            lambda: functional.local_response_norm(xt, 5, k=2.0),
        )
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
    pages of the operating system, which costs both libraries the same and hides the rest.
    """
    block = np.ones(31 * 2**20, np.uint8)
    del block


def main() -> None:
    """Print one row a layer and pass."""
    parser = argparse.ArgumentParser(
        description="CPU time of the NumPy normalization over PyTorch's, one thread, float32."
    )
    parser.add_argument("--quick", action="store_true", help="5 rounds a cell")
    parser.add_argument(
        "--fresh-memory", action="store_true", help="pay for new pages, as a young program does"
    )
    parser.add_argument("--only", default="", help="only the layers whose name contains this")
    parser.add_argument("--rounds", type=int, default=51, help="rounds a cell (default 51)")
    arguments = parser.parse_args()
    rounds = 5 if arguments.quick else arguments.rounds
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
    print(
        f"{'layer':<28}{'pass':<10}{'NumPy ms':>9}{'torch ms':>10}{'ratio':>7}{'scratch MiB':>13}"
    )
    for layer in (layer for layer in LAYERS if arguments.only in layer.name):
        for name, pair in tasks(layer).items():
            ours, theirs = measure(pair, rounds)
            print(
                f"{layer.name:<28}{name:<10}{ours * 1e3:9.2f}{theirs * 1e3:10.2f}"
                f"{ours / theirs:7.2f}{scratch_bytes(pair[0]) / 2**20:13.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
