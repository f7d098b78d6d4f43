"""The matrix of a whole layer.

Define the convolution matrix in the general case of many channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.convolution import convolution_matrix
from cvlib.convolution import convolution_matrix as sparse_matrix
from cvlib.grading.spec import Case, Exercise, Variants

from .common import MATRICES, Pair, Rng, as_dense, draw_geometry


def draw_channel_matrices(rng: Rng) -> Iterator[Case]:
    for part, k, c, drawn_as in (
        ("several input channels", 1, 3, "stride 1, no padding"),
        ("several kernels", 3, 1, "stride 1, no padding"),
        ("several of both", 3, 2, "stride 1, no padding"),
        ("stride and padding", 2, 3, "stride and padding"),
        ("stride and padding", 2, 1, "padding"),  # the last window reaches past the far edges
        ("stride and padding", 1, 2, "stride"),  # no window reaches the last pixel
    ):
        image, kernel, stride, padding = draw_geometry(rng, **MATRICES[drawn_as])
        yield Case((rng.normal(size=(k, c, *kernel)), (c, *image), stride, padding), part=part)


def channel_matrix(w: np.ndarray, shape: tuple[int, int, int], stride: Pair, padding: Pair) -> Any:
    return sparse_matrix(w, shape, stride=stride, padding=padding)


variants = Variants()
EXERCISE = Exercise(
    id="convolution_matrix_channels",
    title="The matrix of a whole layer",
    objective="Define the convolution matrix in the general case of many channels.",
    section="02_convolution#conv-matrix-multichannel",
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
    variants=variants,
)


@variants.mutant(
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


@variants.mutant(
    "Your rows are ordered pixel by pixel, with all maps of a pixel side by side. The flattened "
    "output is map 0, then map 1, … See *Many channels, one matrix*.",
)
def channels_last_in_the_rows(w, shape, stride, padding):
    matrix = layer_matrix(w, shape, stride, padding)
    blocks = matrix.reshape(len(w), -1, matrix.shape[1])
    return blocks.transpose(1, 0, 2).reshape(matrix.shape)


@variants.mutant(
    "Your blocks all come from the kernel's slice for channel 0. Block (k, c) is made of w[k, c]. "
    "See *Many channels, one matrix*.",
)
def one_slice_in_all_blocks(w, shape, stride, padding):
    return layer_matrix(np.repeat(w[:, :1], w.shape[1], axis=1), shape, stride, padding)


@variants.mutant(
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


@variants.mutant(
    "You added the matrices of the channels. What is added are their outputs, and each has an "
    "image of its own to act on: the blocks stand side by side. See *Many channels, one matrix*.",
)
def adds_the_blocks(w, shape, stride, padding):
    return layer_matrix(w.sum(axis=1, keepdims=True), (1, *shape[1:]), stride, padding)


@variants.mutant(
    "You built the transpose: the input's channels belong to the columns, the output's maps to the "
    "rows. See *Many channels, one matrix*.",
)
def transposed_blocks(w, shape, stride, padding):
    return layer_matrix(w, shape, stride, padding).T


@variants.mutant(
    "Your blocks stand with rows and columns exchanged: block (k, c) belongs into row k and column "
    "c of the blocks, for maps come out and channels go in. See *Many channels, one matrix*.",
)
def blocks_exchanged(w, shape, stride, padding):
    one = [
        [
            layer_matrix(w[k : k + 1, c : c + 1], (1, *shape[1:]), stride, padding)
            for k in range(len(w))
        ]
        for c in range(w.shape[1])
    ]
    return np.block(one)


@variants.mutant(
    "All maps are made by the first kernel. Each row of blocks belongs to a kernel of its own. See "
    "*Many channels, one matrix*.",
)
def one_kernel_for_all(w, shape, stride, padding):
    return layer_matrix(np.repeat(w[:1], len(w), axis=0), shape, stride, padding)


@variants.alternative
def by_unit_images(w, shape, stride, padding):
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    units = np.pad(units, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    view = np.lib.stride_tricks.sliding_window_view(units, w.shape[2:], axis=(2, 3))
    out = np.einsum("ncijrs,kcrs->nkij", view[:, :, :: stride[0], :: stride[1]], w)
    return out.reshape(len(units), -1).T


@variants.alternative
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
