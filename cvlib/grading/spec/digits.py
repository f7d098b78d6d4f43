"""The digits of all problem sets, cut in three once: released, for checks, and for the judge.

With a cut of its own, one set would release what another one asks about; and what a notebook's
checks ask comes with its labels, so the judge asks about other digits.
"""

from __future__ import annotations

import functools
import io

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets import Dataset, load_digits, split

RELEASED, FOR_CHECKS = 1000, 397


@functools.cache
def _parts() -> tuple[Dataset, ...]:
    everything = load_digits()
    rest = len(everything) - RELEASED - FOR_CHECKS
    return split(everything, (RELEASED, FOR_CHECKS, rest), seed=1)


def released() -> Dataset:
    """Return the 1,000 digits that may lie beside a notebook, in random order."""
    return _parts()[0]


def for_checks() -> Dataset:
    """Return the 397 digits that a notebook's own checks ask about, in random order."""
    return _parts()[1]


def for_the_judge() -> Dataset:
    """Return the 400 digits that the judge alone has, in random order."""
    return _parts()[2]


def grey_values(images: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn brightness 0 … 1 (N, 1, 8, 8) into the scans' whole grey values 0 … 16 (N, 8, 8)."""
    return np.round(16 * images[:, 0]).astype(np.uint8)


@functools.cache
def sorted_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the released digits, sorted by label: grey values (N, 8, 8), and labels (N,).

    Sorted on purpose: whoever trains on them in this order learns why one shuffles.
    """
    by_label = np.argsort(released().labels, kind="stable")
    return grey_values(released().images)[by_label], released().labels[by_label]


def flickered(
    rng: np.random.Generator,
    images: NDArray[np.integer] | NDArray[np.floating],
    ink: tuple[float, float],
    paper: tuple[float, float],
) -> NDArray[np.float64]:
    """Scan images (N, H, W) by a lamp that flickers: pale ink, and in each row a paper of its own.

    The strength of the ink, a factor for each image, and the paper, added to all pixels of a row,
    are drawn between the bounds given. So the nearest of any known images has the same rows rather
    than the same digit, though the digit can be read as well as before.
    """
    n, rows = images.shape[:2]
    return rng.uniform(*paper, (n, rows, 1)) + rng.uniform(*ink, (n, 1, 1)) * images


def archive(**arrays: NDArray[np.generic]) -> bytes:
    """Return the arrays as the content of an ``.npz`` file, the same bytes each time."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
