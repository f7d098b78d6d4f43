"""Drawing an array as a grid of cells, which every figure of this room is made of."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, ListedColormap
from numpy.typing import ArrayLike, NDArray

from cvlib.figures import DIVERGING, INK

GRID_GREY = "#8a8a8a"
#: The light half of viridis: ordered for every reader, and dark text reads well on all of it.
SHADES = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0.5, 1, 256)), "shades")


def number(value: float) -> str:
    """Write a number as short as it goes, with a true minus sign: -0.50 -> −0.5."""
    return f"{round(float(value), 2):g}".replace("-", "−")


def counted(count: int, noun: str) -> str:
    """Write a count with its noun in the right number: 1 window, 9 windows, 0 entries."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count} {noun if count == 1 else plural}"


def draw_cells(
    ax: Axes,
    values: ArrayLike,
    *,
    labels: bool = True,
    signed: bool = False,
    largest: float | None = None,
    fontsize: float = 8,
) -> None:
    """Draw an (H, W) array, zero cells left empty, each other cell with its number if wanted.

    ``signed`` colours positive and negative numbers apart; ``largest`` fixes the end of the
    scale, so that two panels can share it. Cells stay light enough to carry dark text.
    """
    grid = np.asarray(values, dtype=float)
    top = float(np.abs(grid).max()) if largest is None else largest
    top = top or 1.0
    if signed:
        fill_cells(ax, grid, DIVERGING, -1.7 * top, 1.7 * top)
    else:
        fill_cells(ax, grid, SHADES, 0, top)
    draw_grid(ax, grid.shape)
    if labels:
        for (i, j), value in np.ndenumerate(grid):
            colour = INK if value else GRID_GREY
            ax.text(
                j + 0.5,
                i + 0.5,
                number(value),
                color=colour,
                fontsize=fontsize,
                ha="center",
                va="center",
            )


def fill_cells(ax: Axes, grid: NDArray[Any], cmap: str | Colormap, low: float, high: float) -> None:
    """Colour the cells that are not zero; one small picture, whatever their number."""
    rows, cols = grid.shape
    ax.imshow(
        np.ma.masked_equal(grid, 0),
        cmap=cmap,
        vmin=low,
        vmax=high,
        interpolation="none",
        extent=(0, cols, rows, 0),
        aspect="equal",
    )


def draw_grid(ax: Axes, shape: tuple[int, ...], *, every: tuple[int, int] = (1, 1)) -> None:
    """Prepare axes for an (H, W) grid, first row on top, with thin lines between the cells."""
    rows, cols = shape
    ax.set(xlim=(-0.03, cols + 0.03), ylim=(rows + 0.03, -0.03), aspect="equal")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    lines = [((0, i), (cols, i)) for i in range(0, rows + 1, every[0])]
    lines += [((j, 0), (j, rows)) for j in range(0, cols + 1, every[1])]
    ax.add_collection(LineCollection(lines, colors=GRID_GREY, linewidths=0.4, alpha=0.7))


def draw_frame(
    ax: Axes, row: float, col: float, rows: float, cols: float, colour: str = "#000000"
) -> None:
    """Outline a block of cells."""
    ax.add_patch(
        matplotlib.patches.Rectangle((col, row), cols, rows, fill=False, lw=1.4, ec=colour)
    )


def spread_of(values: NDArray[Any]) -> str:
    """Say which numbers an integer array holds: "1 to 9" or "always 4"."""
    low, high = int(values.min()), int(values.max())
    return f"always {low}" if low == high else f"{low} to {high}"
