"""Four questions about images, each with the hand-made descriptors that might answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from cvlib.arrays import Array
from cvlib.datasets import Dataset, load_digits, make_shapes, photo, split
from cvlib.datasets.shapes import COLORS
from cvlib.shallow.reference.color import color_histogram
from cvlib.shallow.reference.edges import hog

Parts = tuple[Dataset, Dataset, Dataset]
Descriptor = Callable[[Array], Array]
TEXTURES = ("brick", "grass", "gravel")

#: Shares of a photograph's columns to train, validate and test on: no pixel is in two of them.
PLACES = ((0.0, 0.5), (0.5, 0.65), (0.65, 1.0))


def pixels(images: Array) -> Array:
    """Describe an image by itself: (N, C, H, W) -> (N, C·H·W)."""
    return images.reshape(len(images), -1)


@dataclass(frozen=True)
class Task:
    """A question: how to draw (training, validation, test) for a size and a seed; descriptors."""

    name: str
    draw: Callable[[int, int], Parts]
    descriptors: Mapping[str, Descriptor]
    sizes: tuple[int, ...]
    width: int = 12
    steps: int = 300


def cut_patches(
    photos: Mapping[str, Array],
    n: int,
    columns: tuple[float, float],
    rng: np.random.Generator,
    size: int = 12,
) -> Dataset:
    """Cut n patches at random places between two shares of the columns; the photo is the class.

    Shapes: photos (H, W) -> images (n, 1, size, size), as many of each class as n allows.
    """
    labels = np.arange(n, dtype=np.int64) % len(photos)
    patches = np.empty((n, 1, size, size), np.float32)
    names = tuple(photos)
    for k, label in enumerate(labels):
        whole = photos[names[label]]
        start, stop = (round(share * whole.shape[1]) for share in columns)
        row = rng.integers(whole.shape[0] - size + 1)
        column = rng.integers(start, stop - size + 1)
        patches[k, 0] = whole[row : row + size, column : column + size]
    return Dataset(patches, labels, names)


def texture_photos() -> dict[str, Array]:
    """Return photographs of a brick wall, grass and gravel, grey, (512, 512)."""
    return {name: photo(name)[:, :, 0] for name in TEXTURES}


def _draw_digits(n: int, seed: int) -> Parts:
    training, validation, test = split(load_digits(), (n, 200, 500), seed=seed)
    return training, validation, test


def _draw_textures(n: int, seed: int) -> Parts:
    rng, photos = np.random.default_rng(seed), texture_photos()
    first, second, third = (
        cut_patches(photos, count, place, rng)
        for count, place in zip((n, 201, 600), PLACES, strict=True)
    )
    return first, second, third


def _draw_scenes(n: int, seed: int, *, ask_color: bool) -> Parts:
    scenes = make_shapes(n + 700, size=16, seed=seed)
    everything = (
        Dataset(scenes.images, scenes.table.color[:, 0].astype(np.int64), COLORS)
        if ask_color
        else scenes.dataset()
    )
    # the test scenes come first, so that they are the same for every n
    return (
        everything.subset(slice(700, None)),
        everything.subset(slice(500, 700)),
        everything.subset(slice(500)),
    )


def tasks() -> Sequence[Task]:
    """Return the four tasks of the chapter."""
    scene: dict[str, Descriptor] = {
        "pixels": pixels,
        "colour histogram": partial(color_histogram, bins=4),
        "HOG": partial(hog, cell=4),
    }
    grey: dict[str, Descriptor] = {
        "pixels": pixels,
        "brightness histogram": partial(color_histogram, bins=16),
        "HOG": partial(hog, cell=4),
    }
    digit: dict[str, Descriptor] = {**grey, "HOG": partial(hog, cell=2)}
    return (
        Task("which digit?", _draw_digits, digit, (30, 1000), steps=150),
        Task("which texture?", _draw_textures, grey, (30, 300), width=8, steps=150),
        Task(
            "which colour?",
            partial(_draw_scenes, ask_color=True),
            scene,
            (14, 224),
            width=8,
            steps=100,
        ),
        Task("which shape?", partial(_draw_scenes, ask_color=False), scene, (60, 1000)),
    )
