"""MNIST and Fashion-MNIST from their official files, gzipped arrays in the IDX format."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets.archives import check_choice, locate
from cvlib.datasets.dataset import Dataset

CLOTHES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

#: The most bytes that one file may claim to hold.
LIMIT = 2**31


def load_mnist(
    folder: str | os.PathLike[str],
    *,
    split: str = "train",
    download: bool = False,
    verify: bool = True,
) -> Dataset:
    """Return MNIST's 60,000 training or 10,000 test digits: images (N, 1, 28, 28) uint8.

    `folder` holds the four `…-ubyte.gz`; `split` is "train" or "test". Nothing is downloaded unless
    asked; `verify=False` skips the checksums, not the format's own checks.

    Raises FileNotFoundError for a missing file, ValueError for a damaged one, OSError for a
    download that fails.
    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998, §III.A.
    """
    return _load("MNIST", tuple("0123456789"), folder, split, download, verify)


def load_fashion_mnist(
    folder: str | os.PathLike[str],
    *,
    split: str = "train",
    download: bool = False,
    verify: bool = True,
) -> Dataset:
    """Return Fashion-MNIST's 60,000 training or 10,000 test images: (N, 1, 28, 28) uint8.

    The files are named as MNIST's are: keep them in another folder. Options as in `load_mnist`.

    Raises the errors of `load_mnist`.
    Source: Xiao, Rasul and Vollgraf, Fashion-MNIST, 2017, §2.
    """
    return _load("Fashion-MNIST", CLOTHES, folder, split, download, verify)


def _load(
    dataset: str,
    class_names: tuple[str, ...],
    folder: str | os.PathLike[str],
    split: str,
    download: bool,
    verify: bool,
) -> Dataset:
    check_choice("split", split, ("train", "test"))
    paths = [
        locate(f"{dataset}: {split} {part}", folder, download=download, verify=verify)
        for part in ("images", "labels")
    ]
    images, labels = read_idx(paths[0], 3), read_idx(paths[1], 1)
    if len(images) != len(labels):
        raise ValueError(
            f"{paths[0].name} holds {len(images)} images and {paths[1].name} {len(labels)} labels: "
            f"expected as many (in {paths[0].parent})"
        )
    if labels.size and labels.max() >= len(class_names):
        raise ValueError(
            f"{paths[1]} is damaged: expected labels 0 … {len(class_names) - 1}, got {labels.max()}"
        )
    return Dataset(images[:, None], labels.astype(np.int64), class_names)


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Read a gzipped IDX array of bytes with so many axes.

    The header is 0, 0, 8 (for unsigned bytes), the number of axes, and their lengths as big-endian
    32-bit integers; the numbers follow.
    Raises ValueError for anything else, or too few or too many bytes.
    """
    try:
        with gzip.open(path) as stream:
            return _read_array(cast(BinaryIO, stream), path, axes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged or cut short: {error}") from error


def _read_array(stream: BinaryIO, path: Path, axes: int) -> NDArray[np.uint8]:
    magic = stream.read(4)
    if magic != bytes((0, 0, 8, axes)):
        raise ValueError(
            f"{path} is not an IDX file of bytes with {axes} axes: expected it to begin with "
            f"{bytes((0, 0, 8, axes)).hex(' ')}, got {magic.hex(' ') or 'nothing'}"
        )
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise ValueError(f"{path} is cut short: its header ends after {4 + len(lengths)} bytes")
    shape = struct.unpack(f">{axes}I", lengths)
    count = math.prod(shape)
    if count > LIMIT:
        raise ValueError(f"{path} is damaged: its header promises {count} bytes, shape {shape}")
    # one more byte than promised shows that there are too many, and meets gzip's own checksum
    numbers = stream.read(count + 1)
    if len(numbers) != count:
        got = f"only {len(numbers)}" if len(numbers) < count else "more"
        raise ValueError(
            f"{path} is damaged: its header promises {count} bytes, shape {shape}, and {got} follow"
        )
    return np.frombuffer(numbers, np.uint8).reshape(shape).copy()
