"""Problem set 2, convolution: plausible wrong answers with their misconception; other right ones.

A mutant is written as its misconception: the reference, called in the way a student believes in.
The ones that are spelled out in NumPy can be pasted into a notebook as they stand.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from cvlib.convolution import (
    conv2d_backward,
    conv2d_forward,
    conv_transpose2d_forward,
    convolution_matrix,
)
from cvlib.grading.variants import Variants

Pair = tuple[int, int]
variants = Variants()
mutant, alternative = variants.mutant, variants.alternative


def along_each_axis(rule: Callable[..., int]) -> Callable[..., tuple[int, ...]]:
    """Apply a rule for one axis to pairs (rows, columns)."""

    @functools.wraps(rule)
    def sizes(*pairs: Pair) -> tuple[int, ...]:
        return tuple(rule(*axis) for axis in zip(*pairs, strict=True))

    return sizes


# --- output_size --------------------------------------------------------------------------------


@mutant(
    "output_size",
    "You added the padding once an axis. It stands on both sides of the image, so each axis grows "
    "by 2p. See *How big is what comes out?*",
)
@along_each_axis
def pads_one_side(n, k, s, p, d):
    return (n + p - d * (k - 1) - 1) // s + 1


@mutant(
    "output_size",
    "You rounded up. A last window that hangs over the edge is not taken, so the division rounds "
    "down. (Some pooling layers do round up, on request.) See *How big is what comes out?*",
)
@along_each_axis
def rounds_up(n, k, s, p, d):
    return -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1


@mutant(
    "output_size",
    "You counted the steps of the window, and there is one more window than there are steps: the "
    "one it started from. See *How big is what comes out?*",
)
@along_each_axis
def counts_steps(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s


@mutant(
    "output_size",
    "You added the 1 before dividing by the stride. The first window is there whatever the stride "
    "is: divide first, then add it. See *How big is what comes out?*",
)
@along_each_axis
def adds_one_first(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1)) // s


@mutant(
    "output_size",
    "All is right but for the dilation, which you left out: a dilated kernel reaches further than "
    "it has taps. See *Dilated: the same nine weights, further apart*.",
)
@along_each_axis
def ignores_dilation(n, k, s, p, d):
    return (n + 2 * p - k) // s + 1


@mutant(
    "output_size",
    "You took a dilated kernel to reach over d · k pixels. Between k taps there are k − 1 gaps: "
    "draw 3 taps with dilation 2 and count. See *Dilated: the same nine weights, further apart*.",
)
@along_each_axis
def dilates_every_tap(n, k, s, p, d):
    return (n + 2 * p - d * k) // s + 1


@mutant(
    "output_size",
    "Your numbers are right and in the wrong order: a size is (rows, columns), as in the shape of "
    "an array, not (width, height), as on a camera's box. See *How big is what comes out?*",
)
def width_first(image, kernel, stride, padding, dilation):
    return with_arrays(image, kernel, stride, padding, dilation)[::-1]


@alternative("output_size")
def counts_windows(image, kernel, stride, padding, dilation):
    sizes = []
    for axis in range(2):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        last = image[axis] + 2 * padding[axis] - reach
        sizes.append(len(range(0, last + 1, stride[axis])))
    return sizes


@alternative("output_size")
def with_arrays(image, kernel, stride, padding, dilation):
    n, k, s, p, d = map(np.array, (image, kernel, stride, padding, dilation))
    return np.floor((n + 2 * p - d * (k - 1) - 1) / s).astype(int) + 1


# --- camera_layer -------------------------------------------------------------------------------

variants.mutant_value(
    "camera_layer",
    "even_kernel",
    {"kernel": 16, "stride": 16, "padding": 0},
    "16 × 16 tiles fill the image and skip nothing, but the kernel was to be odd, so that it has a "
    "middle pixel. See *How big is what comes out?*",
)
variants.mutant_value(
    "camera_layer",
    "skips_pixels",
    {"kernel": 3, "stride": 16, "padding": 1},
    "The size is right, but a 3 × 3 window every 16 pixels looks at 9 pixels of 256 and is blind "
    "for the rest. A window that is narrower than its stride skips pixels. See "
    "*How big is what comes out?*",
)
variants.mutant_value(
    "camera_layer",
    "no_padding",
    {"kernel": 17, "stride": 16, "padding": 0},
    "Kernel and stride are right. Without padding the last window would hang over the edge, and "
    "29 × 39 windows are left. See *How big is what comes out?*",
)
variants.mutant_value(
    "camera_layer",
    "half_kernel_padding",
    {"kernel": 17, "stride": 16, "padding": 8},
    "Half the kernel is the padding that keeps the size at stride 1. It works here, too, but less "
    "is enough: every padded pixel is a made-up one. See *How big is what comes out?*",
)
variants.alternative_value(
    "camera_layer", "whole_floats", {"kernel": 17.0, "stride": 16.0, "padding": 1.0}
)
variants.alternative_value(
    "camera_layer",
    "numpy_integers",
    {"padding": np.int64(1), "stride": np.int64(16), "kernel": np.int64(17)},
)


# --- conv2d_forward -----------------------------------------------------------------------------


@mutant(
    "conv2d_forward",
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


@mutant(
    "conv2d_forward",
    "You padded above and on the left only. Padding stands on all four sides, so each axis grows "
    "by 2p. See *The layer: channels, stride, padding*.",
)
def pads_top_left(x, w, b, stride, padding):
    x = np.pad(x, ((0, 0), (0, 0), (padding[0], 0), (padding[1], 0)))
    return conv2d_forward(x, w, b, stride=stride)[0]


@mutant(
    "conv2d_forward",
    "You padded by repeating the pixels at the border. Here the padding is zeros. See "
    "*The layer: channels, stride, padding*.",
)
def pads_with_the_edge(x, w, b, stride, padding):
    (ph, pw) = padding
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), mode="edge")
    return conv2d_forward(x, w, b, stride=stride)[0]


@mutant(
    "conv2d_forward",
    "Your strides are swapped: stride[0] goes down the rows, stride[1] along the columns. See "
    "*The layer: channels, stride, padding*.",
)
def swaps_the_strides(x, w, b, stride, padding):
    return conv2d_forward(x, w, b, stride=stride[::-1], padding=padding)[0]


@mutant(
    "conv2d_forward",
    "All is right but for the bias, which is missing: b[k] is added to every pixel of map k. See "
    "*The layer: channels, stride, padding*.",
)
def forgets_the_bias(x, w, b, stride, padding):
    return conv2d_forward(x, w, stride=stride, padding=padding)[0]


@mutant(
    "conv2d_forward",
    "Your bias came in once for each input channel. It belongs to the finished sum: add it once a "
    "kernel, after the sum over channels. See *The layer: channels, stride, padding*.",
)
def adds_the_bias_per_channel(x, w, b, stride, padding):
    return conv2d_forward(x, w, b * x.shape[1], stride=stride, padding=padding)[0]


@mutant(
    "conv2d_forward",
    "You averaged over the input channels. A kernel has weights of its own for each channel, and "
    "their products are summed. See *The layer: channels, stride, padding*.",
)
def averages_the_channels(x, w, b, stride, padding):
    return conv2d_forward(x, w / x.shape[1], b, stride=stride, padding=padding)[0]


@mutant(
    "conv2d_forward",
    "Every map of yours is made with the same slice of its kernel, the one for channel 0. A kernel "
    "is (C, R, S): each input channel meets weights of its own. See *The layer: channels, stride, "
    "padding*.",
)
def uses_one_slice_of_the_kernel(x, w, b, stride, padding):
    one_slice = np.repeat(w[:, :1], w.shape[1], axis=1)
    return conv2d_forward(x, one_slice, b, stride=stride, padding=padding)[0]


@mutant(
    "conv2d_forward",
    "The numbers are right, but float32 came in and float64 went out: twice the memory, and a slow "
    "path on a GPU. np.zeros takes a dtype. See *The layer: channels, stride, padding*.",
)
def leaks_float64(x, w, b, stride, padding):
    out = conv2d_forward(x, w, b, stride=stride, padding=padding)[0]
    return out.astype(np.float64)


@alternative("conv2d_forward")
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


@alternative("conv2d_forward")
def as_one_product_of_matrices(x, w, b, stride, padding):
    (ph, pw), (sh, sw) = padding, stride
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::sh, ::sw].transpose(0, 2, 3, 1, 4, 5)
    columns = windows.reshape(*windows.shape[:3], -1)
    return (columns @ w.reshape(len(w), -1).T + b).transpose(0, 3, 1, 2)


@alternative("conv2d_forward")
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


# --- conv2d_backward ----------------------------------------------------------------------------


@mutant(
    "conv2d_backward",
    "Your dw is averaged over the batch. The gradient of the loss is the sum over images; whether "
    "the loss is a mean is decided in dout. See *The backward pass, in one line each*.",
)
def dw_averages_the_batch(dout, x, w, stride, padding):
    (sh, sw), (ph, pw), (rows, columns) = stride, padding, dout.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for r, t in np.ndindex(*w.shape[2:]):
        seen = np.s_[:, :, r : r + sh * rows : sh, t : t + sw * columns : sw]
        dw[:, :, r, t] = np.einsum("nkij,ncij->kc", dout, padded[seen]) / len(x)
        dx[seen] += np.einsum("nkij,kc->ncij", dout, w[:, :, r, t])
    return dx[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], dw, dout.sum(axis=(0, 2, 3))


def gradients(dout: Any, x: Any, w: Any, stride: Pair, padding: Pair) -> tuple[Any, ...]:
    """The right gradients, for mutants that spoil one of them."""
    _, cache = conv2d_forward(x, w, np.zeros(len(w)), stride=stride, padding=padding)
    return conv2d_backward(dout, cache)


@mutant(
    "conv2d_backward",
    "dw and db are right. In dx each pixel got its gradient through the kernel turned by 180°: a "
    "pixel seen through w[r, t] gets it back through w[r, t]. See *The backward pass, in one line "
    "each*.",
)
def dx_through_the_flipped_kernel(dout, x, w, stride, padding):
    _, dw, db = gradients(dout, x, w, stride, padding)
    return gradients(dout, x, w[:, :, ::-1, ::-1], stride, padding)[0], dw, db


@mutant(
    "conv2d_backward",
    "In dx a later window overwrites what an earlier one had sent. A pixel seen by several windows "
    "gets the sum: += in place of =. See *The backward pass, in one line each*.",
)
def dx_overwrites(dout, x, w, stride, padding):
    _, dw, db = gradients(dout, x, w, stride, padding)
    (ph, pw), (sh, sw), (rows, columns) = padding, stride, w.shape[2:]
    dx = np.pad(np.zeros_like(x), ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            sent = np.einsum("nk,kcrs->ncrs", dout[:, :, i, j], w)
            dx[:, :, i * sh : i * sh + rows, j * sw : j * sw + columns] = sent
    return dx[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], dw, db


@mutant(
    "conv2d_backward",
    "Your dx has the shape of the padded image. The padding is not part of x: cut it off again. "
    "See *The backward pass, in one line each*.",
)
def dx_keeps_the_padding(dout, x, w, stride, padding):
    _, dw, db = gradients(dout, x, w, stride, padding)
    (ph, pw) = padding
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    return gradients(dout, padded, w, stride, (0, 0))[0], dw, db


@mutant(
    "conv2d_backward",
    "Your dx ends where the last window ends. A stride can leave pixels over; no window saw them, "
    "so their gradient is zero, but dx has the shape of x. See *The backward pass, in one line "
    "each*.",
)
def dx_loses_the_unused_pixels(dout, x, w, stride, padding):
    dx, dw, db = gradients(dout, x, w, stride, padding)
    rows, columns = (
        (o - 1) * s + k - 2 * p
        for o, s, k, p in zip(dout.shape[2:], stride, w.shape[2:], padding, strict=True)
    )
    return dx[:, :, :rows, :columns], dw, db


@mutant(
    "conv2d_backward",
    "Your dw is turned by 180°. The forward pass did not flip the kernel, so neither does its "
    "gradient. See *The backward pass, in one line each*.",
)
def dw_flipped(dout, x, w, stride, padding):
    dx, dw, db = gradients(dout, x, w, stride, padding)
    return dx, dw[:, :, ::-1, ::-1], db


@mutant(
    "conv2d_backward",
    "Your dw is right at stride 1 only: you let window (i, j) start at pixel (i, j), but it starts "
    "at (i · stride[0], j · stride[1]). See *The backward pass, in one line each*.",
)
def dw_forgets_the_stride(dout, x, w, stride, padding):
    dx, _, db = gradients(dout, x, w, stride, padding)
    (ph, pw), (rows, columns) = padding, w.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dw = np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            window = x[:, :, i : i + rows, j : j + columns]
            dw += np.einsum("nk,ncrs->kcrs", dout[:, :, i, j], window)
    return dx, dw, db


@mutant(
    "conv2d_backward",
    "Your db is a mean. b[k] moves every pixel of map k in every image, so its gradient is the sum "
    "of dout over images, rows and columns. See *The backward pass, in one line each*.",
)
def db_is_a_mean(dout, x, w, stride, padding):
    dx, dw, _ = gradients(dout, x, w, stride, padding)
    return dx, dw, dout.mean(axis=(0, 2, 3))


@mutant(
    "conv2d_backward",
    "Your db has one row an image. There is one bias a kernel for the whole batch: sum over the "
    "images, too. See *The backward pass, in one line each*.",
)
def db_for_each_image(dout, x, w, stride, padding):
    dx, dw, _ = gradients(dout, x, w, stride, padding)
    return dx, dw, dout.sum(axis=(2, 3))


@alternative("conv2d_backward")
def window_by_window(dout, x, w, stride, padding):
    (ph, pw), (sh, sw), (rows, columns) = padding, stride, w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros(len(w))
    for n in range(len(x)):
        for k in range(len(w)):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    here = np.s_[n, :, i * sh : i * sh + rows, j * sw : j * sw + columns]
                    dw[k] += dout[n, k, i, j] * padded[here]
                    dx[here] += dout[n, k, i, j] * w[k]
                    db[k] += dout[n, k, i, j]
    return dx[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], dw, list(db)


@alternative("conv2d_backward")
def as_convolutions(dout, x, w, stride, padding):
    def correlate(image, kernel, pattern):
        view = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[2:], axis=(2, 3))
        return np.einsum(pattern, view, kernel)

    rows, columns = w.shape[2:]
    height, width = x.shape[2] + 2 * padding[0], x.shape[3] + 2 * padding[1]
    spread = np.zeros((*dout.shape[:2], height - rows + 1, width - columns + 1))
    spread[:, :, :: stride[0], :: stride[1]] = dout
    margin = ((0, 0), (0, 0))
    padded = np.pad(x, (*margin, (padding[0],) * 2, (padding[1],) * 2))
    dw = correlate(padded, spread, "ncrsij,nkij->kcrs")
    full = np.pad(spread, (*margin, (rows - 1,) * 2, (columns - 1,) * 2))
    dx = correlate(full, w[:, :, ::-1, ::-1], "nkyxrs,kcrs->ncyx")
    dx = dx[:, :, padding[0] : height - padding[0], padding[1] : width - padding[1]]
    return dx, dw, np.einsum("nkij->k", dout)


# --- convolution_matrix -------------------------------------------------------------------------


@mutant(
    "convolution_matrix",
    "Your matrix belongs to the kernel turned by 180°: put row 0 back into the image's shape and "
    "see the kernel upside down in the corner. See *Which way round is the kernel?*",
)
def matrix_of_the_flipped_kernel(w, image, stride, padding):
    flipped = w[None, None, ::-1, ::-1]
    return convolution_matrix(flipped, (1, *image), stride=stride, padding=padding)


@mutant(
    "convolution_matrix",
    "You shifted every row by one column against the row above. At the end of an image row the "
    "window jumps: the step to the next row of windows is longer. See *Which matrix is it?*",
)
def shifts_every_row_by_one(w, image, stride, padding):
    right = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    first = right.toarray()[0]
    return np.array([np.roll(first, shift) for shift in range(right.shape[0])])


@mutant(
    "convolution_matrix",
    "You flattened column by column. Here flattening goes along the rows of the image, as "
    "reshape(-1) does. See *Which matrix is it?*",
)
def flattens_by_columns(w, image, stride, padding):
    right = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    rows = right.toarray().reshape(-1, *image)
    return rows.transpose(0, 2, 1).reshape(len(rows), -1)


@mutant(
    "convolution_matrix",
    "You built the transpose. The matrix acts from the left on the flattened image: one column an "
    "image pixel, one row an output pixel. See *Which matrix is it?*",
)
def is_the_transpose(w, image, stride, padding):
    matrix = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    return matrix.toarray().T


@mutant(
    "convolution_matrix",
    "Your matrix acts on the padded image. It should act on the image itself: the columns that "
    "belong to padding meet zeros and are left out. See *Which matrix is it?*",
)
def acts_on_the_padded_image(w, image, stride, padding):
    padded = (1, image[0] + 2 * padding[0], image[1] + 2 * padding[1])
    return convolution_matrix(w[None, None], padded, stride=stride)


@mutant(
    "convolution_matrix",
    "You swapped the axes of the stride: stride[0] goes down the rows, stride[1] along the "
    "columns. See *Which matrix is it?*",
)
def swaps_the_matrix_strides(w, image, stride, padding):
    return convolution_matrix(w[None, None], (1, *image), stride=stride[::-1], padding=padding)


@mutant(
    "convolution_matrix",
    "A tap that falls on the left or right padding wraps round in your matrix to a pixel of the "
    "neighbouring row. Test the row and the column of a tap, each for itself. See *Which matrix is "
    "it?*",
)
def wraps_round_the_edge(w, image, stride, padding):
    out_h = (image[0] + 2 * padding[0] - w.shape[0]) // stride[0] + 1
    out_w = (image[1] + 2 * padding[1] - w.shape[1]) // stride[1] + 1
    matrix = np.zeros((out_h * out_w, image[0] * image[1]))
    for i in range(out_h):
        for j in range(out_w):
            for r in range(w.shape[0]):
                for s in range(w.shape[1]):
                    y, x = i * stride[0] + r - padding[0], j * stride[1] + s - padding[1]
                    column = y * image[1] + x
                    if 0 <= column < matrix.shape[1]:
                        matrix[i * out_w + j, column] += w[r, s]
    return matrix


@alternative("convolution_matrix")
def column_by_column(w, image, stride, padding):
    columns = []
    for pixel in range(image[0] * image[1]):
        unit = np.zeros(image[0] * image[1])
        unit[pixel] = 1
        padded = np.pad(unit.reshape(image), ((padding[0],) * 2, (padding[1],) * 2))
        view = np.lib.stride_tricks.sliding_window_view(padded, w.shape)
        columns.append((view[:: stride[0], :: stride[1]] * w).sum(axis=(2, 3)).ravel())
    return np.array(columns).T


@alternative("convolution_matrix")
def as_a_sparse_matrix(w, image, stride, padding):
    from scipy.sparse import lil_array

    sizes = [
        (n + 2 * p - k) // s + 1 for n, k, s, p in zip(image, w.shape, stride, padding, strict=True)
    ]
    matrix = lil_array((sizes[0] * sizes[1], image[0] * image[1]))
    for row, (i, j) in enumerate(np.ndindex(*sizes)):
        for r, s in np.ndindex(*w.shape):
            y, x = i * stride[0] + r - padding[0], j * stride[1] + s - padding[1]
            if 0 <= y < image[0] and 0 <= x < image[1]:
                matrix[row, y * image[1] + x] = w[r, s]
    return matrix.tocsr()


# --- convolution_matrix_channels ----------------------------------------------------------------


@mutant(
    "convolution_matrix_channels",
    "Your columns are ordered pixel by pixel, with the channels of a pixel side by side. The "
    "flattened image is channel 0, then channel 1, … See *Many channels, one matrix*.",
)
def channels_last_in_the_columns(w, shape, stride, padding):
    channels, height, width = shape
    rows = (height + 2 * padding[0] - w.shape[2]) // stride[0] + 1
    columns = (width + 2 * padding[1] - w.shape[3]) // stride[1] + 1
    matrix = np.zeros((len(w), rows, columns, height, width, channels))
    for i, j in np.ndindex(rows, columns):
        for r, t in np.ndindex(*w.shape[2:]):
            y, x = i * stride[0] + r - padding[0], j * stride[1] + t - padding[1]
            if 0 <= y < height and 0 <= x < width:
                matrix[:, i, j, y, x] = w[:, :, r, t]
    return matrix.reshape(len(w) * rows * columns, -1)


def layer_matrix(w: Any, shape: Any, stride: Pair, padding: Pair) -> np.ndarray:
    return convolution_matrix(w, shape, stride=stride, padding=padding).toarray()


@mutant(
    "convolution_matrix_channels",
    "Your rows are ordered pixel by pixel, with all maps of a pixel side by side. The flattened "
    "output is map 0, then map 1, … See *Many channels, one matrix*.",
)
def channels_last_in_the_rows(w, shape, stride, padding):
    matrix = layer_matrix(w, shape, stride, padding)
    blocks = matrix.reshape(len(w), -1, matrix.shape[1])
    return blocks.transpose(1, 0, 2).reshape(matrix.shape)


@mutant(
    "convolution_matrix_channels",
    "Your blocks all come from the kernel's slice for channel 0. Block (k, c) is made of w[k, c]. "
    "See *Many channels, one matrix*.",
)
def one_slice_in_all_blocks(w, shape, stride, padding):
    return layer_matrix(np.repeat(w[:, :1], w.shape[1], axis=1), shape, stride, padding)


@mutant(
    "convolution_matrix_channels",
    "You put the channels' matrices on the diagonal, so that each channel gets a map of its own. "
    "That is a depthwise layer; here each map sums over all channels: the blocks of one kernel "
    "stand side by side. See *Many channels, one matrix*.",
)
def blocks_on_the_diagonal(w, shape, stride, padding):
    blocks = [
        [layer_matrix(w[k : k + 1, c : c + 1], (1, *shape[1:]), stride, padding) for c in range(n)]
        for k, n in enumerate([w.shape[1]] * len(w))
    ]
    return np.vstack(
        [
            np.hstack([b if c == d else np.zeros_like(b) for d in range(w.shape[1])])
            for row in blocks
            for c, b in enumerate(row)
        ]
    )


@mutant(
    "convolution_matrix_channels",
    "You added the matrices of the channels. What is added are their outputs, and each has an "
    "image of its own to act on: the blocks stand side by side. See *Many channels, one matrix*.",
)
def adds_the_blocks(w, shape, stride, padding):
    return layer_matrix(w.sum(axis=1, keepdims=True), (1, *shape[1:]), stride, padding)


@mutant(
    "convolution_matrix_channels",
    "You built the transpose: the input's channels belong to the columns, the output's maps to the "
    "rows. See *Many channels, one matrix*.",
)
def transposed_blocks(w, shape, stride, padding):
    return layer_matrix(w, shape, stride, padding).T


@alternative("convolution_matrix_channels")
def by_unit_images(w, shape, stride, padding):
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    units = np.pad(units, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    view = np.lib.stride_tricks.sliding_window_view(units, w.shape[2:], axis=(2, 3))
    out = np.einsum("ncijrs,kcrs->nkij", view[:, :, :: stride[0], :: stride[1]], w)
    return out.reshape(len(units), -1).T


@alternative("convolution_matrix_channels")
def entry_by_entry(w, shape, stride, padding):
    from scipy.sparse import csr_array

    sizes = [
        (n + 2 * p - k) // s + 1
        for n, k, s, p in zip(shape[1:], w.shape[2:], stride, padding, strict=True)
    ]
    rows, columns, values = [], [], []
    for k, i, j in np.ndindex(len(w), *sizes):
        for c, r, s in np.ndindex(*w.shape[1:]):
            y, x = i * stride[0] + r - padding[0], j * stride[1] + s - padding[1]
            if 0 <= y < shape[1] and 0 <= x < shape[2]:
                rows.append((k * sizes[0] + i) * sizes[1] + j)
                columns.append((c * shape[1] + y) * shape[2] + x)
                values.append(w[k, c, r, s])
    size = (len(w) * sizes[0] * sizes[1], int(np.prod(shape)))
    return csr_array((values, (rows, columns)), shape=size)


# --- recover_filter -----------------------------------------------------------------------------


def pixels_by_weights(image: Any, size: Pair) -> np.ndarray:
    """M with M @ w.ravel() == filtered.ravel(), for mutants that spoil what is done with it."""
    windows = np.lib.stride_tricks.sliding_window_view(image, size)
    return windows.reshape(-1, size[0] * size[1])


def solved(image: Any, filtered: Any, size: Pair) -> np.ndarray:
    matrix = pixels_by_weights(image, size)
    return np.linalg.lstsq(matrix, filtered.ravel(), rcond=None)[0].reshape(size)


@mutant(
    "recover_filter",
    "Your kernel is the right one turned by 180°. The picture was filtered as a network does it, "
    "without turning: weight (r, t) meets pixel (i + r, j + t). See *Which way round is the "
    "kernel?*",
)
def recovers_it_turned(image, filtered, size):
    return solved(image, filtered, size)[::-1, ::-1]


@mutant(
    "recover_filter",
    "You read each window column by column, so the weights came out in that order, too. Flatten "
    "the window row by row, or put the weights back as you took them out. See *The other matrix*.",
)
def windows_flattened_by_columns(image, filtered, size):
    return solved(image, filtered, size).reshape(-1).reshape(size, order="F")


@mutant(
    "recover_filter",
    "You listed the windows down the columns of the picture and the answers along its rows, so "
    "each equation got another one's right-hand side. See *The other matrix*.",
)
def windows_listed_by_columns(image, filtered, size):
    windows = np.lib.stride_tricks.sliding_window_view(image, size).swapaxes(0, 1)
    matrix = windows.reshape(-1, size[0] * size[1])
    return np.linalg.lstsq(matrix, filtered.reshape(-1), rcond=None)[0].reshape(size)


@mutant(
    "recover_filter",
    "As many windows as weights are enough as long as every number is exact. With noise, those few "
    "are believed to the letter: ask all windows and take the least squares. See *The other "
    "matrix*.",
)
def first_windows_only(image, filtered, size):
    count = size[0] * size[1]
    windows = np.lib.stride_tricks.sliding_window_view(image, size).reshape(-1, count)
    return np.linalg.solve(windows[:count], filtered.reshape(-1)[:count]).reshape(size)


@mutant(
    "recover_filter",
    "You computed Mᵀy. That is what the backward pass sends to the weights, a direction and not "
    "yet the answer: the least squares solve MᵀM w = Mᵀy. See *The other matrix*.",
)
def correlates_only(image, filtered, size):
    return (pixels_by_weights(image, size).T @ filtered.ravel()).reshape(size)


@mutant(
    "recover_filter",
    "You fitted every weight by itself, as if the others were zero. Neighbouring pixels are alike, "
    "so each weight claims what the others did: solve for all of them at once. See *The other "
    "matrix*.",
)
def one_weight_at_a_time(image, filtered, size):
    matrix = pixels_by_weights(image, size)
    return (matrix.T @ filtered.ravel() / (matrix**2).sum(axis=0)).reshape(size)


@mutant(
    "recover_filter",
    "You let the filter add a constant as well, or took the means off first. This filter has no "
    "bias, and with noise the spare unknown draws some of it in. See *The other matrix*.",
)
def fits_a_bias_too(image, filtered, size):
    matrix = pixels_by_weights(image, size)
    matrix = np.hstack([matrix, np.ones((len(matrix), 1))])
    return np.linalg.lstsq(matrix, filtered.ravel(), rcond=None)[0][:-1].reshape(size)


@alternative("recover_filter")
def normal_equations(image, filtered, size):
    rows, columns = filtered.shape
    taps = [image[r : r + rows, t : t + columns] for r in range(size[0]) for t in range(size[1])]
    gram = [[(a * b).sum() for b in taps] for a in taps]
    return np.linalg.solve(gram, [(a * filtered).sum() for a in taps]).reshape(size)


@alternative("recover_filter")
def window_after_window(image, filtered, size):
    equations = []
    for i in range(len(filtered)):
        for j in range(len(filtered[0])):
            equations.append(image[i : i + size[0], j : j + size[1]].flatten())
    weights = np.linalg.pinv(np.array(equations)) @ filtered.flatten()
    return weights.reshape(size).tolist()


# --- transposed_output_size ---------------------------------------------------------------------


@mutant(
    "transposed_output_size",
    "You used the formula of the convolution. The transposed convolution goes the other way: from "
    "the small map to the large one. See *How big is what comes back?*",
)
@along_each_axis
def the_formula_forward(n, k, s, p, e):
    return (n + 2 * p - k) // s + 1 + e


@mutant(
    "transposed_output_size",
    "You multiplied the size by the stride. That is what people say, and it is right only when "
    "kernel − 2 · padding + output padding happens to equal the stride. See "
    "*How big is what comes back?*",
)
@along_each_axis
def size_times_stride(n, k, s, p, e):
    return n * s


@mutant(
    "transposed_output_size",
    "You added the padding. What the convolution pads on, its transpose cuts off: the result gets "
    "smaller by 2p. See *How big is what comes back?*",
)
@along_each_axis
def padding_makes_it_larger(n, k, s, p, e):
    return (n - 1) * s + k + 2 * p + e


@mutant(
    "transposed_output_size",
    "You cut the padding from one side only; it comes off both. See *How big is what comes back?*",
)
@along_each_axis
def cuts_one_side(n, k, s, p, e):
    return (n - 1) * s + k - p + e


@mutant(
    "transposed_output_size",
    "You left n strides between n stamps; there are n − 1. See *How big is what comes back?*",
)
@along_each_axis
def one_stride_too_many(n, k, s, p, e):
    return n * s + k - 2 * p + e


@mutant(
    "transposed_output_size",
    "All is right but for the output padding: it lengthens the result, on one side, by as much as "
    "it says. See *How big is what comes back?*",
)
@along_each_axis
def ignores_output_padding(n, k, s, p, e):
    return (n - 1) * s + k - 2 * p


@mutant(
    "transposed_output_size",
    "You counted the output padding twice, like padding. It is added at the far side only. See "
    "*How big is what comes back?*",
)
@along_each_axis
def output_padding_on_both_sides(n, k, s, p, e):
    return (n - 1) * s + k - 2 * p + 2 * e


@alternative("transposed_output_size")
def where_the_last_stamp_ends(small, kernel, stride, padding, output_padding):
    sizes = []
    for axis in range(2):
        ends = [i * stride[axis] + kernel[axis] for i in range(small[axis])]
        sizes.append(max(ends) - 2 * padding[axis] + output_padding[axis])
    return sizes


@alternative("transposed_output_size")
def by_searching_the_convolution(small, kernel, stride, padding, output_padding):
    sizes = []
    for n, k, s, p, e in zip(small, kernel, stride, padding, output_padding, strict=True):
        smallest = next(m for m in range(1, 10_000) if (m + 2 * p - k) // s + 1 == n)
        sizes.append(float(smallest + e))
    return tuple(sizes)


# --- output_padding -----------------------------------------------------------------------------


@mutant(
    "output_padding",
    "You always answer 0. With a stride, up to s sizes have the same convolved size, and without "
    "output padding only the smallest of them comes back. See *How big is what comes back?*",
)
def never_any(large, kernel, stride, padding):
    return 0, 0


@mutant(
    "output_padding",
    "You asked how much of the image is left over when it is cut into strides. Count from the last "
    "window's end: the kernel and the padding decide, too. See *How big is what comes back?*",
)
@along_each_axis
def remainder_of_the_size(n, k, s, p):
    return n % s


@mutant(
    "output_padding",
    "Right without padding. The windows slide over the padded image, so the pixels left over are "
    "left over there. See *How big is what comes back?*",
)
@along_each_axis
def forgets_the_padding(n, k, s, p):
    return (n - k) % s


@mutant(
    "output_padding",
    "You counted the padding once an axis; it stands on both sides. See "
    "*How big is what comes back?*",
)
@along_each_axis
def padding_once(n, k, s, p):
    return (n + p - k) % s


@mutant(
    "output_padding",
    "You answered how many pixels are missing for one more window. Wanted are the pixels that are "
    "left over after the last one. See *How big is what comes back?*",
)
@along_each_axis
def missing_for_one_more(n, k, s, p):
    return -(n + 2 * p - k) % s


@mutant(
    "output_padding",
    "Your two numbers are right and swapped: rows first, then columns. See "
    "*How big is what comes back?*",
)
def columns_first(large, kernel, stride, padding):
    return there_and_back(large, kernel, stride, padding)[::-1]


@alternative("output_padding")
def there_and_back(large, kernel, stride, padding):
    extra = []
    for n, k, s, p in zip(large, kernel, stride, padding, strict=True):
        small = (n + 2 * p - k) // s + 1
        extra.append(n - ((small - 1) * s + k - 2 * p))
    return extra


@alternative("output_padding")
def try_them_all(large, kernel, stride, padding):
    found = []
    for axis in range(2):
        free = large[axis] + 2 * padding[axis] - kernel[axis]
        found.append(min(e for e in range(stride[axis]) if (free - e) % stride[axis] == 0))
    return np.array(found)


# --- conv_transpose2d ---------------------------------------------------------------------------


@mutant(
    "conv_transpose2d",
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


@mutant(
    "conv_transpose2d",
    "You stamped the kernel upside down. The transposed matrix reads the same weights by columns: "
    "pixel (i, j) stamps w as it is. See *Transposed convolution: the way back*.",
)
def stamps_upside_down(x, w, stride, padding, output_padding):
    return transposed(x, w[:, :, ::-1, ::-1], stride, padding, output_padding)


@mutant(
    "conv_transpose2d",
    "You put zeros around the result. What a convolution pads on, its transpose cuts off. See "
    "*Transposed convolution: the way back*.",
)
def pads_the_result(x, w, stride, padding, output_padding):
    out = transposed(x, w, stride, (0, 0), output_padding)
    return np.pad(out, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


@mutant(
    "conv_transpose2d",
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


@mutant(
    "conv_transpose2d",
    "Your output padding is above and on the left. It lengthens the lower and the right side. See "
    "*How big is what comes back?*",
)
def lengthens_the_wrong_side(x, w, stride, padding, output_padding):
    large = transposed(x, w, stride, (0, 0), (0, 0))
    (eh, ew), (ph, pw) = output_padding, padding
    large = np.pad(large, ((0, 0), (0, 0), (eh, 0), (ew, 0)))
    return large[:, :, ph : large.shape[2] - ph, pw : large.shape[3] - pw]


@mutant(
    "conv_transpose2d",
    "You put `stride` zeros between the pixels. Neighbouring pixels end up one stride apart when "
    "there are stride − 1 zeros between them. See *Transposed convolution: the way back*.",
)
def one_zero_too_many(x, w, stride, padding, output_padding):
    return transposed(x, w, (stride[0] + 1, stride[1] + 1), padding, output_padding)


@mutant(
    "conv_transpose2d",
    "You read w as (outputs, inputs, R, S), as in a convolution. It is the same array read from "
    "the other side: (C, K, R, S), and the sum runs over the first axis. See *Transposed "
    "convolution: the way back*.",
)
def reads_w_the_other_way(x, w, stride, padding, output_padding):
    return transposed(x, w.transpose(1, 0, 2, 3), stride, padding, output_padding)


@mutant(
    "conv_transpose2d",
    "You divided by how many stamps cover each pixel. That would hide the checkerboard, but it is "
    "another operation: Aᵀ only sums. See *Checkerboards*.",
)
def averages_the_overlap(x, w, stride, padding, output_padding):
    ones = np.ones((1, 1, *x.shape[2:])), np.ones((1, 1, *w.shape[2:]))
    cover = transposed(*ones, stride, padding, output_padding)
    return transposed(x, w, stride, padding, output_padding) / np.maximum(cover, 1)


@alternative("conv_transpose2d")
def stamp_by_stamp(x, w, stride, padding, output_padding):
    rows, columns = w.shape[2:]
    (sh, sw), (ph, pw), (eh, ew) = stride, padding, output_padding
    height, width = (x.shape[2] - 1) * sh + rows, (x.shape[3] - 1) * sw + columns
    canvas = np.zeros((len(x), w.shape[1], height + eh, width + ew))
    for n, c, i, j in np.ndindex(*x.shape):
        canvas[n, :, i * sh : i * sh + rows, j * sw : j * sw + columns] += x[n, c, i, j] * w[c]
    return canvas[:, :, ph : height + eh - ph, pw : width + ew - pw]


@alternative("conv_transpose2d")
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


@alternative("conv_transpose2d")
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


# --- checkerboard -------------------------------------------------------------------------------


def phase_sums(w: Any, stride: Pair) -> np.ndarray:
    return np.array(
        [[w[a :: stride[0], b :: stride[1]].sum() for b in range(stride[1])]
         for a in range(stride[0])]
    )  # fmt: skip


@mutant(
    "checkerboard",
    "You gave every pixel the sum of the whole kernel. That is so at stride 1; with a larger "
    "stride a pixel meets only the weights of its own phase. See *Checkerboards*.",
)
def the_whole_sum_everywhere(w, stride):
    return np.full(stride, w.sum())


@mutant(
    "checkerboard",
    "You counted the stamps on each pixel. It matters with which weight they land there: sum the "
    "weights. Equal counts alone do not make a flat wall. See *Checkerboards*.",
)
def counts_the_stamps(w, stride):
    return phase_sums(np.ones_like(w), stride)


@mutant(
    "checkerboard",
    "You averaged the stamps on each pixel. Where stamps overlap they add up. See *Checkerboards*.",
)
def averages_the_stamps(w, stride):
    return phase_sums(w, stride) / np.maximum(phase_sums(np.ones_like(w), stride), 1)


@mutant(
    "checkerboard",
    "Your tile is transposed: α counts rows and β columns, as everywhere. See *Checkerboards*.",
)
def tile_transposed(w, stride):
    return phase_sums(w, stride).T


@mutant(
    "checkerboard",
    "You cut the kernel into blocks of neighbouring weights. The weights that meet in one pixel "
    "lie a whole stride apart in the kernel. See *Checkerboards*.",
)
def blocks_of_neighbours(w, stride):
    tile = np.zeros(stride)
    block = [-(-n // s) for n, s in zip(w.shape, stride, strict=True)]
    for (r, t), weight in np.ndenumerate(w):
        tile[r // block[0], t // block[1]] += weight
    return tile


@mutant(
    "checkerboard",
    "You looked at the corner of the wall, where the first stamp is alone. Go a kernel's length "
    "inwards, to where all stamps have arrived. See *Checkerboards*.",
)
def looks_at_the_corner(w, stride):
    tile = np.zeros(stride)
    for a in range(min(stride[0], w.shape[0])):
        for b in range(min(stride[1], w.shape[1])):
            tile[a, b] = w[a, b]
    return tile


@mutant(
    "checkerboard",
    "You took the phase from the wrong side: weight r of the stamp of pixel i lands on i · s + r, "
    "so its phase is r mod s, not −r mod s. At stride 2 nobody notices. See *Checkerboards*.",
)
def phases_backwards(w, stride):
    tile = np.zeros(stride)
    for (r, t), weight in np.ndenumerate(w):
        tile[-r % stride[0], -t % stride[1]] += weight
    return tile


@alternative("checkerboard")
def stamp_a_wall(w, stride):
    (rows, columns), (sh, sw) = w.shape, stride
    canvas = np.zeros(((2 * rows + 1) * sh + rows, (2 * columns + 1) * sw + columns))
    for i in range(2 * rows + 1):
        for j in range(2 * columns + 1):
            canvas[i * sh : i * sh + rows, j * sw : j * sw + columns] += w
    return canvas[rows * sh : (rows + 1) * sh, columns * sw : (columns + 1) * sw]


@alternative("checkerboard")
def weight_by_weight(w, stride):
    tile = [[0.0] * stride[1] for _ in range(stride[0])]
    for r in range(len(w)):
        for t in range(len(w[0])):
            tile[r % stride[0]][t % stride[1]] += float(w[r][t])
    return tile


@alternative("checkerboard")
def pad_and_fold(w, stride):
    w = np.pad(w, [(0, -n % s) for n, s in zip(w.shape, stride, strict=True)])
    folded = w.reshape(w.shape[0] // stride[0], stride[0], w.shape[1] // stride[1], stride[1])
    return folded.sum(axis=(0, 2))


# --- depthwise_separable_parameters -------------------------------------------------------------


@mutant(
    "depthwise_separable_parameters",
    "You counted an ordinary convolution. Here a filter reads one channel, and a 1 × 1 convolution "
    "mixes the channels afterwards. See *Grouped, depthwise, depthwise-separable*.",
)
def an_ordinary_layer(channels_in, channels_out, kernel, multiplier, bias):
    return channels_in * channels_out * kernel[0] * kernel[1] + bias * channels_out


@mutant(
    "depthwise_separable_parameters",
    "You counted the depthwise layer and left out the 1 × 1 layer that mixes its maps; most of the "
    "weights are there. See *Grouped, depthwise, depthwise-separable*.",
)
def the_depthwise_half(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * kernel[0] * kernel[1] + bias * between


@mutant(
    "depthwise_separable_parameters",
    "You took a depthwise filter to read all channels. It reads one: it has R · S weights, not "
    "C · R · S. See *Grouped, depthwise, depthwise-separable*.",
)
def filters_that_read_all_channels(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    weights = between * channels_in * kernel[0] * kernel[1] + between * channels_out
    return weights + bias * (between + channels_out)


@mutant(
    "depthwise_separable_parameters",
    "The weights are right. With biases, both layers have them, the depthwise layer too: one a "
    "map. See *Grouped, depthwise, depthwise-separable*.",
)
def bias_of_the_last_layer_only(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * kernel[0] * kernel[1] + between * channels_out + bias * channels_out


@mutant(
    "depthwise_separable_parameters",
    "With several filters a channel there are multiplier · C maps between the layers, and the "
    "1 × 1 layer reads all of them. See *Grouped, depthwise, depthwise-separable*.",
)
def pointwise_reads_c_maps(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    weights = between * kernel[0] * kernel[1] + channels_in * channels_out
    return weights + bias * (between + channels_out)


@mutant(
    "depthwise_separable_parameters",
    "You squared one side of the kernel. It has R · S taps, and the sides differ. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def a_square_kernel(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * kernel[0] ** 2 + between * channels_out + bias * (between + channels_out)


@alternative("depthwise_separable_parameters")
def one_filter_after_the_other(channels_in, channels_out, kernel, multiplier, bias):
    total = 0
    for _ in range(channels_in * multiplier):
        total += kernel[0] * kernel[1] + int(bias)
    for _ in range(channels_out):
        total += channels_in * multiplier + int(bias)
    return total


@alternative("depthwise_separable_parameters")
def by_the_shapes(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    shapes = [(between, 1, *kernel), (channels_out, between, 1, 1)]
    if bias:
        shapes += [(between,), (channels_out,)]
    return sum(np.prod(shape) for shape in shapes)


# --- one_by_one_macs ----------------------------------------------------------------------------

ONE_BY_ONE = {"direct": 112_896_000, "detour": 5_268_480, "widest": 342}


def one_by_one(name: str, misconception: str, **wrong: float) -> None:
    variants.mutant_value(
        "one_by_one_macs",
        name,
        {**ONE_BY_ONE, **wrong},
        f"{misconception} See *1 × 1: a matrix for every pixel*.",
    )


one_by_one(
    "second_stage_only",
    "Your detour counts its 5 × 5 layer only. The 1 × 1 layer in front has to be paid, too; the "
    "cost is the sum of both.",
    detour=3_763_200,
)
one_by_one(
    "first_stage_only",
    "Your detour counts its 1 × 1 layer only. The 5 × 5 layer behind it costs more than twice as "
    "much; the cost is the sum of both.",
    detour=1_505_280,
)
one_by_one(
    "parameters",
    "You counted weights. Each weight multiplies once at every place of the 14 × 14 map.",
    direct=576_000,
    detour=26_880,
)
one_by_one(
    "no_padding",
    "You let the 5 × 5 layer shrink the map to 10 × 10. Its padding keeps all 14 × 14 places.",
    direct=57_600_000,
    detour=3_425_280,
)
one_by_one(
    "breaks_even_rounded_up",
    "Counts right. At a width of 343 the detour costs a little more than the direct way: round "
    "down.",
    widest=343,
)
one_by_one(
    "ignores_the_first_stage",
    "Counts right. For the widest detour you compared the 5 × 5 layers only: with 479 maps that "
    "layer is cheaper, but the 1 × 1 layer in front eats up the gain and more.",
    widest=479,
)
one_by_one(
    "additions_too",
    "You counted additions as well: twice the multiplications. Asked are the multiplications.",
    direct=225_792_000,
    detour=10_536_960,
)
variants.alternative_value(
    "one_by_one_macs", "floats", {key: float(value) for key, value in ONE_BY_ONE.items()}
)
variants.alternative_value(
    "one_by_one_macs",
    "computed",
    {
        "widest": np.int64((5 * 5 * 48 * 480 - 1) // (480 + 5 * 5 * 48)),
        "detour": 14**2 * np.prod([16, 480 + 25 * 48]),
        "direct": np.prod([14, 14, 5, 5, 480, 48]),
    },
)


# --- compose ------------------------------------------------------------------------------------


def composed(first: Any, second: Any) -> np.ndarray:
    return conv_transpose2d_forward(second[None, None], first[None, None])[0][0, 0]


@mutant(
    "compose",
    "You slid one kernel over the other, so that one of them came in turned by 180°. Every weight "
    "of one stamps the other as it is. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column "
    "and a row*.",
)
def correlates_the_kernels(first, second):
    (rows, columns), (more_rows, more_columns) = first.shape, second.shape
    out = np.zeros((rows + more_rows - 1, columns + more_columns - 1))
    for (r, t), weight in np.ndenumerate(second[::-1, ::-1]):
        out[r : r + rows, t : t + columns] += weight * first
    return out


@mutant(
    "compose",
    "Your kernel is right, but the other way round, by 180°. Neither slide turns its kernel, so "
    "their composition is not turned either. See *Which way round is the kernel?*",
)
def composes_it_turned(first, second):
    return composed(first, second)[::-1, ::-1]


@mutant(
    "compose",
    "Your kernel has the size of the first one; its rim is cut off. Two 3 × 3 windows in a row see "
    "5 × 5 pixels. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def keeps_the_size_of_the_first(first, second):
    top, left = (second.shape[0] - 1) // 2, (second.shape[1] - 1) // 2
    rows, columns = first.shape
    return composed(first, second)[top : top + rows, left : left + columns]


@mutant(
    "compose",
    "You added the two kernels. That is two layers side by side, with their outputs summed; here "
    "the second reads what the first wrote. See *Factorized: 5 × 5 from two 3 × 3, n × n from a "
    "column and a row*.",
)
def adds_the_kernels(first, second):
    (rows, columns), (more_rows, more_columns) = first.shape, second.shape
    out = np.zeros((rows + more_rows - 1, columns + more_columns - 1))
    for kernel in (first, second):
        top, left = ((n - k) // 2 for n, k in zip(out.shape, kernel.shape, strict=True))
        out[top : top + kernel.shape[0], left : left + kernel.shape[1]] += kernel
    return out


@mutant(
    "compose",
    "You multiplied weight by weight. A pixel goes through one weight of the first kernel and then "
    "through any of the second: all pairs count. See *Factorized: 5 × 5 from two 3 × 3, n × n "
    "from a column and a row*.",
)
def multiplies_weight_by_weight(first, second):
    return first * second


@mutant(
    "compose",
    "You took the matrix product of the kernels. It is their convolution matrices that multiply; "
    "for kernels the two agree only if one is a column and one a row. See *Factorized: 5 × 5 from "
    "two 3 × 3, n × n from a column and a row*.",
)
def multiplies_as_matrices(first, second):
    return first @ second


@mutant(
    "compose",
    "You laid the stamps side by side. They stand one pixel apart and overlap, because the first "
    "layer's windows do. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def lays_the_stamps_side_by_side(first, second):
    return np.kron(second, first)


@mutant(
    "compose",
    "Where stamps overlap, your last one wins. Several pairs of weights lead to the same place, "
    "and their products add up. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def the_last_pair_wins(first, second):
    (rows, columns), (more_rows, more_columns) = first.shape, second.shape
    out = np.zeros((rows + more_rows - 1, columns + more_columns - 1))
    for (r, t), weight in np.ndenumerate(second):
        out[r : r + rows, t : t + columns] = weight * first
    return out


@alternative("compose")
def pair_by_pair(first, second):
    rows, columns = (a + b - 1 for a, b in zip(first.shape, second.shape, strict=True))
    out = [[0.0] * columns for _ in range(rows)]
    for (r, t), a in np.ndenumerate(first):
        for (u, v), b in np.ndenumerate(second):
            out[r + u][t + v] += a * b
    return out


@alternative("compose")
def through_fourier(first, second):
    size = [a + b - 1 for a, b in zip(first.shape, second.shape, strict=True)]
    return np.fft.irfft2(np.fft.rfft2(first, size) * np.fft.rfft2(second, size), size)


@alternative("compose")
def by_asking_each_pixel(first, second):
    def slide(image, kernel):
        windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
        return np.einsum("ijrs,rs->ij", windows, kernel)

    out = np.zeros(np.add(first.shape, second.shape) - 1)
    for place in np.ndindex(out.shape):
        single = np.zeros_like(out)
        single[place] = 1.0
        out[place] = slide(slide(single, first), second).item()
    return out


# --- column_and_row -----------------------------------------------------------------------------


@mutant(
    "column_and_row",
    "Your directions are right, but the singular value is missing: both vectors have length 1, "
    "and so has their product. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def forgets_the_singular_value(kernel):
    u, _, vt = np.linalg.svd(kernel)
    return u[:, :1], vt[:1]


@mutant(
    "column_and_row",
    "Your product has the singular value in it twice, once from either side. Give it to one of the "
    "two, or its root to both. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def singular_value_twice(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return u[:, :1] * s[0], s[0] * vt[:1]


@mutant(
    "column_and_row",
    "You took the last singular vectors. The singular values come sorted with the largest in "
    "front, and that is the term worth keeping. See *Factorized: 5 × 5 from two 3 × 3, n × n from "
    "a column and a row*.",
)
def keeps_the_last_term(kernel):
    u, s, vt = np.linalg.svd(kernel, full_matrices=False)
    return u[:, -1:] * s[-1], vt[-1:]


@mutant(
    "column_and_row",
    "You took a column of what np.linalg.svd returns last. That is V already transposed: its "
    "rows are the vectors. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def takes_a_column_of_vt(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return u[:, :1] * s[0], vt[:, :1].T


@mutant(
    "column_and_row",
    "Column and row are exchanged: your product is the transpose of the right one. u belongs to "
    "the rows of the kernel and makes the column. See *Factorized: 5 × 5 from two 3 × 3, n × n "
    "from a column and a row*.",
)
def exchanges_u_and_v(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return vt[:1].T * s[0], u[:, :1].T


@mutant(
    "column_and_row",
    "You described the kernel by the means of its rows and columns. For Sobel's kernel these are "
    "zero, and it is a perfect product all the same. See *Factorized: 5 × 5 from two 3 × 3, n × n "
    "from a column and a row*.",
)
def means_of_rows_and_columns(kernel):
    return kernel.mean(axis=1, keepdims=True), kernel.mean(axis=0, keepdims=True)


@mutant(
    "column_and_row",
    "You read column and row off through the largest weight. If the kernel is a product, that is "
    "exact; if not, every weight has a say in the least squares, not only those two lines. See "
    "*Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def reads_them_off(kernel):
    i, j = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    return kernel[:, j : j + 1] / kernel[i, j], kernel[i : i + 1]


@alternative("column_and_row")
def shares_the_singular_value(kernel):
    u, s, vt = np.linalg.svd(kernel, full_matrices=False)
    root = np.sqrt(s[0])
    return -root * u[:, :1], -root * vt[:1]


@alternative("column_and_row")
def by_turns(kernel):
    row = kernel[np.abs(kernel).sum(axis=1).argmax()]
    for _ in range(300):  # the best column for this row, then the best row for that column
        column = kernel @ row / (row @ row)
        row = column @ kernel / (column @ column)
    return column[:, None], row[None, :]


@alternative("column_and_row")
def from_the_eigenvectors(kernel):
    _, vectors = np.linalg.eigh(kernel @ kernel.T)
    column = vectors[:, -1:]
    return column.tolist(), (column.T @ kernel).tolist()


# --- DepthwiseSeparable -------------------------------------------------------------------------


def layers(c: int, k: int, kernel: Pair, stride: Pair, **depthwise: Any) -> list[Any]:
    """The six layers of the block, for mutants that spoil one of them."""
    from torch import nn

    options = {"padding": (kernel[0] // 2, kernel[1] // 2), "groups": c, "bias": False}
    first = nn.Conv2d(c, c, kernel, stride, **{**options, **depthwise})
    second = nn.Conv2d(c, k, 1, bias=False)
    return [first, nn.BatchNorm2d(c), nn.ReLU(), second, nn.BatchNorm2d(k), nn.ReLU()]


def in_turn(modules: list[Any]) -> Any:
    from torch import nn

    return nn.Sequential(*modules)


@mutant(
    "DepthwiseSeparable",
    "Your first convolution is an ordinary one: its weight is (C, C, R, S). Depthwise means that "
    "each channel has one filter for itself: groups = C. See *Grouped, depthwise, "
    "depthwise-separable*.",
)
def forgets_the_groups(channels_in, channels_out, kernel, stride):
    return in_turn(layers(channels_in, channels_out, kernel, stride, groups=1))


@mutant(
    "DepthwiseSeparable",
    "Your block mixes the channels first and filters afterwards. MobileNet filters each input "
    "channel, then mixes. See *Grouped, depthwise, depthwise-separable*.",
)
def pointwise_first(channels_in, channels_out, kernel, stride):
    from torch import nn

    padding = (kernel[0] // 2, kernel[1] // 2)
    k = channels_out
    return in_turn(
        [
            nn.Conv2d(channels_in, k, 1, bias=False),
            *(nn.BatchNorm2d(k), nn.ReLU()),
            nn.Conv2d(k, k, kernel, stride, padding, groups=k, bias=False),
            *(nn.BatchNorm2d(k), nn.ReLU()),
        ]
    )


@mutant(
    "DepthwiseSeparable",
    "There is no non-linearity between your two convolutions: ReLU follows each of them. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def no_relu_between(channels_in, channels_out, kernel, stride):
    parts = layers(channels_in, channels_out, kernel, stride)
    return in_turn(parts[:2] + parts[3:])


@mutant(
    "DepthwiseSeparable",
    "Your block ends with the normalization; its last ReLU is missing. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def no_relu_at_the_end(channels_in, channels_out, kernel, stride):
    return in_turn(layers(channels_in, channels_out, kernel, stride)[:-1])


@mutant(
    "DepthwiseSeparable",
    "You normalized after the ReLU. The block's order is convolution, normalization, ReLU. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def normalizes_after_relu(channels_in, channels_out, kernel, stride):
    first, norm_1, relu, second, norm_2, _ = layers(channels_in, channels_out, kernel, stride)
    return in_turn([first, relu, norm_1, second, relu, norm_2])


@mutant(
    "DepthwiseSeparable",
    "You left out the padding, so the map shrinks at stride 1. Half the kernel, rounded down, on "
    "each side keeps its size. See *Grouped, depthwise, depthwise-separable*.",
)
def no_padding(channels_in, channels_out, kernel, stride):
    return in_turn(layers(channels_in, channels_out, kernel, stride, padding=0))


@mutant(
    "DepthwiseSeparable",
    "Your stride sits in the 1 × 1 convolution, which then throws away maps that the depthwise one "
    "has paid for. The depthwise convolution takes the stride. See *Grouped, depthwise, "
    "depthwise-separable*.",
)
def stride_in_the_pointwise(channels_in, channels_out, kernel, stride):
    from torch import nn

    parts = layers(channels_in, channels_out, kernel, (1, 1))
    parts[3] = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)
    return in_turn(parts)


@mutant(
    "DepthwiseSeparable",
    "The outputs are right, and your convolutions carry biases that do nothing: the normalization "
    "behind them subtracts the mean, and with it any bias. bias=False. See *Grouped, depthwise, "
    "depthwise-separable*.",
)
def keeps_the_biases(channels_in, channels_out, kernel, stride):
    from torch import nn

    parts = layers(channels_in, channels_out, kernel, stride, bias=True)
    parts[3] = nn.Conv2d(channels_in, channels_out, 1)
    return in_turn(parts)


@mutant(
    "DepthwiseSeparable",
    "Your block normalizes by the statistics of the batch in evaluation, too. An nn.BatchNorm2d "
    "that is an attribute of the module keeps running ones, and .eval() switches to them. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def never_uses_running_statistics(channels_in, channels_out, kernel, stride):
    from torch import nn

    parts = layers(channels_in, channels_out, kernel, stride)
    parts[1] = nn.BatchNorm2d(channels_in, track_running_stats=False)
    parts[4] = nn.BatchNorm2d(channels_out, track_running_stats=False)
    return in_turn(parts)


@alternative("DepthwiseSeparable")
def attributes_in_any_order(channels_in, channels_out, kernel, stride):
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix_norm = nn.BatchNorm2d(channels_out)
            self.mix = nn.Conv2d(channels_in, channels_out, (1, 1), bias=False)
            self.filter_norm = nn.BatchNorm2d(channels_in)
            self.filter = nn.Conv2d(
                channels_in,
                channels_in,
                kernel,
                stride=stride,
                padding=tuple(k // 2 for k in kernel),
                groups=channels_in,
                bias=False,
            )

        def forward(self, x: Any) -> Any:
            x = self.filter_norm(self.filter(x)).relu()
            return self.mix_norm(self.mix(x)).clamp(min=0)

    return Block()


@alternative("DepthwiseSeparable")
def own_parameters(channels_in, channels_out, kernel, stride):
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w2 = nn.Parameter(torch.randn(channels_out, channels_in, 1, 1))
            self.w1 = nn.Parameter(torch.randn(channels_in, 1, *kernel))
            self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in (channels_in, channels_out))

        def forward(self, x: Any) -> Any:
            rows, columns = kernel
            x = functional.pad(x, (columns // 2, columns // 2, rows // 2, rows // 2))
            x = functional.conv2d(x, self.w1, stride=stride, groups=channels_in)
            x = functional.relu(self.norms[0](x))
            x = torch.einsum("kc,nchw->nkhw", self.w2[:, :, 0, 0], x)
            return functional.relu(self.norms[1](x))

    return Block()
