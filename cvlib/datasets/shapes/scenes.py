"""Scenes with everything that is known about them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvlib.datasets.dataset import Dataset, as_indices
from cvlib.datasets.shapes.captions import caption
from cvlib.datasets.shapes.layout import ObjectTable
from cvlib.datasets.shapes.questions import ask
from cvlib.datasets.shapes.vocabulary import CLASSES, COLORS, SIZES, TEXTURES, position

Attributes = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ShapeScenes:
    """n images of shapes and the truth about them; objects are listed from the largest down.

    images (n, 3, size, size) float32 in [0, 1]; labels (n,) int64, the class of the largest object.
    masks (n, size, size) uint8: 0 background, else 1 + the class of what is seen there;
    instances, likewise, 1 + the index of the object. Smaller objects stand in front.
    table: every object's attributes as arrays (n, 3); object_boxes (n, 3, 4) int64: tight around
    the pixels that the object shows, (top, left, bottom, right), half open; visible (n, 3): the
    share of its pixels that it shows. chances (n, …) is what the questions were drawn with.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    masks: NDArray[np.uint8]
    instances: NDArray[np.uint8]
    table: ObjectTable
    object_boxes: NDArray[np.int64]
    visible: NDArray[np.float64]
    chances: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def boxes(self) -> NDArray[np.int64]:
        """The largest object's box, (n, 4): top, left, bottom, right, half open."""
        return self.object_boxes[:, 0]

    @cached_property
    def objects(self) -> tuple[tuple[Attributes, ...], ...]:
        """Every object of every image in words and numbers, from the largest down.

        shape, color, size, texture, position: words. x, y, radius: shares of the side; angle:
        degrees; visible: a share; box: (top, left, bottom, right).
        """
        table = self.table
        columns = [
            [[words[k] for k in row] for row in column.tolist()]
            for words, column in (
                (CLASSES, table.shape),
                (COLORS, table.color),
                (SIZES, table.size),
                (TEXTURES, table.texture),
            )
        ]
        numbers = [a.tolist() for a in (table.x, table.y, table.radius, table.angle, self.visible)]
        return tuple(
            tuple(
                _describe(
                    [column[i][j] for column in columns],
                    [column[i][j] for column in numbers],
                    tuple(box[j]),
                )
                for j in range(count)
            )
            for i, (count, box) in enumerate(
                zip(table.counts.tolist(), self.object_boxes.tolist(), strict=True)
            )
        )

    @cached_property
    def attributes(self) -> tuple[Attributes, ...]:
        """The largest object of each image in words and numbers, as in `objects`."""
        return tuple(found[0] for found in self.objects)

    @cached_property
    def captions(self) -> tuple[str, ...]:
        """One sentence an image that names every object with size, texture, colour and shape."""
        return tuple(caption(found) for found in self.objects)

    @cached_property
    def questions(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """Questions about each image with their answers: ((question, answer), …)."""
        return tuple(
            ask(found, chances)
            for found, chances in zip(self.objects, self.chances.tolist(), strict=True)
        )

    def dataset(self) -> Dataset:
        """Return images and labels alone."""
        return Dataset(self.images, self.labels, self.class_names)

    def subset(self, indices: ArrayLike | slice) -> ShapeScenes:
        """Return the chosen scenes with all their truth, in the order of `indices`."""
        chosen = indices if isinstance(indices, slice) else as_indices(indices)
        parts: dict[str, Any] = {
            field.name: getattr(self, field.name)[chosen]
            for field in fields(self)
            if field.name not in ("class_names", "table")
        }
        return replace(self, table=self.table.take(chosen), **parts)


def _describe(words: list[str], numbers: list[float], box: tuple[int, ...]) -> Attributes:
    shape, color, size, texture = words
    x, y, radius, angle, visible = numbers
    return {
        "shape": shape,
        "color": color,
        "size": size,
        "texture": texture,
        "position": position(x, y),
        "x": x,
        "y": y,
        "radius": radius,
        "angle": angle,
        "visible": visible,
        "box": box,
    }
