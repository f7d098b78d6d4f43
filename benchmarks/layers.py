"""How fast is pooling in NumPy? CPU time divided by PyTorch's, one thread, float32.

Run `python benchmarks/layers.py`, with `--quick` for a look and `--rounds` for patience. NumPy and
PyTorch take turns in one process, so that both meet the same machine; each cell is the median over
the rounds. Scratch is the most memory that NumPy held beyond inputs and results.
"""

from typing import NamedTuple

# first of all: it asks the libraries for one thread before they load
from side_by_side import Task, run

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


if __name__ == "__main__":
    run("CPU time of pooling in NumPy divided by PyTorch's, one thread, float32.", POOLS, tasks)
