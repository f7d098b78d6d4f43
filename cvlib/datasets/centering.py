"""Moving the data's centre to zero, by the mean of the *training* images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mean_image(images: NDArray[Any]) -> NDArray[Any]:
    """Average the images, pixel by pixel.

    mean[c, h, w] = (1/N) Σ_n images[n, c, h, w]

    Shapes: images (N, C, H, W) -> mean (C, H, W), summed in float64; float32 for uint8 images, else
    of the images' dtype.
    Raises TypeError or ValueError for another dtype, rank, or no image.
    """
    dtype = _check_images(images)
    return images.mean(axis=0, dtype=np.float64).astype(dtype)


def channel_mean(images: NDArray[Any]) -> NDArray[Any]:
    """Average each channel over all images and pixels.

    mean[c] = (1/NHW) Σ_nhw images[n, c, h, w]

    Shapes: images (N, C, H, W) -> mean (C,), in the dtypes of `mean_image`.
    Raises TypeError or ValueError as it does.
    """
    dtype = _check_images(images)
    return images.mean(axis=(0, 2, 3), dtype=np.float64).astype(dtype)


def center(images: NDArray[Any], mean: NDArray[Any]) -> NDArray[Any]:
    """Subtract a mean image (C, H, W) or a mean colour (C,) from every image.

    Shapes: images (N, C, H, W) -> the same; uint8 images become float32, floats keep their dtype.
    Raises TypeError or ValueError for arrays that do not fit.
    """
    dtype = _check_images(images, least=0)
    mean = np.asarray(mean)
    if mean.shape not in (images.shape[1:], images.shape[1:2]):
        raise ValueError(
            f"mean must have the shape of an image {images.shape[1:]} or one number a channel "
            f"{images.shape[1:2]}, got {mean.shape} (mean.shape)"
        )
    if mean.ndim == 1:
        mean = mean[:, None, None]
    return images.astype(dtype, copy=False) - mean.astype(dtype, copy=False)


def _check_images(images: NDArray[Any], least: int = 1) -> Any:
    """Return the dtype of the result; raise for what is not a batch of images."""
    if not isinstance(images, np.ndarray):
        raise TypeError(f"images must be a NumPy array, got {type(images).__name__}")
    if images.dtype not in (np.uint8, np.float32, np.float64):
        raise TypeError(f"images must be uint8, float32 or float64, got {images.dtype}")
    if images.ndim != 4:
        raise ValueError(
            f"images must have 4 axes (N, C, H, W), got {images.ndim}: shape {images.shape}"
        )
    if len(images) < least:
        raise ValueError("expected at least one image to average, got none (images.shape[0])")
    return np.float32 if images.dtype == np.uint8 else images.dtype
