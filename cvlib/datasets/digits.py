"""Handwritten digits, 8 × 8 pixels, that come with scikit-learn: real data without a download."""

import numpy as np

from cvlib.datasets.dataset import Dataset


def load_digits() -> Dataset:
    """Return 1,797 handwritten digits that come with scikit-learn.

    Each pixel counts the ink in 4 × 4 cells of a scanned digit, 0 to 16, here divided by 16.

    Shapes: images (1797, 1, 8, 8) float32 in [0, 1], labels (1797,).
    Raises ModuleNotFoundError where scikit-learn is not installed.
    Source: Alpaydin and Kaynak, Optical recognition of handwritten digits (its test set), UCI
    machine learning repository, 1998.
    """
    from sklearn.datasets import load_digits as load

    bunch = load()
    images = (bunch.images[:, None] / 16).astype(np.float32)
    return Dataset(images, bunch.target.astype(np.int64), tuple("0123456789"))
