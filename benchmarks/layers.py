"""How fast is pooling in NumPy? CPU time divided by PyTorch's, one thread, float32.

Run `python benchmarks/layers.py`, with `--quick` for a look and `--rounds` for patience. NumPy and
PyTorch take turns in one process, so that both meet the same machine; each cell is the median over
the rounds. Scratch is the most memory that NumPy held beyond inputs and results.
"""

import argparse
import platform
from typing import NamedTuple

# first of all: it asks the libraries for one thread before they load
from convolution import Task, measure, processor, scratch_bytes, warm_allocator

# isort: split
import numpy as np
import torch

from cvlib import layers


class Pool(NamedTuple):
    """One pooling layer to time."""

    name: str
    batch: int
    channels: int
    size: int
    kernel: int
    stride: int
    padding: int = 0
    operation: str = "max"


POOLS = (
    Pool("max 16·64·32², 2×2 stride 2", 16, 64, 32, 2, 2),
    Pool("max 16·64·32², 3×3 stride 2", 16, 64, 32, 3, 2, 1),
    Pool("max 16·64·32², 3×3 stride 1", 16, 64, 32, 3, 1, 1),
    Pool("max 8·64·112², 3×3 stride 2", 8, 64, 112, 3, 2, 1),
    Pool("max 64·16·10², 2×2 stride 2", 64, 16, 10, 2, 2),
    Pool("max 16·256·13², 3×3 stride 2", 16, 256, 13, 3, 2),
    Pool("average 16·64·32², 2×2 stride 2", 16, 64, 32, 2, 2, 0, "avg"),
    Pool("average 16·64·32², 3×3 stride 1", 16, 64, 32, 3, 1, 1, "avg"),
)


def tasks(pool: Pool) -> dict[str, tuple[Task, Task]]:
    """Return {pass: (NumPy's task, PyTorch's task)} on the same random numbers."""
    rng = np.random.default_rng(2)
    _, batch, channels, size, kernel, stride, padding, operation = pool
    x = rng.standard_normal((batch, channels, size, size), dtype=np.float32)
    forward = getattr(layers, f"{operation}_pool2d_forward")
    backward = getattr(layers, f"{operation}_pool2d_backward")
    out, cache = forward(x, kernel, stride=stride, padding=padding)
    dout = rng.standard_normal(out.shape, dtype=np.float32)
    x_torch, dout_torch = torch.from_numpy(x), torch.from_numpy(dout)
    window = ([kernel, kernel], [stride, stride], [padding, padding])
    aten = torch.ops.aten
    if operation == "max":
        # PyTorch's layer, too, finds the places of the maxima on its way forward
        _, places = aten.max_pool2d_with_indices(x_torch, *window)
        return {
            "forward": (
                lambda: forward(x, kernel, stride=stride, padding=padding)[0],
                lambda: torch.nn.functional.max_pool2d(x_torch, *window),
            ),
            "backward": (
                lambda: backward(dout, cache),
                lambda: aten.max_pool2d_with_indices_backward(
                    dout_torch, x_torch, *window, [1, 1], False, places
                ),
            ),
        }
    return {
        "forward": (
            lambda: forward(x, kernel, stride=stride, padding=padding)[0],
            lambda: torch.nn.functional.avg_pool2d(x_torch, *window),
        ),
        "backward": (
            lambda: backward(dout, cache),
            lambda: aten.avg_pool2d_backward(dout_torch, x_torch, *window, False, True, None),
        ),
    }


def main() -> None:
    """Print one row a layer and pass."""
    parser = argparse.ArgumentParser(
        description="CPU time of pooling in NumPy divided by PyTorch's, one thread, float32."
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
    print(f"{'layer':<33}{'pass':<9}{'NumPy ms':>9}{'torch ms':>10}{'ratio':>7}{'scratch MiB':>13}")
    for pool in (pool for pool in POOLS if arguments.only in pool.name):
        for name, pair in tasks(pool).items():
            ours, theirs = measure(pair, rounds)
            scratch = scratch_bytes(pair[0]) / 2**20
            print(
                f"{pool.name:<33}{name:<9}{ours * 1e3:9.2f}{theirs * 1e3:10.2f}"
                f"{ours / theirs:7.2f}{scratch:13.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
