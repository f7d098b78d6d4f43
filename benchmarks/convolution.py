"""How fast is the NumPy convolution? CPU time divided by PyTorch's, one thread, float32.

Run `python benchmarks/convolution.py`, with `--quick` for a look and `--rounds` for patience. NumPy
and PyTorch take turns in one process, so that both meet the same machine; each cell is the median
over the rounds. Scratch is the most memory that NumPy held beyond inputs and results.
"""

from typing import NamedTuple

# first of all: it asks the libraries for one thread before they load
from side_by_side import Task, run

# isort: split
import numpy as np
import torch

from cvlib.convolution.geometry import as_slide, conv2d_output_size
from cvlib.convolution.reference.correlation import correlate, match, spread


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


if __name__ == "__main__":
    run(
        "CPU time of the NumPy convolution divided by PyTorch's, one thread, float32.",
        LAYERS,
        tasks,
    )
