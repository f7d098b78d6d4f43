"""CIFAR-10 and CIFAR-100 from their official archives, the "Python version"."""

from __future__ import annotations

import gzip
import os
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets.archives import PIECE, check_choice, locate
from cvlib.datasets.dataset import Dataset
from cvlib.datasets.pickles import array_of_bytes, read_pickle, text

#: Numbers an image: three channels, one after the other, row by row.
PIXELS = 3 * 32 * 32


def load_cifar10(
    folder: str | os.PathLike[str],
    *,
    split: str = "train",
    download: bool = False,
    verify: bool = True,
) -> Dataset:
    """Return CIFAR-10's 50,000 training or 10,000 test images: (N, 3, 32, 32) uint8, 10 classes.

    `folder` holds `cifar-10-python.tar.gz`, which is read in place; `split` is "train" or "test".
    Nothing is downloaded unless asked; `verify=False` skips the checksum, not the format's own
    checks. The pickles inside are read as data: nothing in them is run.

    Raises FileNotFoundError for a missing file, ValueError for a damaged one, OSError for a
    download that fails.
    Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009, chapter 3.
    """
    check_choice("split", split, ("train", "test"))
    path = locate("CIFAR-10: all", folder, download=download, verify=verify)
    parts = [f"data_batch_{k}" for k in range(1, 6)] if split == "train" else ["test_batch"]
    found = _members(path, "cifar-10-batches-py", [*parts, "batches.meta"])
    return _dataset(path, found, parts, "batches.meta", "labels", "label_names")


def load_cifar100(
    folder: str | os.PathLike[str],
    *,
    split: str = "train",
    coarse: bool = False,
    download: bool = False,
    verify: bool = True,
) -> Dataset:
    """Return CIFAR-100's 50,000 training or 10,000 test images: (N, 3, 32, 32) uint8.

    `coarse` gives the 20 superclasses instead of the 100 classes. The file is
    `cifar-100-python.tar.gz`; options and source as in `load_cifar10`.

    Raises the errors of `load_cifar10`.
    """
    check_choice("split", split, ("train", "test"))
    path = locate("CIFAR-100: all", folder, download=download, verify=verify)
    found = _members(path, "cifar-100-python", [split, "meta"])
    kind = "coarse" if coarse else "fine"
    return _dataset(path, found, [split], "meta", f"{kind}_labels", f"{kind}_label_names")


def _members(path: Path, folder: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the unpickled members of an archive by name, nothing being extracted."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with gzip.open(path) as unzipped, tarfile.open(fileobj=unzipped, mode="r:") as archive:
            for member in archive:
                name = member.name.removeprefix("./").removeprefix(f"{folder}/")
                stream = archive.extractfile(member) if member.isfile() else None
                if name in names and stream is not None:
                    found[name] = read_pickle(stream.read(), f"{member.name} in {path}")
            # gzip's own checksum stands at the end
            while unzipped.read(PIECE):
                pass
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged or cut short: {error}") from error
    for name in names:
        if name not in found:
            raise ValueError(f"{path} is damaged or cut short: it has no {folder}/{name}")
    return found


def _dataset(
    path: Path,
    found: dict[str, dict[str, Any]],
    parts: Sequence[str],
    meta: str,
    labels: str,
    names: str,
) -> Dataset:
    class_names = tuple(text(name) for name in _list(path, meta, found[meta], names))
    batches = [_batch(path, part, found[part], labels, len(class_names)) for part in parts]
    images = np.concatenate([batch[0] for batch in batches])
    return Dataset(images, np.concatenate([batch[1] for batch in batches]), class_names)


def _batch(
    path: Path, part: str, content: dict[str, Any], key: str, classes: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    what = f"{part} in {path}"
    images = array_of_bytes(_entry(path, part, content, "data"), f"data of {what}")
    if images.ndim != 2 or images.shape[1] != PIXELS:
        raise ValueError(f"data of {what} must have shape (N, {PIXELS}), got {images.shape}")
    labels = _list(path, part, content, key)
    if len(labels) != len(images):
        raise ValueError(f"{what} holds {len(images)} images and {len(labels)} labels")
    for label in labels:
        if type(label) is not int or not 0 <= label < classes:
            raise ValueError(f"{key} of {what} must be whole numbers below {classes}, got {label}")
    return images.reshape(-1, 3, 32, 32), np.array(labels, np.int64)


def _entry(path: Path, part: str, content: dict[str, Any], key: str) -> Any:
    if key not in content:
        raise ValueError(f"{part} in {path} is damaged: it has no {key}, only {sorted(content)}")
    return content[key]


def _list(path: Path, part: str, content: dict[str, Any], key: str) -> list[Any]:
    found = _entry(path, part, content, key)
    if not isinstance(found, list):
        raise ValueError(f"{key} of {part} in {path} must be a list, got {type(found).__name__}")
    return found
