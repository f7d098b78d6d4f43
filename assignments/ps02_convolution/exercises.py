"""Problem set 2, convolution: what is asked, on which inputs, and against what it is graded.

Every kernel and image is oblong, and strides and paddings differ between the axes, so that a pair
read the wrong way round shows. Strides leave pixels over wherever an exercise can trip on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.convolution import (
    compose_kernels,
    conv2d_backward,
    conv2d_forward,
    conv2d_output_size,
    conv_transpose2d_forward,
    conv_transpose2d_output_size,
    count_macs,
    count_parameters,
    im2col,
)
from cvlib.convolution import convolution_matrix as sparse_matrix
from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, ProblemSet

Rng = np.random.Generator
Pair = tuple[int, int]
EXACT = Tolerance(rtol=0.0, atol=0.0)
CHAPTER = "02_convolution"


def section(anchor: str) -> str:
    return f"{CHAPTER}#{anchor}"


# --- drawing geometry -------------------------------------------------------------------------


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


# --- 1, 2: sizes ------------------------------------------------------------------------------


def draw_sizes(rng: Rng) -> Iterator[Case]:
    plain: dict[str, Any] = {"kernels": (2, 7), "outputs": (5, 40)}
    for _ in range(3):
        for part, options in {
            "stride 1, no padding": {},
            "padding": {"paddings": (0, 3)},
            "stride": {"strides": (2, 5), "paddings": (0, 2)},
            "dilation": {"strides": (1, 3), "paddings": (0, 3)},
        }.items():
            image, kernel, stride, padding = draw_geometry(rng, **plain, **options)
            dilation = unequal(rng, 2, 4) if part == "dilation" else (1, 1)
            reach = [(d - 1) * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
            image = (image[0] + reach[0], image[1] + reach[1])
            yield Case((image, kernel, stride, padding, dilation), part=part)


def output_size(image: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Pair:
    return conv2d_output_size(image, kernel, stride=stride, padding=padding, dilation=dilation)


def read_layer(target):
    return None if all(value is None for value in target.values()) else target


# --- 3, 7: the layer ----------------------------------------------------------------------------

LAYERS: dict[str, dict[str, Any]] = {
    "stride 1, no padding": {"shape": (1, 1, 1)},
    "several images and channels": {"shape": (2, 3, 2)},
    "padding": {"shape": (1, 2, 1), "paddings": (1, 2), "outputs": (3, 5)},
    "stride": {"shape": (1, 2, 2), "strides": (1, 3), "paddings": (0, 1)},
    "bias": {"shape": (2, 2, 3), "paddings": (0, 1)},
    "float32 stays float32": {"shape": (1, 2, 2), "strides": (1, 2), "paddings": (0, 1)},
}


def draw_layer(rng: Rng, shape: tuple[int, int, int], **options: Any) -> tuple[Any, ...]:
    """Draw (x, w, stride, padding) with ``shape`` = (N, C, K)."""
    n, c, k = shape
    image, kernel, stride, padding = draw_geometry(rng, **options)
    return rng.normal(size=(n, c, *image)), rng.normal(size=(k, c, *kernel)), stride, padding


def draw_forward(rng: Rng) -> Iterator[Case]:
    for part, options in LAYERS.items():
        x, w, stride, padding = draw_layer(rng, **options)
        b: np.ndarray = rng.normal(size=len(w)) if part == "bias" else np.zeros(len(w))
        if part == "float32 stays float32":  # small whole numbers: any order of summing is exact
            x, w, b = (np.round(2 * a).astype(np.float32) for a in (x, w, b))
        yield Case((x, w, b, stride, padding), part=part)


def forward(x: Any, w: Any, b: Any, stride: Pair, padding: Pair) -> np.ndarray:
    return conv2d_forward(x, w, b, stride=stride, padding=padding)[0]


def output_and_dtype(target, x, *rest):
    out = target(x, *rest)
    return (out, str(out.dtype)) if x.dtype == "float32" else out


GRADIENTS = {
    "db": ("db", ["several images and channels", "stride"]),
    "dw, stride 1": ("dw", ["several images and channels", "padding"]),
    "dw, larger stride": ("dw", ["stride"]),
    "dx, stride 1": ("dx", ["stride 1, no padding", "several images and channels"]),
    "dx, padding": ("dx", ["padding"]),
    "dx, larger stride": ("dx", ["stride"]),
}


def draw_backward(rng: Rng) -> Iterator[Case]:
    for part, (which, layers) in GRADIENTS.items():
        for layer in layers:
            x, w, stride, padding = draw_layer(rng, **LAYERS[layer])
            dout = rng.normal(size=forward(x, w, np.zeros(len(w)), stride, padding).shape)
            yield Case((which, dout, x, w, stride, padding), part=part)


def backward(dout: Any, x: Any, w: Any, stride: Pair, padding: Pair) -> tuple[Any, ...]:
    _, cache = conv2d_forward(x, w, np.zeros(len(w)), stride=stride, padding=padding)
    return conv2d_backward(dout, cache)


def one_gradient(target, which, *args):
    dx, dw, db = target(*args)
    return {"dx": dx, "dw": dw, "db": db}[which]


# --- 4, 5: the convolution matrix ---------------------------------------------------------------

MATRICES: dict[str, dict[str, Any]] = {
    "stride 1, no padding": {"kernels": (2, 3), "outputs": (2, 3)},
    "padding": {"kernels": (2, 4), "outputs": (3, 5), "paddings": (1, 2)},
    "stride": {"kernels": (2, 3), "outputs": (2, 3), "strides": (1, 3)},
    "stride and padding": {
        "kernels": (2, 3), "outputs": (2, 4), "strides": (1, 2), "paddings": (0, 1),
    },
}  # fmt: skip


def draw_matrices(rng: Rng) -> Iterator[Case]:
    for part, options in MATRICES.items():
        image, kernel, stride, padding = draw_geometry(rng, **options)
        yield Case((rng.normal(size=kernel), image, stride, padding), part=part)


def draw_channel_matrices(rng: Rng) -> Iterator[Case]:
    for part, (k, c, options) in {
        "several input channels": (1, 3, MATRICES["stride 1, no padding"]),
        "several kernels": (3, 1, MATRICES["stride 1, no padding"]),
        "several of both": (3, 2, MATRICES["stride 1, no padding"]),
        "stride and padding": (2, 3, MATRICES["stride and padding"]),
    }.items():
        image, kernel, stride, padding = draw_geometry(rng, **options)
        yield Case((rng.normal(size=(k, c, *kernel)), (c, *image), stride, padding), part=part)


def matrix(w: np.ndarray, image: Pair, stride: Pair, padding: Pair) -> Any:
    return sparse_matrix(w[None, None], (1, *image), stride=stride, padding=padding)


def channel_matrix(w: np.ndarray, shape: tuple[int, int, int], stride: Pair, padding: Pair) -> Any:
    return sparse_matrix(w, shape, stride=stride, padding=padding)


def as_dense(target, *args):
    matrix = target(*args)
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


# --- 6: the other matrix ------------------------------------------------------------------------

SOBEL = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0])
SHARPEN = np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]])


def draw_picture(rng: Rng, size: Pair) -> np.ndarray:
    """Brightness that changes slowly, with some grain, so that no two windows are alike."""
    slopes = rng.normal(size=size).cumsum(axis=0).cumsum(axis=1)
    return 0.5 + slopes / np.abs(slopes).max() / 4 + rng.normal(0.0, 0.15, size)


def draw_filtered(rng: Rng) -> Iterator[Case]:
    square = (3, 3)
    for part, kernels, noise in (
        ("blur, sharpen, edges", [np.full(square, 1 / 9), SHARPEN, SOBEL, SOBEL.T], 0.0),
        ("any kernel", [rng.normal(size=square)], 0.0),
        ("not square", [rng.normal(size=unequal(rng, 2, 4))], 0.0),
        ("noise", [rng.normal(size=square), rng.normal(size=unequal(rng, 2, 4))], 0.05),
    ):
        for kernel in kernels:
            image = draw_picture(rng, unequal(rng, 10, 14))
            filtered = forward(image[None, None], kernel[None, None], None, (1, 1), (0, 0))[0, 0]
            filtered = filtered + noise * rng.normal(size=filtered.shape)
            yield Case((image, filtered, kernel.shape), part=part)


def recover_filter(image: np.ndarray, filtered: np.ndarray, size: Pair) -> np.ndarray:
    windows = im2col(image[None, None], size)[0]
    return np.linalg.lstsq(windows.T, filtered.ravel(), rcond=None)[0].reshape(size)


# --- 8, 9, 10: the transposed convolution -------------------------------------------------------

TRANSPOSED: dict[str, dict[str, Any]] = {
    "stride 1, no padding": {},
    "padding": {"paddings": (1, 2), "kernels": (3, 5)},
    "stride": {"strides": (1, 3)},
    "output padding": {"strides": (2, 3), "paddings": (1, 2), "kernels": (3, 5)},
}


def draw_transposed(rng: Rng, part: str, **options: Any) -> tuple[Pair, ...]:
    """Draw (small map, kernel, stride, padding, output padding)."""
    image, kernel, stride, padding = draw_geometry(rng, **TRANSPOSED[part], **options)
    small = conv2d_output_size(image, kernel, stride=stride, padding=padding)
    extra = (stride[0] - 1, stride[1] - 1) if part == "output padding" else (0, 0)
    return small, kernel, stride, padding, extra


def draw_transposed_sizes(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        for part in TRANSPOSED:
            yield Case(draw_transposed(rng, part, outputs=(4, 30)), part=part)


def transposed_output_size(
    small: Pair, kernel: Pair, stride: Pair, padding: Pair, output_padding: Pair
) -> Pair:
    return conv_transpose2d_output_size(
        small, kernel, stride=stride, padding=padding, output_padding=output_padding
    )


def draw_output_paddings(rng: Rng) -> Iterator[Case]:
    for part, options in {
        "no padding": {"strides": (2, 5)},
        "padding": {"strides": (3, 5), "paddings": (1, 2)},  # so that s never divides all 2p
    }.items():
        for _ in range(4):
            geometry = draw_geometry(rng, kernels=(2, 7), outputs=(4, 30), **options)
            yield Case(geometry, part=part)


def output_padding(large: Pair, kernel: Pair, stride: Pair, padding: Pair) -> Pair:
    small = conv2d_output_size(large, kernel, stride=stride, padding=padding)
    back = transposed_output_size(small, kernel, stride, padding, (0, 0))
    return large[0] - back[0], large[1] - back[1]


def draw_conv_transpose(rng: Rng) -> Iterator[Case]:
    for part, shapes in {
        "stride 1, no padding": [(1, 1, 1)],
        "stride": [(1, 1, 1)],
        "padding": [(2, 1, 1)],
        "output padding": [(1, 1, 1)],
        "several channels": [(1, 2, 2), (2, 3, 2)],
    }.items():
        for n, c, k in shapes:
            drawn_as = part if part in TRANSPOSED else "stride"
            small, kernel, *rest = draw_transposed(rng, drawn_as, outputs=(2, 4))
            x, w = rng.normal(size=(n, c, *small)), rng.normal(size=(c, k, *kernel))
            yield Case((x, w, *rest), part=part)


def conv_transpose(x: Any, w: Any, stride: Pair, padding: Pair, output_padding: Pair) -> Any:
    out, _ = conv_transpose2d_forward(
        x, w, stride=stride, padding=padding, output_padding=output_padding
    )
    return out


# --- 11: checkerboards --------------------------------------------------------------------------

WALLS: dict[str, list[tuple[Pair, Pair]]] = {  # part: (kernel, stride)
    "the stride divides the kernel": [((4, 6), (2, 2)), ((6, 3), (3, 3))],
    "the stride does not divide it": [((3, 5), (2, 2)), ((5, 4), (3, 3))],
    "another stride along each axis": [((3, 5), (2, 3)), ((5, 4), (3, 2))],
    "gaps between the stamps": [((2, 3), (3, 4)), ((3, 1), (4, 2))],
}


def draw_walls(rng: Rng) -> Iterator[Case]:
    for part, walls in WALLS.items():
        for kernel, stride in walls:
            yield Case((rng.normal(size=kernel), stride), part=part)


def checkerboard(w: np.ndarray, stride: Pair) -> np.ndarray:
    wall = np.ones((1, 1, 2 * w.shape[0] + 1, 2 * w.shape[1] + 1))
    canvas, _ = conv_transpose2d_forward(wall, w[None, None], stride=stride)
    top, left = (k * s for k, s in zip(w.shape, stride, strict=True))  # far from every border
    return canvas[0, 0, top : top + stride[0], left : left + stride[1]]


# --- 12, 13: what it costs ----------------------------------------------------------------------


def draw_separable_sizes(rng: Rng) -> Iterator[Case]:
    for _ in range(2):
        for part in ("one filter a channel", "several filters a channel", "with biases"):
            channels = unequal(rng, 8, 200)
            multiplier = 1 if part == "one filter a channel" else int(rng.integers(2, 5))
            bias = part == "with biases"
            yield Case((*channels, unequal(rng, 2, 7), multiplier, bias), part=part)


def depthwise_separable_parameters(
    channels_in: int, channels_out: int, kernel: Pair, multiplier: int, bias: bool
) -> int:
    between = multiplier * channels_in
    depthwise = count_parameters(channels_in, between, kernel, groups=channels_in, bias=bias)
    return depthwise + count_parameters(between, channels_out, (1, 1), bias=bias)


SIZE, WIDE, NARROW, MAPS, KERNEL = (14, 14), 480, 16, 48, (5, 5)
DIRECT = count_macs(SIZE, WIDE, MAPS, KERNEL)
DETOUR = count_macs(SIZE, WIDE, NARROW, (1, 1)) + count_macs(SIZE, NARROW, MAPS, KERNEL)
WIDEST = max(
    b
    for b in range(1, WIDE)
    if count_macs(SIZE, WIDE, b, (1, 1)) + count_macs(SIZE, b, MAPS, KERNEL) < DIRECT
)


def read_count(target, key):
    return target.get(key)


# --- 14, 15: two small kernels for a large one --------------------------------------------------


def draw_two_kernels(rng: Rng) -> Iterator[Case]:
    n, m = unequal(rng, 2, 5)
    for part, first, second in (
        ("two 3 × 3", (3, 3), (3, 3)),
        ("other sizes", unequal(rng, 2, 4), unequal(rng, 2, 4)),
        ("other sizes", (2, 2), unequal(rng, 3, 5)),
        ("a column and a row", (n, 1), (1, m)),
    ):
        yield Case((rng.normal(size=first), rng.normal(size=second)), part=part)


def compose(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return compose_kernels(first[None, None], second[None, None])[0, 0]


def draw_kernel(rng: Rng, size: Pair) -> np.ndarray:
    """Draw a kernel with one best pair: its second singular value is neither zero nor a tie."""
    for _ in range(10_000):
        kernel = rng.normal(size=size)
        largest, second = np.linalg.svd(kernel, compute_uv=False)[:2]
        if 0.2 < second / largest < 0.8:
            return kernel
    raise ValueError(f"no kernel of size {size} has one best pair")


def draw_products(rng: Rng) -> Iterator[Case]:
    turned = [SOBEL, SOBEL.T][rng.integers(2)]
    bell = np.outer([1, 4, 6, 4, 1], [1, 2, 1]) / 64
    drawn = np.outer(rng.normal(size=4), rng.normal(size=3))
    wide, tall = sorted(unequal(rng, 2, 5)), sorted(unequal(rng, 2, 5), reverse=True)
    for part, kernels in {
        "exactly a product": [turned, bell, drawn],
        "any kernel": [draw_kernel(rng, (3, 3)), draw_kernel(rng, (5, 5))],
        "not square": [draw_kernel(rng, (s[0], s[1])) for s in (wide, tall)],
    }.items():
        for kernel in kernels:
            yield Case((kernel,), part=part)


def column_and_row(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, s, vt = np.linalg.svd(kernel)
    return u[:, :1] * s[0], vt[:1]


def multiply_out(target, kernel):
    import numpy as np

    column, row = (np.asarray(part, dtype=float) for part in target(kernel))
    if column.shape != (len(kernel), 1) or row.shape != (1, len(kernel[0])):
        raise ValueError(
            f"expected a column {(len(kernel), 1)} and a row {(1, len(kernel[0]))}, "
            f"got {column.shape} and {row.shape}"
        )
    product = column @ row
    left = np.linalg.norm(kernel - product) / np.linalg.norm(kernel)
    return {"column @ row": product, "relative error left": float(left)}


# --- 16: the PyTorch module ---------------------------------------------------------------------

BLOCKS = {  # part: (stride, what is compared)
    "training, stride 1": ((1, 1), "output"),
    "training, larger stride": ((2, 3), "output"),
    "gradients": ((2, 1), "gradients"),
    "evaluation": ((1, 1), "evaluation"),
    "parameters": ((1, 1), "parameters"),
}


def draw_blocks(rng: Rng) -> Iterator[Case]:
    for part, (stride, what) in BLOCKS.items():
        c, k = unequal(rng, 2, 4)
        kernel = [(3, 5), (5, 3), (1, 3), (3, 1)][rng.integers(4)]
        weights = rng.normal(size=(c, 1, *kernel)), rng.normal(size=(k, c, 1, 1))
        x = rng.normal(1.0, 2.0, size=(2, c, *unequal(rng, 4, 6)))
        yield Case((what, c, k, kernel, stride, *weights, x), part=part)


def run_block(target, what, c, k, kernel, stride, depthwise, pointwise, x):
    import torch

    torch.manual_seed(0)
    block = target(c, k, kernel, stride).double().train()
    shapes = sorted(tuple(p.shape) for p in block.parameters())
    weights = []
    with torch.no_grad():
        for given in (depthwise, pointwise):  # found by their shape, whatever they are called
            found = [p for p in block.parameters() if p.shape == given.shape]
            if not found:
                return {"parameters": shapes}
            found[0].copy_(torch.from_numpy(given))
            weights.append(found[0])
        for module in block.modules():
            if isinstance(module, torch.nn.Conv2d) and module.bias is not None:
                module.bias.zero_()
    image = torch.from_numpy(x).requires_grad_()
    out = block(image)
    if what == "gradients":
        upstream = torch.linspace(-1.0, 2.0, out.numel(), dtype=out.dtype).view(out.shape)
        return [g.numpy() for g in torch.autograd.grad((out * upstream).sum(), [image, *weights])]
    if what == "evaluation":
        out = block.eval()(image + 1)
    answer = {"output": out.detach().numpy()}
    return {**answer, "parameters": shapes} if what == "parameters" else answer


def depthwise_separable_block(
    channels_in: int, channels_out: int, kernel: Pair, stride: Pair
) -> Any:
    from torch import nn

    padding = (kernel[0] // 2, kernel[1] // 2)
    return nn.Sequential(
        nn.Conv2d(
            channels_in, channels_in, kernel, stride, padding, groups=channels_in, bias=False
        ),
        nn.BatchNorm2d(channels_in),
        nn.ReLU(),
        nn.Conv2d(channels_in, channels_out, 1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


# --- the exercises, in the order of the notebook ------------------------------------------------

PROBLEM_SET = ProblemSet(
    id="ps02_convolution",
    title="Convolution",
    chapter=CHAPTER,
    exercises=(
        Exercise(
            id="output_size",
            title="How big is what comes out?",
            points=2,
            objective="Predict the size of a convolution's output for any geometry.",
            section=section("conv-output-size"),
            reference=output_size,
            cases=draw_sizes,
            tolerance=EXACT,
            hints={
                "stride 1, no padding": "Write down the places where the window's first row may "
                "stand, for 5 rows and a kernel of 3, and count them.",
                "padding": "The padding stands on both sides of the image.",
                "stride": "A window that would hang over the edge is not taken. Count the first "
                "window, then the whole strides that still fit after it.",
                "dilation": "How far apart are the first and the last tap of a dilated kernel? "
                "Draw 3 taps with dilation 2.",
            },
        ),
        Exercise(
            id="camera_layer",
            title="The camera and the grid",
            points=2,
            objective="Choose kernel, stride and padding for a wanted output size.",
            section=section("conv-output-size"),
            kind="answer",
            reference={"kernel": 17, "stride": 16, "padding": 1},
            driver=read_layer,
            tolerance=EXACT,
            hints={
                "values": "Let your output_size check the 30 × 40. No pixel may be skipped: what "
                "does that say about kernel and stride? Then find the smallest padding.",
            },
        ),
        Exercise(
            id="conv2d_forward",
            title="The layer, forward",
            points=4,
            objective="Implement a convolutional layer with channels, stride, padding and bias.",
            section=section("conv-layer"),
            reference=forward,
            cases=draw_forward,
            driver=output_and_dtype,
            weights={"stride 1, no padding": 2},
            hints={
                "stride 1, no padding": "Run it on the worked example by hand, one window. Is the "
                "kernel the right way round? Compare *Which way round is the kernel?*",
                "several images and channels": "One kernel reads all C channels and writes one "
                "map: which axes are summed, and which stay?",
                "padding": "padding = (rows, columns): zeros above and below, left and right.",
                "stride": "Window (i, j) starts at (i · stride[0], j · stride[1]).",
                "bias": "One number a kernel, added once to its whole map.",
                "float32 stays float32": "np.zeros makes float64 unless it is told a dtype.",
            },
        ),
        Exercise(
            id="convolution_matrix",
            title="Which matrix is it?",
            points=4,
            objective="Formalize the convolution matrix for any size, padding and stride.",
            section=section("conv-matrix"),
            reference=matrix,
            cases=draw_matrices,
            driver=as_dense,
            builds_on=("output_size",),
            weights={"stride 1, no padding": 2},
            hints={
                "stride 1, no padding": "One row an output pixel, one column an image pixel. Put "
                "row 0 back into the image's shape: you should see the kernel in its corner.",
                "padding": "Padding has no column. A tap that falls on it is just left out.",
                "stride": "Row (i, j) of the matrix: where does window (i, j) start?",
                "stride and padding": "First the window's start, then which of its taps lie inside "
                "the image.",
            },
        ),
        Exercise(
            id="convolution_matrix_channels",
            title="The matrix of a whole layer",
            points=3,
            objective="Define the convolution matrix in the general case of many channels.",
            section=section("conv-matrix-multichannel"),
            reference=channel_matrix,
            cases=draw_channel_matrices,
            driver=as_dense,
            builds_on=("convolution_matrix",),
            hints={
                "several input channels": "The flattened input is channel 0, then channel 1, … "
                "Which columns belong to channel c?",
                "several kernels": "The flattened output is map 0, then map 1, … Which rows belong "
                "to map k?",
                "several of both": "Block (k, c) is the one-channel matrix of w[k, c].",
                "stride and padding": "Each block is the matrix of exercise 4, with the same "
                "stride and padding.",
            },
        ),
        Exercise(
            id="recover_filter",
            title="Which filter was it?",
            points=3,
            objective="Recover an image filter from a picture and its answer, by least squares.",
            section=section("conv-im2col"),
            reference=recover_filter,
            cases=draw_filtered,
            hints={
                "blur, sharpen, edges": "Each window gives one equation: its pixels times the "
                "unknown weights make one filtered pixel. Compare *Nine numbers and a cat*.",
                "any kernel": "Is the kernel the right way round, and were windows and answers "
                "listed in the same order? Compare *The other matrix*.",
                "not square": "size is (rows, columns), and the weights were flattened like the "
                "windows: row by row.",
                "noise": "No kernel fits every equation any more. Use all of them and make the sum "
                "of the squared misses as small as it gets.",
            },
        ),
        Exercise(
            id="conv2d_backward",
            title="The layer, backward",
            points=5,
            objective="Derive and implement the three gradients of a convolutional layer.",
            section=section("conv-backward"),
            reference=backward,
            cases=draw_backward,
            driver=one_gradient,
            hints={
                "db": "b[k] is added to every pixel of map k in every image of the batch.",
                "dw, stride 1": "One weight meets one pixel in every window: sum over windows and "
                "images, of the padded image.",
                "dw, larger stride": "Which pixel did weight (r, t) meet in window (i, j) when the "
                "stride was not 1?",
                "dx, stride 1": "Follow one pixel: every window that saw it sends something back, "
                "through the weight it was seen with. Sum them.",
                "dx, padding": "The padding received gradient, too. Nobody asked for it.",
                "dx, larger stride": "dx has the shape of x, also where no window looked: the "
                "gradient there is zero.",
            },
        ),
        Exercise(
            id="transposed_output_size",
            title="How big is what comes back?",
            points=2,
            objective="Give the output size of a transposed convolution.",
            section=section("conv-transposed-size"),
            reference=transposed_output_size,
            cases=draw_transposed_sizes,
            tolerance=EXACT,
            hints={
                "stride 1, no padding": "Each input pixel stamps one kernel. Where does the last "
                "stamp end?",
                "padding": "What a convolution pads, its transpose cuts off again, on both sides.",
                "stride": "Consecutive stamps stand one stride apart: how many strides lie "
                "between the first and the last?",
                "output padding": "Output padding lengthens one side only, the lower and right.",
            },
        ),
        Exercise(
            id="output_padding",
            title="The way back is not unique",
            points=2,
            objective="See that several sizes have one convolved size, and choose between them.",
            section=section("conv-transposed-size"),
            reference=output_padding,
            cases=draw_output_paddings,
            tolerance=EXACT,
            hints={
                "no padding": "How many pixels at the far edge does no window reach? Those are the "
                "pixels that the way back forgets.",
                "padding": "The windows slide over the padded image: count there.",
            },
        ),
        Exercise(
            id="conv_transpose2d",
            title="The transposed convolution, directly",
            points=4,
            objective="Implement the transposed convolution by stamping, without its matrix.",
            section=section("conv-transposed"),
            reference=conv_transpose,
            cases=draw_conv_transpose,
            builds_on=("transposed_output_size",),
            hints={
                "stride 1, no padding": "Stamp the kernel once a pixel; where stamps overlap, they "
                "add. The kernel is stamped as it is.",
                "stride": "Pixel (i, j) stamps at (i · stride[0], j · stride[1]).",
                "padding": "Stamp on a large canvas first, then cut padding off all four sides.",
                "output padding": "Output padding cuts less from the bottom and the right. What "
                "was stamped there stays.",
                "several channels": "w is (C, K, R, S): the first axis belongs to the input. Sum "
                "over it.",
            },
        ),
        Exercise(
            id="checkerboard",
            title="A flat wall",
            points=2,
            objective="Predict the checkerboard of a transposed convolution from its kernel.",
            section=section("conv-checkerboard"),
            reference=checkerboard,
            cases=draw_walls,
            hints={
                "the stride divides the kernel": "Which weights land on one pixel? Their places in "
                "the kernel differ by whole strides. Compare *Checkerboards*.",
                "the stride does not divide it": "Do it for one row, 3 taps and stride 2: two of "
                "the weights meet in the even pixels. In the odd ones?",
                "another stride along each axis": "stride = (down, along): the tile has "
                "stride[0] rows and stride[1] columns.",
                "gaps between the stamps": "A pixel that no stamp reaches stays 0. The tile is as "
                "large as the stride, also when the kernel is smaller.",
            },
        ),
        Exercise(
            id="depthwise_separable_parameters",
            title="What a separable layer weighs",
            points=2,
            objective="Count the parameters of a depthwise-separable convolution.",
            section=section("conv-grouped"),
            reference=depthwise_separable_parameters,
            cases=draw_separable_sizes,
            tolerance=EXACT,
            hints={
                "one filter a channel": "Two layers, one after the other. How many input channels "
                "does one depthwise filter read?",
                "several filters a channel": "How many maps lie between the two layers?",
                "with biases": "Every map that a layer makes has a bias; both layers make maps.",
            },
        ),
        Exercise(
            id="one_by_one_macs",
            title="The 1 × 1 detour",
            points=2,
            objective="Count multiplications with and without a 1 × 1 bottleneck.",
            section=section("conv-one-by-one"),
            kind="answer",
            reference={"direct": DIRECT, "detour": DETOUR, "widest": WIDEST},
            cases=lambda rng: [Case((key,), part=key) for key in ("direct", "detour", "widest")],
            driver=read_count,
            tolerance=EXACT,
            hints={
                "direct": "Each output number of each map costs one multiplication per weight of "
                "its kernel.",
                "detour": "Two layers do the work: what each costs has to be paid.",
                "widest": "Write the cost of the detour as a function of its width b. It is a "
                "straight line.",
            },
        ),
        Exercise(
            id="compose",
            title="Two slides in one",
            points=2,
            objective="Compose two convolutions into the one kernel that does the work of both.",
            section=section("conv-factorized"),
            reference=compose,
            cases=draw_two_kernels,
            weights={"two 3 × 3": 2},
            hints={
                "two 3 × 3": "Through which pairs of weights can one pixel of the 5 × 5 window "
                "reach the answer? Multiply along each way, add up the ways. Compare "
                "*Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
                "other sizes": "How many pixels does a window of windows see along each axis?",
                "a column and a row": "Here each place is reached in one way only.",
            },
        ),
        Exercise(
            id="column_and_row",
            title="What a column and a row can keep",
            points=3,
            objective="Find the separable kernel nearest to a given one.",
            section=section("conv-factorized"),
            reference=column_and_row,
            cases=draw_products,
            driver=multiply_out,
            hints={
                "exactly a product": "Nothing should be left. Write Sobel's kernel as a column "
                "times a row by hand, and compare your product with it.",
                "any kernel": "The product is a matrix of rank 1, and you look for the nearest "
                "one. Compare *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
                "not square": "The column is as long as the kernel is high, the row as it is wide: "
                "(n, 1) and (1, m).",
            },
        ),
        Exercise(
            id="DepthwiseSeparable",
            title="MobileNet's block in PyTorch",
            points=4,
            objective="Build a depthwise-separable block as a module that trains.",
            section=section("conv-grouped"),
            kind="class",
            reference=depthwise_separable_block,
            cases=draw_blocks,
            driver=run_block,
            withhold=WITHHOLD_ROOMS,
            seconds=60.0,
            hints={
                "training, stride 1": "Convolution, normalization, ReLU, and the same once more. "
                "Which padding keeps the size at stride 1?",
                "training, larger stride": "Which of the two convolutions looks at neighbours? "
                "That one takes the stride.",
                "gradients": "The forward pass must be made of torch operations on the module's "
                "own parameters.",
                "evaluation": "Normalize by a module, so that .eval() reaches it.",
                "parameters": "List [tuple(p.shape) for p in block.parameters()]. A bias right "
                "before a normalization does nothing.",
            },
        ),
        Exercise(
            id="transpose_is_not_inverse",
            title="The transpose is not the inverse",
            points=4,
            objective="Tell the adjoint from the inverse by an example and a condition.",
            section=section("conv-transpose-not-inverse"),
            kind="written",
        ),
    ),
)
