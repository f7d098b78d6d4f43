"""How often a classifier changes its mind when only something irrelevant changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cvlib.arrays import Array
from cvlib.shallow.experiments.pipelines import LearningCurves, Predict


def shift(images: Array, down: int, along: int) -> Array:
    """Move each image by whole pixels, |·| < its size, the border repeated where it came from.

    Shapes: (N, C, H, W) -> the same.
    """
    height, width = images.shape[2:]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - along, 0, width - 1)
    return images[:, :, rows[:, None], columns]


def shuffle_pixels(images: Array) -> Array:
    """Put the pixels of every image into one and the same random order: (N, C, H, W) -> same."""
    n, channels, height, width = images.shape
    order = np.random.default_rng(0).permutation(height * width)
    return images.reshape(n, channels, -1)[:, :, order].reshape(images.shape)


#: Changes after which the answer to "which shape?" should be what it was, all but the last.
CHANGES: Mapping[str, Callable[[Array], Array]] = {
    "moved 1 pixel": lambda images: shift(images, 0, 1),
    "moved 2 pixels": lambda images: shift(images, 2, 0),
    "mirrored": lambda images: images[:, :, :, ::-1].copy(),
    "half the light": lambda images: images * images.dtype.type(0.5),
    "colours exchanged": lambda images: images[:, [1, 2, 0]],
    "pixels shuffled": shuffle_pixels,
}


def changed_share(predict: Predict, images: Array, change: Callable[[Array], Array]) -> float:
    """Return the share of images whose predicted class is another after the change."""
    return float((predict(images) != predict(change(images))).mean())


def changed_shares(curves: LearningCurves) -> dict[str, dict[str, Array]]:
    """Return found[pipeline][change], (seeds,): how often each pipeline changes its mind."""
    return {
        name: {
            word: np.array(
                [
                    changed_share(trained[name], test.images, change)
                    for trained, test in zip(curves.trained, curves.tests, strict=True)
                ]
            )
            for word, change in CHANGES.items()
        }
        for name in curves.accuracy
    }
