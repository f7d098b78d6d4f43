"""What can be read off the pixels that each object shows: masks, boxes, how much is visible."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def instances_of(whole: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Number the pixels by the object they show: 0 for none, else 1 + the index of the foremost.

    Shapes: whole (n, objects, H, W), later objects in front -> (n, H, W).
    """
    instances = np.zeros((len(whole), *whole.shape[2:]), np.uint8)
    for j in range(whole.shape[1]):
        instances[whole[:, j]] = j + 1
    return instances


def classes_of(instances: NDArray[np.uint8], shape: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Replace object numbers by 1 + class: instances (n, H, W), shape (n, objects) -> (n, H, W)."""
    table = np.zeros((len(shape), shape.shape[1] + 1), np.uint8)
    table[:, 1:] = shape + 1
    return table[np.arange(len(shape))[:, None, None], instances]


def boxes_of(shown: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the tight box (top, left, bottom, right), half open, around each object's pixels.

    Shapes: shown (n, objects, H, W) -> (n, objects, 4); zeros where nothing is shown.
    """
    ends = []
    for axis in (3, 2):
        line: NDArray[np.bool_] = np.any(shown, axis=axis)
        first = line.argmax(axis=2)
        last = line.shape[2] - line[:, :, ::-1].argmax(axis=2)
        seen = line.any(axis=2)
        ends.append((np.where(seen, first, 0), np.where(seen, last, 0)))
    (top, bottom), (left, right) = ends
    return np.stack([top, left, bottom, right], axis=2).astype(np.int64)


def read_off(whole: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[Any], NDArray[Any]]:
    """Return instances (n, H, W), boxes (n, objects, 4) and visible shares (n, objects).

    An object's visible share is the part of its pixels that no other one hides, 0 if it has none.
    """
    instances = instances_of(whole)
    numbers = np.arange(1, whole.shape[1] + 1, dtype=np.uint8)
    shown = instances[:, None] == numbers[:, None, None]
    alone = whole.sum(axis=(2, 3))
    visible = shown.sum(axis=(2, 3)) / np.maximum(alone, 1)
    return instances, boxes_of(shown), visible
