"""The layer, forward: implement a convolutional layer with channels, stride, padding and bias."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.convolution import conv2d_forward
from cvlib.grading.spec import Case, Exercise, Variants

from .common import LAYERS, Rng, draw_layer, forward


def draw_forward(rng: Rng) -> Iterator[Case]:
    for part, options in LAYERS.items():
        x, w, stride, padding = draw_layer(rng, **options)
        b = np.zeros(len(w))
        if part == "bias":  # one of each sign, and they differ
            b = rng.permutation([1.0, -1.0, 1.0]) * rng.uniform([0.2, 0.2, 2.0], [1.5, 1.5, 3.0])
        if part != "the dtype stays":
            yield Case(("values", x, w, b, stride, padding), part=part)
            continue
        for dtype in (np.float32, np.float64):
            # small whole numbers: any order of summing is exact
            arrays = (np.round(2 * a).astype(dtype) for a in (x, w, b))
            yield Case(("dtype", *arrays, stride, padding), part=part)


def output_and_dtype(target, what, *args):
    import numpy as np

    out = target(*args)
    return (out, str(np.asarray(out).dtype)) if what == "dtype" else out


variants = Variants()
EXERCISE = Exercise(
    id="conv2d_forward",
    title="The layer, forward",
    objective="Implement a convolutional layer with channels, stride, padding and bias.",
    section="02_convolution#conv-layer",
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
        "the dtype stays": "np.zeros makes float64 unless it is told a dtype: what goes in as "
        "float32 comes out as float32, and float64 as float64.",
    },
    variants=variants,
)


@variants.mutant(
    "Your output is the right one for the kernel turned by 180°: you computed the mathematician's "
    "convolution, and a layer computes the cross-correlation. See *Which way round is the kernel?*",
)
def flips_the_kernel(x, w, b, stride, padding):
    (ph, pw), (sh, sw) = padding, stride
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    flipped = w[:, :, ::-1, ::-1]
    out = np.einsum("ncijrs,kcrs->nkij", windows[:, :, ::sh, ::sw], flipped)
    return out + b[:, None, None]


@variants.mutant(
    "You padded above and on the left only. Padding stands on all four sides, so each axis grows "
    "by 2p. See *The layer: channels, stride, padding*.",
)
def pads_top_left(x, w, b, stride, padding):
    x = np.pad(x, ((0, 0), (0, 0), (padding[0], 0), (padding[1], 0)))
    return conv2d_forward(x, w, b, stride=stride)[0]


@variants.mutant(
    "You padded by repeating the pixels at the border. Here the padding is zeros. See "
    "*The layer: channels, stride, padding*.",
)
def pads_with_the_edge(x, w, b, stride, padding):
    (ph, pw) = padding
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), mode="edge")
    return conv2d_forward(x, w, b, stride=stride)[0]


@variants.mutant(
    "Your strides are swapped: stride[0] goes down the rows, stride[1] along the columns. See "
    "*The layer: channels, stride, padding*.",
)
def swaps_the_strides(x, w, b, stride, padding):
    return conv2d_forward(x, w, b, stride=stride[::-1], padding=padding)[0]


@variants.mutant(
    "All is right but for the bias, which is missing: b[k] is added to every pixel of map k. See "
    "*The layer: channels, stride, padding*.",
)
def forgets_the_bias(x, w, b, stride, padding):
    return conv2d_forward(x, w, stride=stride, padding=padding)[0]


@variants.mutant(
    "Your bias came in once for each input channel. It belongs to the finished sum: add it once a "
    "kernel, after the sum over channels. See *The layer: channels, stride, padding*.",
)
def adds_the_bias_per_channel(x, w, b, stride, padding):
    return conv2d_forward(x, w, b * x.shape[1], stride=stride, padding=padding)[0]


@variants.mutant(
    "You averaged over the input channels. A kernel has weights of its own for each channel, and "
    "their products are summed. See *The layer: channels, stride, padding*.",
)
def averages_the_channels(x, w, b, stride, padding):
    return conv2d_forward(x, w / x.shape[1], b, stride=stride, padding=padding)[0]


@variants.mutant(
    "Every map of yours is made with the same slice of its kernel, the one for channel 0. A kernel "
    "is (C, R, S): each input channel meets weights of its own. See *The layer: channels, stride, "
    "padding*.",
)
def uses_one_slice_of_the_kernel(x, w, b, stride, padding):
    one_slice = np.repeat(w[:, :1], w.shape[1], axis=1)
    return conv2d_forward(x, one_slice, b, stride=stride, padding=padding)[0]


@variants.mutant(
    "The numbers are right, but float32 came in and float64 went out: twice the memory, and a slow "
    "path on a GPU. np.zeros takes a dtype. See *The layer: channels, stride, padding*.",
)
def leaks_float64(x, w, b, stride, padding):
    out = conv2d_forward(x, w, b, stride=stride, padding=padding)[0]
    return out.astype(np.float64)


@variants.mutant(
    "The numbers are right, but float32 comes out whatever went in. Keep the dtype of x: float64 "
    "stays float64. See *The layer: channels, stride, padding*.",
)
def always_float32(x, w, b, stride, padding):
    return conv2d_forward(x, w, b, stride=stride, padding=padding)[0].astype(np.float32)


@variants.mutant(
    "Your paddings are swapped: padding[0] stands above and below, padding[1] on the left and on "
    "the right. See *The layer: channels, stride, padding*.",
)
def swaps_the_paddings(x, w, b, stride, padding):
    return conv2d_forward(x, w, b, stride=stride, padding=padding[::-1])[0]


@variants.mutant(
    "You thinned out the image and then slid by one pixel. A window keeps all its pixels; it is "
    "the windows of which the stride takes some. See *The layer: channels, stride, padding*.",
)
def thins_out_the_image(x, w, b, stride, padding):
    (ph, pw), (sh, sw) = padding, stride
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    return conv2d_forward(padded[:, :, ::sh, ::sw], w, b)[0]


@variants.mutant(
    "All kernels got the bias of the first. There is one a kernel: b[k] for map k. See "
    "*The layer: channels, stride, padding*.",
)
def one_bias_for_all(x, w, b, stride, padding):
    return conv2d_forward(x, w, np.full_like(b, b[0]), stride=stride, padding=padding)[0]


@variants.alternative
def with_seven_loops(x, w, b, stride, padding):
    n_images, channels, height, width = x.shape
    kernels, _, rows, columns = w.shape
    out_h = (height + 2 * padding[0] - rows) // stride[0] + 1
    out_w = (width + 2 * padding[1] - columns) // stride[1] + 1
    out = np.zeros((n_images, kernels, out_h, out_w), dtype=x.dtype)
    for n in range(n_images):
        for k in range(kernels):
            for i in range(out_h):
                for j in range(out_w):
                    total = b[k]
                    for c in range(channels):
                        for r in range(rows):
                            for s in range(columns):
                                y = i * stride[0] + r - padding[0]
                                z = j * stride[1] + s - padding[1]
                                if 0 <= y < height and 0 <= z < width:
                                    total = total + x[n, c, y, z] * w[k, c, r, s]
                    out[n, k, i, j] = total
    return out


@variants.alternative
def as_one_product_of_matrices(x, w, b, stride, padding):
    (ph, pw), (sh, sw) = padding, stride
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::sh, ::sw].transpose(0, 2, 3, 1, 4, 5)
    columns = windows.reshape(*windows.shape[:3], -1)
    return (columns @ w.reshape(len(w), -1).T + b).transpose(0, 3, 1, 2)


@variants.alternative
def tap_by_tap(x, w, b, stride, padding):
    (ph, pw), (sh, sw) = padding, stride
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    rows, columns = w.shape[2:]
    out_h, out_w = (x.shape[2] - rows) // sh + 1, (x.shape[3] - columns) // sw + 1
    out = np.tile(b[:, None, None], (len(x), 1, out_h, out_w))
    for r in range(rows):
        for s in range(columns):
            seen = x[:, :, r : r + sh * out_h : sh, s : s + sw * out_w : sw]
            out += np.tensordot(w[:, :, r, s], seen, axes=(1, 1)).transpose(1, 0, 2, 3)
    return out
