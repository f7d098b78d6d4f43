"""What a classifier learns from: images, the class of each, and the names of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and their classes: image n shows class_names[labels[n]].

    Shapes: images (N, C, H, W), float32 in [0, 1], or uint8 as an archive stores them; labels (N,)
    int64; one name a class.
    Raises TypeError or ValueError that names what does not fit.
    """

    images: NDArray[Any]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_names", tuple(self.class_names))
        for name, array in (("images", self.images), ("labels", self.labels)):
            if not isinstance(array, np.ndarray):
                raise TypeError(f"{name} must be a NumPy array, got {type(array).__name__}")
        if self.images.dtype not in (np.float32, np.uint8):
            raise TypeError(f"images must be float32 or uint8, got {self.images.dtype}")
        if self.images.ndim != 4:
            raise ValueError(
                f"images must have 4 axes (N, C, H, W), got {self.images.ndim}: "
                f"shape {self.images.shape}"
            )
        if self.labels.dtype != np.int64:
            raise TypeError(f"labels must be int64, got {self.labels.dtype}")
        if self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"{len(self.images)} images need labels of shape ({len(self.images)},), "
                f"got {self.labels.shape} (labels.shape)"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < self.classes:
            raise ValueError(
                f"labels must lie in 0 … {self.classes - 1} for {self.classes} class names, "
                f"got {self.labels.min()} … {self.labels.max()}"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def classes(self) -> int:
        """How many classes there are, with or without examples."""
        return len(self.class_names)

    def as_float(self) -> Dataset:
        """Return the images as float32 in [0, 1]: bytes divided by 255, floats as they are."""
        if self.images.dtype == np.float32:
            return self
        scaled = self.images.astype(np.float32)
        scaled /= np.float32(255)
        return Dataset(scaled, self.labels, self.class_names)

    def subset(self, indices: ArrayLike | Sequence[int] | slice) -> Dataset:
        """Return the chosen examples, in the order of `indices` (ints, booleans or a slice)."""
        chosen = indices if isinstance(indices, slice) else as_indices(indices)
        return Dataset(self.images[chosen], self.labels[chosen], self.class_names)


def as_indices(indices: ArrayLike) -> NDArray[Any]:
    """Return one axis of ints or booleans to index with; nothing chosen is an int axis too."""
    chosen = np.asarray(indices)
    if chosen.ndim != 1:
        raise ValueError(f"indices must have 1 axis, got {chosen.ndim}: shape {chosen.shape}")
    if not chosen.size and chosen.dtype != np.bool_:
        return chosen.astype(np.intp)
    if chosen.dtype != np.bool_ and not np.issubdtype(chosen.dtype, np.integer):
        raise TypeError(f"indices must be ints or booleans, got {chosen.dtype}")
    return chosen
