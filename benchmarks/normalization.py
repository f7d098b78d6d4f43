"""How fast is the NumPy normalization? CPU time divided by PyTorch's, one thread, float32.

Run `python benchmarks/normalization.py`, with `--quick` for a look and `--rounds` for patience.
NumPy and PyTorch take turns in one process, so that both meet the same machine; each cell is the
median over the rounds. Scratch is the most memory that NumPy held beyond inputs and results.
"""

from typing import Any, NamedTuple

# first of all: it asks the libraries for one thread before they load
from side_by_side import Task, run

# isort: split
import numpy as np
import torch
from torch.nn import functional

from cvlib.normalization import reference


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


if __name__ == "__main__":
    run(
        "CPU time of the NumPy normalization over PyTorch's, one thread, float32.",
        LAYERS,
        tasks,
        rounds=51,
    )
