"""The digits that problem sets give out, and those that only the judge has: one cut for the course.

With a cut of its own, one set would release what another one asks about.
"""

from __future__ import annotations

import functools
import io

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets import Dataset, load_digits, split

RELEASED = 1000


@functools.cache
def released_and_hidden() -> tuple[Dataset, Dataset]:
    """Return 1,000 digits that may be released, and the 797 others, both in random order."""
    everything = load_digits()
    released, hidden = split(everything, (RELEASED, len(everything) - RELEASED), seed=1)
    return released, hidden


def grey_values(images: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn brightness 0 … 1 (N, 1, 8, 8) into the scans' whole grey values 0 … 16 (N, 8, 8)."""
    return np.round(16 * images[:, 0]).astype(np.uint8)


@functools.cache
def sorted_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the released digits, sorted by label: grey values (N, 8, 8), and labels (N,).

    Sorted on purpose: whoever trains on them in this order learns why one shuffles.
    """
    released, _ = released_and_hidden()
    by_label = np.argsort(released.labels, kind="stable")
    return grey_values(released.images)[by_label], released.labels[by_label]


def archive(**arrays: NDArray[np.generic]) -> bytes:
    """Return the arrays as the content of an ``.npz`` file, the same bytes each time."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
