"""The matrix of a convolution, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from cvlib.arrays import Array
from cvlib.convolution.plots.cells import (
    GRID_GREY,
    SHADES,
    counted,
    draw_cells,
    draw_grid,
    fill_cells,
    spread_of,
)
from cvlib.convolution.reference import conv2d_output_size, convolution_matrix, im2col
from cvlib.figures import Plot, new_figure

LABELLED = 100  # entries up to which a matrix shows its numbers


def draw_matrix(ax: Axes, matrix: Array, *, blocks: tuple[int, int]) -> None:
    """Draw the non-zero entries, with a line after every image row of the output and the input."""
    small = matrix.size <= LABELLED
    if small:
        draw_cells(ax, matrix, fontsize=7)
    else:
        fill_cells(ax, matrix, SHADES, 0, float(matrix.max()))
        draw_grid(ax, matrix.shape, every=blocks)
    draw_block_lines(ax, matrix.shape, blocks)


def draw_block_lines(ax: Axes, shape: tuple[int, ...], blocks: tuple[int, int]) -> None:
    """Draw a heavier line around every block of this many rows and columns."""
    rows, cols = shape
    lines = [((0, i), (cols, i)) for i in range(0, rows + 1, blocks[0])]
    lines += [((j, 0), (j, rows)) for j in range(0, cols + 1, blocks[1])]
    ax.add_collection(LineCollection(lines, colors=GRID_GREY, linewidths=1.1))


def numbered_kernel(*shape: int) -> Array:
    """Return a kernel whose weights are 1, 2, 3 …, so that a drawing tells them apart."""
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape)


def convolution_matrices(settings: Mapping[str, Mapping[str, Any]]) -> Plot:
    """Draw the matrices of one-channel convolutions, by name: the first large, the others beside.

    A setting is {"size": (H, W), "kernel": (R, S), "stride": …, "padding": …, "dilation": …}. The
    weights are numbered 1, 2, 3 … row by row; a line separates one row of pixels from the next.
    """
    matrices = {name: _matrix_of(setting) for name, setting in settings.items()}
    shapes = [matrix.shape for matrix, _ in matrices.values()]
    if len(matrices) == 1:
        figure, ax = new_figure(height=7.0 * shapes[0][0] / shapes[0][1] + 0.4)
        panels = [ax]
    else:
        heights = [rows for rows, _ in shapes[1:]]
        figure, axes = new_figure(
            len(heights), 2, height=3.9, squeeze=False, height_ratios=[h + 4 for h in heights]
        )
        grid = axes[0, 0].get_gridspec()
        for ax in axes[:, 0]:
            ax.remove()
        panels = [figure.add_subplot(grid[:, 0]), *axes[:, 1]]
    said = []
    for ax, (name, (matrix, blocks)) in zip(panels, matrices.items(), strict=True):
        draw_matrix(ax, matrix, blocks=blocks)
        ax.set_title(f"{name}: {matrix.shape[0]} × {matrix.shape[1]}", fontsize=10)
        per_row = (matrix != 0).sum(axis=1)
        said.append(
            f"{name}: {matrix.shape[0]} by {matrix.shape[1]}, "
            f"{counted(int(np.count_nonzero(matrix)), 'non-zero entry')}, "
            f"{spread_of(per_row)} in a row, "
            f"{counted(int((~matrix.any(axis=0)).sum()), 'empty column')}."
        )
    return Plot(figure, "Convolution matrices. " + " ".join(said))


def _matrix_of(setting: Mapping[str, Any]) -> tuple[Array, tuple[int, int]]:
    slide = {k: v for k, v in setting.items() if k not in ("size", "kernel")}
    kernel = numbered_kernel(1, 1, *setting["kernel"])
    matrix = convolution_matrix(kernel, (1, *setting["size"]), **slide).toarray()
    width = conv2d_output_size(setting["size"], setting["kernel"], **slide)[1]
    return matrix, (width, setting["size"][1])


def block_matrix(settings: Mapping[str, Mapping[str, Any]], *, size: tuple[int, int]) -> Plot:
    """Draw matrices of many-channel convolutions; heavy lines separate the channels.

    A setting is {"channels": (C, K), "kernel": (R, S), "groups": …, "padding": …}; all act on
    images of the same (H, W) size.
    """
    figure, axes = new_figure(1, len(settings), height=7.0 / len(settings) + 0.3, squeeze=False)
    said = []
    for ax, (name, setting) in zip(axes.flat, settings.items(), strict=False):
        c, k = setting["channels"]
        groups = setting.get("groups", 1)
        slide = {n: v for n, v in setting.items() if n not in ("channels", "kernel")}
        kernel = numbered_kernel(k, c // groups, *setting["kernel"])
        matrix = convolution_matrix(kernel, (c, *size), **slide).toarray()
        blocks = (matrix.shape[0] // k, matrix.shape[1] // c)
        draw_matrix(ax, matrix, blocks=blocks)
        ax.set_title(name)
        tiles = matrix.reshape(k, blocks[0], c, blocks[1]).any(axis=(1, 3))
        said.append(
            f"{name}: {k} by {c} blocks of {blocks[0]} by {blocks[1]}, "
            f"{int(tiles.sum())} of the {tiles.size} blocks not zero."
        )
    return Plot(figure, "Matrices of convolutions with channels. " + " ".join(said))


def two_matrices(image: Array, kernel: Array) -> Plot:
    """Draw both ways to write one convolution: weights in the matrix, or pixels in the matrix."""
    weights = convolution_matrix(kernel[None, None], (1, *image.shape)).toarray()
    pixels = im2col(image[None, None], kernel.shape)[0].T
    figure, axes = new_figure(1, 2, height=2.2, width_ratios=[weights.shape[1], pixels.shape[1]])
    for ax, name, values in zip(axes, ("A(w)", "M(x)"), (weights, pixels), strict=True):
        draw_cells(ax, values, fontsize=7)
        ax.set_title(name)
    alt = (
        f"The same {len(weights)} outputs from two products: a {weights.shape[0]} by "
        f"{weights.shape[1]} matrix of weights with {np.count_nonzero(weights)} non-zero entries "
        f"times the image, and a full {pixels.shape[0]} by {pixels.shape[1]} matrix of pixels "
        f"times the kernel."
    )
    return Plot(figure, alt)
