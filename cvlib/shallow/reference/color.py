"""The colour histogram: which colours an image has, and not where."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import check_arrays
from cvlib.shallow.validation import check_count, check_image_shape, check_range


def color_histogram(images: NDArray[Any], bins: int = 4) -> NDArray[Any]:
    """Return the share of pixels in each box of colours: h_k = (1/HW) Σ_pixels [box = k].

    Each channel's range [0, 1] is cut into `bins` equal levels, so that colours fall into binsᶜ
    boxes; the last channel's level runs fastest. The value 1 belongs to the last level.

    Shapes: images (N, C, H, W) in [0, 1] -> (N, binsᶜ), each row adding up to 1.
    Raises TypeError or ValueError for another dtype, rank or range, or bins < 1. Source: Swain and
    Ballard, "Color indexing" (IJCV 1991), section 2.
    """
    check_arrays(images=images)
    check_image_shape(images.shape)
    bins = check_count("bins", bins)
    n, channels, height, width = images.shape
    if images.size:
        check_range(images.min(), images.max())
    level = np.minimum((images * bins).astype(np.intp), bins - 1)
    box = np.zeros((n, height, width), np.intp)
    for channel in range(channels):
        box = box * bins + level[:, channel]
    # image n counts in the boxes n·binsᶜ …, so that one bincount serves the batch
    boxes = bins**channels
    every = box + boxes * np.arange(n)[:, None, None]
    counts = np.bincount(every.ravel(), minlength=n * boxes).reshape(n, boxes)
    return (counts / (height * width)).astype(images.dtype)
