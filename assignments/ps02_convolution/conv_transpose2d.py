"""The transposed convolution, directly.

Implement the transposed convolution by stamping, without its matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.convolution import conv_transpose2d_forward
from cvlib.grading.spec import Case, Exercise, Variants

from .common import TRANSPOSED, Pair, Rng, draw_transposed


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
    # more output padding than the padding cuts off: the result reaches past the last stamp
    far: dict[str, Any] = {"strides": (3, 4), "paddings": (0, 0), "outputs": (2, 4)}
    small, kernel, *rest = draw_transposed(rng, "output padding", **far)
    x, w = rng.normal(size=(1, 1, *small)), rng.normal(size=(1, 1, *kernel))
    yield Case((x, w, *rest), part="output padding")


def conv_transpose(x: Any, w: Any, stride: Pair, padding: Pair, output_padding: Pair) -> Any:
    out, _ = conv_transpose2d_forward(
        x, w, stride=stride, padding=padding, output_padding=output_padding
    )
    return out


variants = Variants()
EXERCISE = Exercise(
    id="conv_transpose2d",
    title="The transposed convolution, directly",
    objective="Implement the transposed convolution by stamping, without its matrix.",
    section="02_convolution#conv-transposed",
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
        "several channels": "w is (C, K, R, S): the first axis belongs to the input. Sum over it.",
    },
    variants=variants,
)


@variants.mutant(
    "Where stamps overlap, your last one wins. They add up: += in place of =. See "
    "*Transposed convolution: the way back*.",
)
def the_last_stamp_wins(x, w, stride, padding, output_padding):
    (sh, sw), (ph, pw), (rows, columns) = stride, padding, w.shape[2:]
    height, width = (x.shape[2] - 1) * sh + rows, (x.shape[3] - 1) * sw + columns
    canvas = np.zeros((len(x), w.shape[1], height + output_padding[0], width + output_padding[1]))
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            stamp = np.einsum("nc,ckrs->nkrs", x[:, :, i, j], w)
            canvas[:, :, i * sh : i * sh + rows, j * sw : j * sw + columns] = stamp
    return canvas[:, :, ph : canvas.shape[2] - ph, pw : canvas.shape[3] - pw]


def transposed(x: Any, w: Any, stride: Pair, padding: Pair, output_padding: Pair) -> np.ndarray:
    return conv_transpose2d_forward(
        x, w, stride=stride, padding=padding, output_padding=output_padding
    )[0]


@variants.mutant(
    "You stamped the kernel upside down. The transposed matrix reads the same weights by columns: "
    "pixel (i, j) stamps w as it is. See *Transposed convolution: the way back*.",
)
def stamps_upside_down(x, w, stride, padding, output_padding):
    return transposed(x, w[:, :, ::-1, ::-1], stride, padding, output_padding)


@variants.mutant(
    "You put zeros around the result. What a convolution pads on, its transpose cuts off. See "
    "*Transposed convolution: the way back*.",
)
def pads_the_result(x, w, stride, padding, output_padding):
    out = transposed(x, w, stride, (0, 0), output_padding)
    return np.pad(out, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


@variants.mutant(
    "You cut the padding first and added zeros for the output padding. It means to cut less: the "
    "pixels stamped there are kept. See *How big is what comes back?*",
)
def appends_zeros(x, w, stride, padding, output_padding):
    (sh, sw), (ph, pw), (rows, columns) = stride, padding, w.shape[2:]
    height, width = (x.shape[2] - 1) * sh + rows, (x.shape[3] - 1) * sw + columns
    canvas = np.zeros((len(x), w.shape[1], height, width))
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            stamp = np.einsum("nc,ckrs->nkrs", x[:, :, i, j], w)
            canvas[:, :, i * sh : i * sh + rows, j * sw : j * sw + columns] += stamp
    cut = canvas[:, :, ph : height - ph, pw : width - pw]
    return np.pad(cut, ((0, 0), (0, 0), (0, output_padding[0]), (0, output_padding[1])))


@variants.mutant(
    "Your output padding is above and on the left. It lengthens the lower and the right side. See "
    "*How big is what comes back?*",
)
def lengthens_the_wrong_side(x, w, stride, padding, output_padding):
    large = transposed(x, w, stride, (0, 0), (0, 0))
    (eh, ew), (ph, pw) = output_padding, padding
    large = np.pad(large, ((0, 0), (0, 0), (eh, 0), (ew, 0)))
    return large[:, :, ph : large.shape[2] - ph, pw : large.shape[3] - pw]


@variants.mutant(
    "You put `stride` zeros between the pixels. Neighbouring pixels end up one stride apart when "
    "there are stride − 1 zeros between them. See *Transposed convolution: the way back*.",
)
def one_zero_too_many(x, w, stride, padding, output_padding):
    return transposed(x, w, (stride[0] + 1, stride[1] + 1), padding, output_padding)


@variants.mutant(
    "You read w as (outputs, inputs, R, S), as in a convolution. It is the same array read from "
    "the other side: (C, K, R, S), and the sum runs over the first axis. See *Transposed "
    "convolution: the way back*.",
)
def reads_w_the_other_way(x, w, stride, padding, output_padding):
    return transposed(x, w.transpose(1, 0, 2, 3), stride, padding, output_padding)


@variants.mutant(
    "You divided by how many stamps cover each pixel. That would hide the checkerboard, but it is "
    "another operation: Aᵀ only sums. See *Checkerboards*.",
)
def averages_the_overlap(x, w, stride, padding, output_padding):
    ones = np.ones((1, 1, *x.shape[2:])), np.ones((1, 1, *w.shape[2:]))
    cover = transposed(*ones, stride, padding, output_padding)
    return transposed(x, w, stride, padding, output_padding) / np.maximum(cover, 1)


@variants.mutant(
    "You averaged over the channels that come in. Their maps are summed. See *Transposed "
    "convolution: the way back*.",
)
def averages_the_channels(x, w, stride, padding, output_padding):
    return transposed(x, w / len(w), stride, padding, output_padding)


@variants.mutant(
    "You stamped the first channel only. Each channel has kernels of its own, and the maps are "
    "sums over all channels. See *Transposed convolution: the way back*.",
)
def first_channel_only(x, w, stride, padding, output_padding):
    return transposed(x[:, :1], w[:1], stride, padding, output_padding)


@variants.mutant(
    "Your stamps stand one pixel apart. Pixel (i, j) stamps at (i · stride[0], j · stride[1]). See "
    "*Transposed convolution: the way back*.",
)
def stamps_side_by_side(x, w, stride, padding, output_padding):
    return transposed(x, w, (1, 1), padding, output_padding)


@variants.alternative
def stamp_by_stamp(x, w, stride, padding, output_padding):
    rows, columns = w.shape[2:]
    (sh, sw), (ph, pw), (eh, ew) = stride, padding, output_padding
    height, width = (x.shape[2] - 1) * sh + rows, (x.shape[3] - 1) * sw + columns
    canvas = np.zeros((len(x), w.shape[1], height + eh, width + ew))
    for n, c, i, j in np.ndindex(*x.shape):
        canvas[n, :, i * sh : i * sh + rows, j * sw : j * sw + columns] += x[n, c, i, j] * w[c]
    return canvas[:, :, ph : height + eh - ph, pw : width + ew - pw]


@variants.alternative
def zeros_between_and_convolve(x, w, stride, padding, output_padding):
    rows, columns = w.shape[2:]
    spread_h, spread_w = ((n - 1) * s + 1 for n, s in zip(x.shape[2:], stride, strict=True))
    spread = np.zeros((*x.shape[:2], spread_h, spread_w))
    spread[:, :, :: stride[0], :: stride[1]] = x
    (eh, ew), (ph, pw) = output_padding, padding
    spread = np.pad(
        spread, ((0, 0), (0, 0), (rows - 1, rows - 1 + eh), (columns - 1, columns - 1 + ew))
    )
    view = np.lib.stride_tricks.sliding_window_view(spread, (rows, columns), axis=(2, 3))
    out = np.einsum("ncijrs,ckrs->nkij", view, w[:, :, ::-1, ::-1])
    return out[:, :, ph : out.shape[2] - ph, pw : out.shape[3] - pw]


@variants.alternative
def through_the_matrix(x, w, stride, padding, output_padding):
    height, width = (
        (n - 1) * s + k - 2 * p + e
        for n, s, k, p, e in zip(
            x.shape[2:], stride, w.shape[2:], padding, output_padding, strict=True
        )
    )
    out = np.zeros((len(x), w.shape[1], height, width))
    for k in range(w.shape[1]):
        for c in range(len(w)):
            matrix = np.zeros((x[0, 0].size, height * width))
            for row, (i, j) in enumerate(np.ndindex(*x.shape[2:])):
                for r, s in np.ndindex(*w.shape[2:]):
                    y, z = i * stride[0] + r - padding[0], j * stride[1] + s - padding[1]
                    if 0 <= y < height and 0 <= z < width:
                        matrix[row, y * width + z] = w[c, k, r, s]
            for n in range(len(x)):
                out[n, k] += (matrix.T @ x[n, c].ravel()).reshape(height, width)
    return out
