"""Which matrix is it? Formalize the convolution matrix for any size, padding and stride."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.convolution import convolution_matrix
from cvlib.grading.spec import Case, Exercise, Variants

from .common import MATRICES, Rng, as_dense, draw_geometry, matrix


def draw_matrices(rng: Rng) -> Iterator[Case]:
    for part, options in MATRICES.items():
        image, kernel, stride, padding = draw_geometry(rng, **options)
        yield Case((rng.normal(size=kernel), image, stride, padding), part=part)
    # the first windows lie in the padding alone: their rows are there all the same, and empty
    yield Case((rng.normal(size=(2, 3)), (4, 9), (2, 3), (2, 3)), part="stride and padding")


variants = Variants()
EXERCISE = Exercise(
    id="convolution_matrix",
    title="Which matrix is it?",
    objective="Formalize the convolution matrix for any size, padding and stride.",
    section="02_convolution#conv-matrix",
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
    variants=variants,
)


@variants.mutant(
    "Your matrix belongs to the kernel turned by 180°: put row 0 back into the image's shape and "
    "see the kernel upside down in the corner. See *Which way round is the kernel?*",
)
def matrix_of_the_flipped_kernel(w, image, stride, padding):
    flipped = w[None, None, ::-1, ::-1]
    return convolution_matrix(flipped, (1, *image), stride=stride, padding=padding)


@variants.mutant(
    "You shifted every row by one column against the row above. At the end of an image row the "
    "window jumps: the step to the next row of windows is longer. See *Which matrix is it?*",
)
def shifts_every_row_by_one(w, image, stride, padding):
    right = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    first = right.toarray()[0]
    return np.array([np.roll(first, shift) for shift in range(right.shape[0])])


@variants.mutant(
    "You flattened column by column. Here flattening goes along the rows of the image, as "
    "reshape(-1) does. See *Which matrix is it?*",
)
def flattens_by_columns(w, image, stride, padding):
    right = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    rows = right.toarray().reshape(-1, *image)
    return rows.transpose(0, 2, 1).reshape(len(rows), -1)


@variants.mutant(
    "You built the transpose. The matrix acts from the left on the flattened image: one column an "
    "image pixel, one row an output pixel. See *Which matrix is it?*",
)
def is_the_transpose(w, image, stride, padding):
    matrix = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    return matrix.toarray().T


@variants.mutant(
    "Your matrix acts on the padded image. It should act on the image itself: the columns that "
    "belong to padding meet zeros and are left out. See *Which matrix is it?*",
)
def acts_on_the_padded_image(w, image, stride, padding):
    padded = (1, image[0] + 2 * padding[0], image[1] + 2 * padding[1])
    return convolution_matrix(w[None, None], padded, stride=stride)


@variants.mutant(
    "You swapped the axes of the stride: stride[0] goes down the rows, stride[1] along the "
    "columns. See *Which matrix is it?*",
)
def swaps_the_matrix_strides(w, image, stride, padding):
    return convolution_matrix(w[None, None], (1, *image), stride=stride[::-1], padding=padding)


@variants.mutant(
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


@variants.mutant(
    "You left out the rows of windows that lie in the padding alone. Their outputs are 0, and they "
    "are outputs: one row each, empty. See *Which matrix is it?*",
)
def drops_empty_rows(w, image, stride, padding):
    matrix = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    rows = matrix.toarray()
    return rows[(rows != 0).any(axis=1)]


@variants.mutant(
    "Your rows come in the order of the output's columns. The output is read row by row, like the "
    "image: row (i, j) is number i · W' + j. See *Which matrix is it?*",
)
def rows_by_columns(w, image, stride, padding):
    matrix = convolution_matrix(w[None, None], (1, *image), stride=stride, padding=padding)
    height = (image[0] + 2 * padding[0] - w.shape[0]) // stride[0] + 1
    blocks = matrix.toarray().reshape(height, -1, matrix.shape[1])
    return blocks.transpose(1, 0, 2).reshape(matrix.shape)


@variants.mutant(
    "A tap on the padding got its weight onto the nearest pixel of the image, as if the border "
    "were repeated. Padding is zero: such a tap is left out. See *Which matrix is it?*",
)
def repeats_the_border(w, image, stride, padding):
    padded = (1, image[0] + 2 * padding[0], image[1] + 2 * padding[1])
    wide = convolution_matrix(w[None, None], padded, stride=stride).toarray()
    matrix = np.zeros((len(wide), *image))
    for y, x in np.ndindex(*padded[1:]):
        row = min(max(y - padding[0], 0), image[0] - 1)
        column = min(max(x - padding[1], 0), image[1] - 1)
        matrix[:, row, column] += wide[:, y * padded[2] + x]
    return matrix.reshape(len(wide), -1)


@variants.alternative
def column_by_column(w, image, stride, padding):
    columns = []
    for pixel in range(image[0] * image[1]):
        unit = np.zeros(image[0] * image[1])
        unit[pixel] = 1
        padded = np.pad(unit.reshape(image), ((padding[0],) * 2, (padding[1],) * 2))
        view = np.lib.stride_tricks.sliding_window_view(padded, w.shape)
        columns.append((view[:: stride[0], :: stride[1]] * w).sum(axis=(2, 3)).ravel())
    return np.array(columns).T


@variants.alternative
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
