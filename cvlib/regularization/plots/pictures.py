"""Pictures, moved and lit; digits, mirrored and turned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure, show_image
from cvlib.intervals import Interval
from cvlib.regularization.plots.fits import signed


def as_picture(x: Array) -> Array:
    """One image (C, H, W) or (1, C, H, W) as what is shown: (H, W) or (H, W, 3)."""
    pixels = np.asarray(x[0] if x.ndim == 4 else x)
    pixels = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, 2)
    return np.clip(pixels, 0, 1)


def gallery(pictures: Mapping[str, Array], *, columns: int = 4) -> Plot:
    """Show named pictures; the first is the original, and the words say how far the others are."""
    rows = -(-len(pictures) // columns)
    first = as_picture(next(iter(pictures.values())))
    height = rows * (7.0 / columns * first.shape[0] / first.shape[1] + 0.28)
    figure, axes = new_figure(rows, columns, height=height, squeeze=False)
    for ax in axes.flat[len(pictures) :]:
        ax.set_visible(False)
    said = []
    for ax, (name, x) in zip(axes.flat, pictures.items(), strict=False):
        picture = as_picture(x)
        show_image(ax, picture, vmin=0, vmax=1)
        ax.set_title(name)
        if picture.shape == first.shape:
            apart = float(np.abs(picture - first).mean())
            said.append(f"{name}: mean {picture.mean():.2f}, on average {apart:.2f} from the first")
        else:
            said.append(f"{name}: {picture.shape[0]} by {picture.shape[1]} pixels")
    return Plot(figure, "One photograph, changed. " + "; ".join(said) + ".", photo=True)


def attempts(panels: Mapping[str, Array], truth: Array) -> Plot:
    """Show pictures that should be alike, with the root mean square distance to the first."""
    figure, axes = new_figure(1, len(panels), height=7.0 / len(panels) + 0.5, squeeze=False)
    said = []
    for ax, (name, x) in zip(axes.flat, panels.items(), strict=True):
        picture = as_picture(x)
        apart = float(np.sqrt(np.mean((picture - as_picture(truth)) ** 2)))
        show_image(ax, picture, vmin=0, vmax=1)
        ax.set_title(name + (f"\noff {apart:.3f}" if apart else "\n"))
        said.append(f"{name}: root mean square distance {apart:.3f}.")
    return Plot(figure, "The same turn, several ways. " + " ".join(said), photo=True)


def digit_pairs(images: Array, changed: Array, labels: Array, called: Array, name: str) -> Plot:
    """Show digits above what a change makes of them, with what a network calls the result."""
    count = len(images)
    figure, axes = new_figure(2, count, height=2.2, squeeze=False)
    for k in range(count):
        show_image(axes[0, k], images[k, 0], vmin=0, vmax=1)
        show_image(axes[1, k], changed[k, 0], vmin=0, vmax=1)
        axes[0, k].set_title(f"{labels[k]}")
        axes[1, k].set_title(f"{called[k]}", color=PALETTE[1 if called[k] != labels[k] else 0])
    figure.supylabel(f"{name}    as written", fontsize=9)
    pairs = ", ".join(f"{a} is called {b}" for a, b in zip(labels, called, strict=True))
    return Plot(figure, f"Digits above, {name} below; a network's answers: {pairs}.", photo=True)


def by_class(changes: Mapping[int, Interval], *, ylabel: str) -> Plot:
    """Draw a change of accuracy for each class, with its interval."""
    figure, ax = new_figure(height=2.8)
    for k, interval in enumerate(changes.values()):
        clear = interval.high < 0 or interval.low > 0
        colour = PALETTE[1] if clear and interval.mean < 0 else PALETTE[0] if clear else PALETTE[5]
        ax.bar(k, interval.mean, color=colour, width=0.7)
        ax.errorbar(k, interval.mean, interval.half, color="black", capsize=3, lw=1)
    ax.axhline(0, color=PALETTE[5], lw=1)
    ax.set_xticks(range(len(changes)), [str(c) for c in changes])
    ax.set(xlabel="digit", ylabel=ylabel)
    said = ", ".join(f"{label}: {signed(interval, 1)}" for label, interval in changes.items())
    return Plot(figure, f"{ylabel} for each digit, in percentage points: {said}.")
