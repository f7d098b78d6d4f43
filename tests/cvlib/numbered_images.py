"""Datasets for tests, whose images can be told apart."""

import numpy as np

from cvlib.datasets import Dataset


def numbered(labels, classes=None):
    """Return a dataset whose image n has the value n, so that an example can be recognized."""
    labels = np.asarray(labels, np.int64)
    images = np.arange(len(labels), dtype=np.float32)[:, None, None, None]
    names = tuple(f"class {k}" for k in range(classes or labels.max(initial=0) + 1))
    return Dataset(images, labels, names)


def identities(dataset):
    return dataset.images[:, 0, 0, 0].astype(int).tolist()
