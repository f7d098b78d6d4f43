"""Figures of what a normalization does to numbers: index sets, depth, projections, rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from cvlib.arrays import Array
from cvlib.figures import DIVERGING, PALETTE, PAPER, Plot, new_figure, show_image


def index_sets(sets: Mapping[str, NDArray[np.bool_]], place: tuple[int, int, int, int]) -> Plot:
    """Draw which numbers of a batch a normalized number depends on, one panel a norm.

    Each cell of a panel is one channel (column) of one image (row), with its pixels.
    """
    figure, axes = new_figure(1, len(sets), height=1.7, squeeze=False)
    said = []
    for ax, (name, mask) in zip(axes.flat, sets.items(), strict=True):
        n, c, h, w = mask.shape
        board = np.full((n * (h + 1) - 1, c * (w + 1) - 1), np.nan)
        for i, j in np.ndindex(n, c):
            top, left = i * (h + 1), j * (w + 1)
            board[top : top + h, left : left + w] = mask[i, j]
        ax.imshow(board, cmap=ListedColormap(["#d9d9d9", PALETTE[0]]), vmin=0, vmax=1)
        row = place[0] * (h + 1) + place[2]
        column = place[1] * (w + 1) + place[3]
        spot = (column - 0.5, row - 0.5)
        ax.add_patch(Rectangle(spot, 1, 1, facecolor=PALETTE[1], edgecolor=PAPER, lw=0.6))
        ax.set(title=name, xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        pixels = "all pixels" if mask[place[:2]].all() else "one pixel"
        said.append(
            f"{name}: {int(mask.any(axis=(1, 2, 3)).sum())} of {n} images, "
            f"{int(mask.any(axis=(0, 2, 3)).sum())} of {c} channels, {pixels}, "
            f"{int(mask.sum())} numbers."
        )
    axes[0, 0].set_ylabel("images")
    for ax in axes.flat:
        ax.set_xlabel("channels")
    return Plot(figure, "The numbers that one normalized number depends on. " + " ".join(said))


def signal_by_depth(gains: Sequence[float], plain: Array, normalized: Array) -> Plot:
    """Draw the spread of the signal after each layer, plain and normalized: (gains, depth + 1)."""
    figure, axes = new_figure(1, 2, height=2.7, sharey=True)
    said = []
    for ax, title, spreads in zip(axes, ("plain", "normalized"), (plain, normalized), strict=True):
        for gain, spread, colour in zip(gains, spreads, PALETTE, strict=False):
            ax.plot(spread, color=colour, label=f"weights × {gain:g}")
            said.append(f"{title}, weights times {gain:g}: spread {spread[-1]:.2g} at the end.")
        ax.set(yscale="log", title=title, xlabel="layer")
        ax.grid(True, axis="y")
    axes[0].set_ylabel("spread of the signal")
    axes[1].legend(loc="lower right")
    return Plot(figure, f"Signals through {plain.shape[1] - 1} layers. " + " ".join(said))


def projection(x: Array, jacobian: Array) -> Plot:
    """Draw I - 11ᵀ/m - x̂x̂ᵀ/m term by term, beside the measured Jacobian times σ."""
    m = len(x)
    normalized = (x - x.mean()) / x.std()
    terms = {
        "identity": np.eye(m),
        "− mean": -np.ones((m, m)) / m,
        "− component along x̂": -np.outer(normalized, normalized) / m,
        "= Jacobian × σ": jacobian * x.std(),
    }
    figure, axes = new_figure(1, 4, height=2.2)
    for ax, (name, term) in zip(axes, terms.items(), strict=True):
        show_image(ax, term, cmap=DIVERGING, vmin=-1, vmax=1)
        ax.set_title(name)
    error = float(np.abs(sum([*terms.values()][:3]) - [*terms.values()][3]).max())
    values = np.linalg.eigvalsh(terms["= Jacobian × σ"])
    alt = (
        f"Three {m} by {m} matrices, the identity, the mean and the part along the normalized "
        f"numbers, whose sum is the Jacobian up to {error:.1g}. It has "
        f"{int((values > 0.5).sum())} eigenvalues near 1 and {int((values < 0.5).sum())} near 0."
    )
    return Plot(figure, alt)


def rivalry(before: Array, after: Array) -> Plot:
    """Draw the responses of the channels of one pixel before and after local response norm."""
    figure, ax = new_figure(height=2.5)
    channels = np.arange(len(before))
    ax.bar(channels - 0.2, before, width=0.4, color=PALETTE[5], label="before")
    ax.bar(channels + 0.2, after, width=0.4, color=PALETTE[0], label="after")
    ax.set(xlabel="channel", ylabel="response", xticks=channels)
    ax.legend(loc="upper right")
    kept = after / before
    alt = (
        f"Responses of {len(before)} channels before and after. Channel {int(kept.argmax())} "
        f"keeps {kept.max():.0%} of its response, channel {int(kept.argmin())} {kept.min():.0%}."
    )
    return Plot(figure, alt)


def styles(panels: Mapping[str, Array]) -> Plot:
    """Show (H, W, 3) pictures side by side, clipped to what can be shown."""
    figure, axes = new_figure(1, len(panels), height=7.0 / len(panels) + 0.45, squeeze=False)
    said = []
    for ax, (name, image) in zip(axes.flat, panels.items(), strict=True):
        show_image(ax, np.clip(image, 0, 1))
        ax.set_title(name)
        mean, spread = image.mean(axis=(0, 1)), image.std(axis=(0, 1))
        said.append(
            f"{name}: mean of red, green and blue {', '.join(f'{v:.2f}' for v in mean)}, "
            f"spread {', '.join(f'{v:.2f}' for v in spread)}."
        )
    return Plot(figure, "Photographs. " + " ".join(said), photo=True)
