"""What several exercises draw, ask and call."""

from __future__ import annotations

import functools
from typing import Any, cast

import numpy as np

from cvlib.datasets import Dataset
from cvlib.grading.spec.digits import archive, grey_values, released

Rng = np.random.Generator


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def one_mean(target, which, *args):
    return target(*args)[which]


MARGIN, TRAINED = 2, 400


def framed(digits: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Digits in the middle of 12 × 12 pixels, uint8 0 … 16, and their labels."""
    frame = ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))
    return np.pad(grey_values(digits.images), frame), digits.labels


@functools.cache
def training_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 400 digits of ``digits.npz``."""
    return framed(released().subset(slice(TRAINED)))


def training_file() -> bytes:
    """400 digits, all in the middle of the frame."""
    images, labels = training_digits()
    return archive(images=images, labels=labels)


LEAVE = "*Dropout: leave half of the units out*"


MOVES = "*Augmentation: the same picture, seen differently*"


def places(image: np.ndarray, back: np.ndarray, shift: np.ndarray, centre: Any) -> np.ndarray:
    """Where the output pixels come from, (2, H, W)."""
    grid = np.stack(cast(Any, np.indices(image.shape).astype(float)))
    centre = np.asarray(centre, float)[:, None, None]
    return np.tensordot(back, grid - centre - shift[:, None, None], 1) + centre
