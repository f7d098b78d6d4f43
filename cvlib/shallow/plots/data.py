"""Figures of what there is to classify: pictures and their distances, datasets, scenes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.arrays import Array
from cvlib.datasets import Dataset, ShapeScenes
from cvlib.figures import Plot, new_figure, show_image


def as_picture(image: Array) -> Array:
    """Return an image (C, H, W) as it is shown: (H, W) if grey, else (H, W, 3)."""
    return image[0] if len(image) == 1 else image.transpose(1, 2, 0)


def pixel_distance(one: Array, other: Array) -> float:
    """Return the root of the mean squared difference of two pictures' pixels."""
    return float(np.sqrt(np.mean((one - other) ** 2)))


def pixel_distances(pictures: Mapping[str, Array]) -> Plot:
    """Show pictures (H, W, 3), each with its distance from the first."""
    figure, axes = new_figure(1, len(pictures), height=2.1)
    first = next(iter(pictures.values()))
    said = []
    for ax, (name, picture) in zip(axes, pictures.items(), strict=True):
        show_image(ax, picture, vmin=0, vmax=1)
        distance = pixel_distance(first, picture)
        ax.set_title(f"{name}\n{distance:.3f}")
        said.append(f"{name}: {distance:.3f}.")
    return Plot(figure, f"Distances in pixels from the first picture. {' '.join(said)}", photo=True)


def gallery(rows: Mapping[str, Dataset], *, shown: int = 10) -> Plot:
    """Show the first images of datasets, a row each, every one under its class."""
    figure, axes = new_figure(len(rows), shown, height=1.05 * len(rows), squeeze=False)
    said = []
    for line, (name, data) in zip(axes, rows.items(), strict=True):
        for ax, image, label in zip(line, data.images, data.labels, strict=False):
            show_image(ax, as_picture(image), vmin=0, vmax=1)
            ax.set_title(data.class_names[label], fontsize=8)
        words = ", ".join(data.class_names[label] for label in data.labels[:shown])
        said.append(f"{name}: {words}.")
    return Plot(figure, "Images and their classes. " + " ".join(said), photo=True)


def scene_truths(scenes: ShapeScenes) -> Plot:
    """Show scenes above their masks, each with its caption."""
    figure, axes = new_figure(2, len(scenes), height=3.6, squeeze=False)
    for top, bottom, image, mask in zip(axes[0], axes[1], scenes.images, scenes.masks, strict=True):
        show_image(top, as_picture(image), vmin=0, vmax=1)
        show_image(bottom, mask, cmap="viridis", vmin=0, vmax=len(scenes.class_names))
    for ax, label in zip(axes[0], scenes.labels, strict=True):
        ax.set_title(scenes.class_names[label])
    return Plot(figure, "Scenes above their masks. " + " ".join(scenes.captions), photo=True)
