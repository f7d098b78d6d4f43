"""Figures of formulas: what a term makes of two numbers, slopes of the root, survival, a mirror."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes

from cvlib.arrays import Array
from cvlib.figures import DIVERGING, PALETTE, Plot, new_figure, show_image
from cvlib.second_order.reference.fusion import fuse_forward, sort_root_backward, sort_root_forward
from cvlib.second_order.reference.reversal import upright_descriptor
from cvlib.second_order.validation import ANGLES, COLUMNS, ROWS


def terms(names: Sequence[str], *, reach: float = 2.0, count: int = 161) -> Plot:
    """Draw what each term makes of two numbers, as a map with lines of equal value."""
    axis = np.linspace(-reach, reach, count)
    f1, f2 = np.meshgrid(axis, axis)
    figure, axes = new_figure(1, len(names), height=2.4, squeeze=False, sharey=True)
    said = []
    for ax, name in zip(axes.flat, names, strict=True):
        values, _ = fuse_forward(f1, f2, terms=(name,))
        ax.pcolormesh(
            axis, axis, values, cmap=DIVERGING, vmin=-2 * reach, vmax=2 * reach, rasterized=True
        )
        ax.contour(
            axis, axis, values, levels=np.arange(-4, 4.5), colors=[PALETTE[5]], linewidths=0.8
        )
        ax.set(title=fill(name.replace("_", " "), 16), xlabel="f1", aspect="equal")
        bends = _bends(values)
        said.append(
            f"{name.replace('_', ' ')}: from {values.min():.2g} to {values.max():.2g}, "
            f"{'flat but for creases' if bends < 0.05 else f'curved in {bends:.0%} of the square'}."
        )
    axes[0, 0].set_ylabel("f2")
    return Plot(figure, "What a term makes of two numbers. " + " ".join(said))


def _bends(values: Array) -> float:
    """The share of places where the surface is curved; a crease is a few of them."""
    mixed = np.diff(np.diff(values, axis=0), axis=1)
    along = np.diff(values, n=2, axis=0)[:, 1:-1]
    across = np.diff(values, n=2, axis=1)[1:-1]
    curved = np.abs(mixed[:-1, :-1]) + np.abs(along) + np.abs(across) > 1e-9
    return float(curved.mean())


def root_slopes(epsilons: Sequence[float]) -> Plot:
    """Draw the slope of SORT with the root towards 0, where f2 = 1, for several ε."""
    figure, ax = new_figure(height=2.8)
    f1 = np.logspace(-8, 0, 200)
    said = []
    for k, eps in enumerate(epsilons):
        out, cache = sort_root_forward(f1, np.ones_like(f1), eps=eps)
        slope, _ = sort_root_backward(np.ones_like(out), cache)
        ax.plot(f1, slope, color=PALETTE[k % len(PALETTE)], label=f"ε = {eps:g}")
        said.append(f"ε = {eps:g}: a slope of {slope[0]:.3g} at {f1[0]:g}, {slope[-1]:.3g} at 1.")
    ax.set(xscale="log", yscale="log", xlabel="f1, with f2 = 1", ylabel="slope in f1")
    ax.grid(True, axis="y")
    ax.legend(loc="upper right")
    return Plot(figure, "The slope of SORT with the root. " + " ".join(said))


def survival(probabilities: Array) -> Plot:
    """Draw how likely each block is to be kept in a step of stochastic depth."""
    figure, ax = new_figure(height=2.3)
    blocks = np.arange(1, len(probabilities) + 1)
    ax.bar(blocks, probabilities, color=PALETTE[0], width=0.8)
    ax.set(xlabel="block", ylabel="kept with probability", ylim=(0, 1))
    alt = (
        f"Probabilities of {len(blocks)} blocks to be kept, from {probabilities[0]:.2f} to "
        f"{probabilities[-1]:.2f}; on average {probabilities.sum():.2f} blocks are."
    )
    return Plot(figure, alt)


def mirror(patch: Array) -> Plot:
    """Show a grey patch (H, W) and its mirror image, and their descriptors as 4 × 4 roses."""
    pair = np.stack([patch, patch[:, ::-1]])
    both = upright_descriptor(pair)
    figure, axes = new_figure(1, 4, height=2.2)
    for ax, image, title in zip(axes[:2], pair, ("patch", "mirrored"), strict=True):
        show_image(ax, image)
        ax.set_title(title)
    for k, ax in enumerate(axes[2:]):
        _roses(ax, both[k], PALETTE[k])
        ax.set_title(("descriptor", "its mirror image's")[k])
    strongest = [divmod(int(d.argmax()), ANGLES) for d in both]
    cells = [(cell // COLUMNS, cell % COLUMNS, 45 * angle) for cell, angle in strongest]
    said = " and ".join(f"row {r}, column {c}, at {angle}°" for r, c, angle in cells)
    distance = float(np.linalg.norm(both[0] - both[1]))
    alt = (
        f"A patch and its mirror image with their descriptors, {distance:.2f} apart. "
        f"The largest numbers stand in {said}."
    )
    return Plot(figure, alt, photo=True)


def _roses(ax: Axes, descriptor: Array, colour: str) -> None:
    grid = descriptor.reshape(ROWS, COLUMNS, ANGLES)
    turns = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    for row, column in np.ndindex(ROWS, COLUMNS):
        lengths = 0.48 * grid[row, column] / grid.max()
        for length, turn in zip(lengths, turns, strict=True):
            ends = [column, column + length * np.cos(turn)], [row, row + length * np.sin(turn)]
            ax.plot(*ends, color=colour, lw=1.4)
    ax.set(
        xlim=(-0.6, COLUMNS - 0.4), ylim=(ROWS - 0.4, -0.6), xticks=[], yticks=[], aspect="equal"
    )
