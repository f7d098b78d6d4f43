"""Photographs that come with scikit-learn and scikit-image: no download."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: scikit-learn's, by file.
SAMPLES = {"china": "china.jpg", "flower": "flower.jpg"}

#: scikit-image's, by function; those from camera on are grey.
IMAGES = ("astronaut", "cat", "coffee", "hubble_deep_field", "retina", "rocket")
GREY = ("camera", "brick", "coins", "grass", "gravel", "moon")

PHOTOS = (*SAMPLES, *IMAGES, *GREY)


def photo(name: str) -> NDArray[np.float32]:
    """Return a photograph by name: (H, W, 3) float32 in [0, 1]; a grey one has equal channels.

    Raises ValueError for a name that is not in `PHOTOS`, ModuleNotFoundError where the library that
    brings the photograph is not installed.
    """
    if name not in PHOTOS:
        raise ValueError(f"name must be one of {', '.join(PHOTOS)}, got {name!r}")
    if name in SAMPLES:
        pixels: NDArray[Any] = importlib.import_module("sklearn.datasets").load_sample_image(
            SAMPLES[name]
        )
    else:
        pixels = getattr(importlib.import_module("skimage.data"), name)()
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    return pixels.astype(np.float32) / np.float32(255)
