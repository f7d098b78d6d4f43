"""What several exercises draw, ask and call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from cvlib.convolution import conv2d_forward, conv2d_output_size, conv_transpose2d_output_size
from cvlib.convolution import convolution_matrix as sparse_matrix

Rng = np.random.Generator


Pair = tuple[int, int]


def unequal(rng: Rng, low: int, high: int) -> Pair:
    """Draw two different integers between ``low`` and ``high``, both included."""
    first, second = rng.permutation(np.arange(low, high + 1))[:2]
    return int(first), int(second)


def size_before(output: Pair, kernel: Pair, stride: Pair, padding: Pair, rest: Pair) -> Pair:
    """The image whose convolution has the size ``output`` and leaves ``rest`` pixels unused."""
    rows, columns = (
        (o - 1) * s + k - 2 * p + r
        for o, k, s, p, r in zip(output, kernel, stride, padding, rest, strict=True)
    )
    return rows, columns


def draw_geometry(
    rng: Rng,
    *,
    strides: Pair = (1, 1),
    paddings: Pair = (0, 0),
    outputs: Pair = (2, 4),
    kernels: Pair = (2, 4),
) -> tuple[Pair, Pair, Pair, Pair]:
    """Draw image, kernel, stride and padding; a range of one value gives that value to both axes.

    A stride above one leaves pixels over along at least one axis.
    """
    for _ in range(10_000):
        stride = unequal(rng, *strides) if strides[0] < strides[1] else strides
        padding = unequal(rng, *paddings) if paddings[0] < paddings[1] else paddings
        kernel, output = unequal(rng, *kernels), unequal(rng, *outputs)
        rest = (int(rng.integers(stride[0])), int(rng.integers(stride[1])))
        image = size_before(output, kernel, stride, padding, rest)
        if image[0] != image[1] and min(image) >= 3 and (any(rest) or strides == (1, 1)):
            return image, kernel, stride, padding
    raise ValueError(f"no oblong image fits strides {strides}, paddings {paddings} and the rest")


LAYERS: dict[str, dict[str, Any]] = {
    "stride 1, no padding": {"shape": (1, 1, 1)},
    "several images and channels": {"shape": (2, 3, 2)},
    "padding": {"shape": (1, 2, 1), "paddings": (2, 3), "kernels": (3, 5), "outputs": (4, 6)},
    "stride": {"shape": (1, 2, 2), "strides": (2, 3), "paddings": (0, 1)},
    "bias": {"shape": (2, 2, 3), "paddings": (0, 1)},
    "the dtype stays": {"shape": (1, 2, 2), "strides": (1, 2), "paddings": (0, 1)},
}


def draw_layer(rng: Rng, shape: tuple[int, int, int], **options: Any) -> tuple[Any, ...]:
    """Draw (x, w, stride, padding) with ``shape`` = (N, C, K)."""
    n, c, k = shape
    image, kernel, stride, padding = draw_geometry(rng, **options)
    return rng.normal(size=(n, c, *image)), rng.normal(size=(k, c, *kernel)), stride, padding


def forward(x: Any, w: Any, b: Any, stride: Pair, padding: Pair) -> np.ndarray:
    return conv2d_forward(x, w, b, stride=stride, padding=padding)[0]


MATRICES: dict[str, dict[str, Any]] = {
    "stride 1, no padding": {"kernels": (2, 3), "outputs": (2, 3)},
    "padding": {"kernels": (2, 4), "outputs": (3, 5), "paddings": (1, 2)},
    "stride": {"kernels": (2, 3), "outputs": (2, 3), "strides": (2, 3)},
    "stride and padding": {
        "kernels": (2, 3),
        "outputs": (2, 4),
        "strides": (2, 3),
        "paddings": (1, 2),
    },
}


def matrix(w: np.ndarray, image: Pair, stride: Pair, padding: Pair) -> Any:
    return sparse_matrix(w[None, None], (1, *image), stride=stride, padding=padding)


def as_dense(target, *args):
    matrix = target(*args)
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


SOBEL = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0])


TRANSPOSED: dict[str, dict[str, Any]] = {
    "stride 1, no padding": {},
    "padding": {"paddings": (1, 2), "kernels": (3, 5)},
    "stride": {"strides": (1, 3)},
    "output padding": {"strides": (2, 3), "paddings": (1, 2), "kernels": (3, 5)},
}


def draw_transposed(rng: Rng, part: str, **options: Any) -> tuple[Pair, ...]:
    """Draw (small map, kernel, stride, padding, output padding)."""
    image, kernel, stride, padding = draw_geometry(rng, **{**TRANSPOSED[part], **options})
    small = conv2d_output_size(image, kernel, stride=stride, padding=padding)
    extra = (stride[0] - 1, stride[1] - 1) if part == "output padding" else (0, 0)
    return small, kernel, stride, padding, extra


def transposed_output_size(
    small: Pair, kernel: Pair, stride: Pair, padding: Pair, output_padding: Pair
) -> Pair:
    return conv_transpose2d_output_size(
        small, kernel, stride=stride, padding=padding, output_padding=output_padding
    )


def output_padding(large: Pair, kernel: Pair, stride: Pair, padding: Pair) -> Pair:
    small = conv2d_output_size(large, kernel, stride=stride, padding=padding)
    back = transposed_output_size(small, kernel, stride, padding, (0, 0))
    return large[0] - back[0], large[1] - back[1]


def along_each_axis(rule: Callable[..., int]) -> Callable[..., tuple[int, ...]]:
    """Apply a rule for one axis to pairs (rows, columns)."""

    @functools.wraps(rule)
    def sizes(*pairs: Pair) -> tuple[int, ...]:
        return tuple(rule(*axis) for axis in zip(*pairs, strict=True))

    return sizes


def layers(c: int, k: int, kernel: Pair, stride: Pair, **depthwise: Any) -> list[Any]:
    """The six layers of the block, for mutants that spoil one of them."""
    from torch import nn

    options = {"padding": (kernel[0] // 2, kernel[1] // 2), "groups": c, "bias": False}
    first = nn.Conv2d(c, c, kernel, stride, **{**options, **depthwise})
    second = nn.Conv2d(c, k, 1, bias=False)
    return [first, nn.BatchNorm2d(c), nn.ReLU(), second, nn.BatchNorm2d(k), nn.ReLU()]
