"""Figures of what hand-made descriptors see, and of what a linear classifier learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import LineCollection

from cvlib.arrays import Array
from cvlib.figures import DIVERGING, Plot, new_figure, show_image
from cvlib.shallow.plots.data import as_picture
from cvlib.shallow.reference.color import color_histogram
from cvlib.shallow.reference.edges import cell_histograms, image_gradients
from cvlib.shallow.reference.linear import LinearClassifier


def box_colors(bins: int) -> Array:
    """Return the colour in the middle of each box of a colour histogram: (bins³, 3)."""
    levels = (np.arange(bins) + 0.5) / bins
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)


def color_histograms(images: Array, *, bins: int = 4, names: Sequence[str] = ()) -> Plot:
    """Show images (N, 3, H, W) above their fullest boxes of colour, bars in the box's colour."""
    figure, axes = new_figure(2, len(images), height=3.4, squeeze=False, height_ratios=(3, 2))
    said = []
    for column, shares in enumerate(color_histogram(images, bins)):
        top, bottom = axes[:, column]
        show_image(top, as_picture(images[column]), vmin=0, vmax=1)
        if names:
            top.set_title(names[column])
        fullest = np.argsort(-shares, kind="stable")[:6]
        bottom.bar(
            range(len(fullest)),
            100 * shares[fullest],
            color=box_colors(bins)[fullest],
            edgecolor="#7f7f7f",
            linewidth=0.8,
        )
        bottom.set(xticks=[], ylim=(0, 100))
        used = int((shares > 0).sum())
        name = names[column] if names else f"image {column + 1}"
        said.append(f"{name}: {used} boxes used, {100 * shares.max():.0f} % in the fullest.")
    axes[1, 0].set_ylabel("% of pixels")
    alt = f"Images above their colour histograms of {bins**3} boxes. " + " ".join(said)
    return Plot(figure, alt, photo=True)


def hog_glyphs(image: Array, *, cell: int = 8, bins: int = 9) -> Plot:
    """Show an image (C, H, W), the strength of its gradient, and the edges HOG finds in each cell.

    A stroke lies along the edge, across the gradient; its length is its share of the cell.
    """
    figure, axes = new_figure(1, 3, height=2.7)
    show_image(axes[0], as_picture(image), vmin=0, vmax=1)
    strength, _ = image_gradients(image[None])
    show_image(axes[1], strength[0])
    cells = cell_histograms(image[None], cell=cell, bins=bins)[0]
    share = cells / (cells.sum(axis=0).max() + 1e-12)
    rows, columns = cells.shape[1:]
    across = np.arange(bins) * np.pi / bins
    reach = 0.5 * cell * share / (share.max() + 1e-12)
    strokes, weights = [], []
    for k, i, j in np.ndindex(cells.shape):
        # the edge is at a right angle to the gradient (cos, sin) = (along, down)
        step = reach[k, i, j] * np.array([-np.sin(across[k]), np.cos(across[k])])
        centre = cell * (np.array([j, i]) + 0.5) - 0.5
        strokes.append((centre - step, centre + step))
        weights.append(share[k, i, j])
    drawing = LineCollection(strokes, colors="#ffffff", linewidths=1.4)
    drawing.set_alpha(np.clip(np.array(weights) / (max(weights) + 1e-12), 0, 1) ** 0.5)
    show_image(axes[2], np.zeros(image.shape[1:]), vmin=0, vmax=1)
    axes[2].add_collection(drawing)
    for ax, title in zip(axes, ("image", "strength of the gradient", "HOG's cells"), strict=True):
        ax.set_title(title)
    total = cells.sum(axis=(1, 2))
    strongest = int(total.argmax())
    alt = (
        f"An image, its gradient, and {rows} by {columns} cells with {bins} directions each. Most "
        f"change goes along {np.degrees(across[strongest]):.0f} degrees, with "
        f"{100 * total[strongest] / (total.sum() + 1e-12):.0f} % of all strength."
    )
    return Plot(figure, alt, photo=True)


def templates(classifier: LinearClassifier, names: Sequence[str], shape: tuple[int, int]) -> Plot:
    """Show each class's weights as an image (H, W): where ink speaks for it, and where against."""
    figure, axes = new_figure(2, (len(names) + 1) // 2, height=3.0)
    weights = classifier.w.reshape(-1, *shape)
    reach = float(np.abs(weights).max())
    for ax in axes.flat:
        ax.set_axis_off()
    said = []
    for ax, weight, name in zip(axes.flat, weights, names, strict=False):
        show_image(ax, weight, cmap=DIVERGING, vmin=-reach, vmax=reach)
        ax.set_axis_on()
        ax.set_title(name)
        row, column = np.unravel_index(weight.argmin(), shape)
        said.append(f"{name}: most against it is row {row}, column {column}.")
    return Plot(figure, "Weights of each class as an image. " + " ".join(said), photo=True)
