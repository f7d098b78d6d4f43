"""Street View House Numbers, cropped to single digits, from the official MAT files."""

from __future__ import annotations

import os

import numpy as np

from cvlib.datasets.archives import check_choice, locate
from cvlib.datasets.dataset import Dataset


def load_svhn(
    folder: str | os.PathLike[str],
    *,
    split: str = "train",
    download: bool = False,
    verify: bool = True,
) -> Dataset:
    """Return the 73,257 training, 26,032 test or 531,131 extra digits: (N, 3, 32, 32) uint8.

    `folder` holds `train_32x32.mat`, `test_32x32.mat` or `extra_32x32.mat` and `split` names one of
    the three. The files write the digit 0 as label 10; here it is 0. Nothing is downloaded unless
    asked; `verify=False` skips the checksum, not the format's own checks.

    Raises FileNotFoundError for a missing file, ValueError for a damaged one, OSError for a
    download that fails.
    Source: Netzer et al., Reading digits in natural images with unsupervised feature learning,
    2011, §3.
    """
    from scipy.io import loadmat

    check_choice("split", split, ("train", "test", "extra"))
    path = locate(f"SVHN: {split}", folder, download=download, verify=verify)
    try:
        # a damaged file can raise almost anything here
        content = loadmat(path, variable_names=["X", "y"])
    except Exception as error:
        raise ValueError(f"{path} is damaged or not a MAT file: {error}") from error
    for name in ("X", "y"):
        if not isinstance(content.get(name), np.ndarray):
            raise ValueError(f"{path} is damaged: it has no variable {name}")
    x, y = content["X"], content["y"]
    if x.dtype != np.uint8 or x.ndim != 4 or x.shape[:3] != (32, 32, 3):
        raise ValueError(f"X in {path} must be (32, 32, 3, N) uint8, got {x.shape} {x.dtype}")
    if y.shape != (x.shape[3], 1) or y.dtype.kind not in "iu":
        raise ValueError(
            f"y in {path} must hold a whole number for each of the {x.shape[3]} images, "
            f"shape ({x.shape[3]}, 1), got {y.shape} {y.dtype}"
        )
    if y.size and not 1 <= y.min() <= y.max() <= 10:
        raise ValueError(f"y in {path} must lie in 1 … 10, got {y.min()} … {y.max()}")
    images = np.ascontiguousarray(x.transpose(3, 2, 0, 1))
    return Dataset(images, y[:, 0].astype(np.int64) % 10, tuple("0123456789"))
