"""Sums over groups of numbers, and one number spread over each group, at the speed of memory.

Every normalization sees its input as (A, G, B): group g is x[:, g, :]. Three costs rule here. An
array that does not fit the cache is fetched anew by every operation, so groups are computed a few
at a time. A NumPy operation pays for every row anew, so short rows are joined and their numbers
written out. And rows shorter than half of NumPy's buffer are copied through it, so it is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array

Moments = npt.NDArray[np.float64]

#: Bytes of one array that stay in the cache while several operations pass over them.
PART = 2**20
#: Rows shorter than this are summed across first, by one product of a vector and a matrix.
SHORT_ROW = 48
#: An operation over rows of so many numbers hardly notices that there are several.
LONG_ROW = 4096
#: NumPy's buffer in numbers; the default is 8192.
BUFFER = 256


@contextmanager
def short_buffers() -> Iterator[None]:
    """Keep NumPy from copying short rows through its buffer, inside this context."""
    with np.errstate():  # restores the buffer's size as well
        np.setbufsize(BUFFER)
        yield


class Panel:
    """The shape (A, G, B) of a group-wise computation, and how to sum and spread over its groups.

    `flat` gives the view of an array that the other methods work on. Sums within a row are made by
    BLAS in the dtype of the data; rows are added in float64.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        rows, self.groups, self.length = shape
        self.dtype = dtype
        self.count = rows * self.length
        self.across = rows > 1 and self.length < SHORT_ROW
        self.joined = 1
        self.shape: tuple[int, ...] = shape
        if self.across:
            while self.joined * self.groups * self.length < LONG_ROW and not rows % (
                2 * self.joined
            ):
                self.joined *= 2
        if self.across or (rows > 2 and self.length < LONG_ROW):
            self.shape = (rows // self.joined, self.joined * self.groups * self.length)
        self.ones = np.ones(self.shape[0] if self.across else self.length, dtype)

    def flat(self, x: Array) -> Array:
        """See (A, G, B) as this panel's rows; short ones are joined."""
        return x.reshape(self.shape)

    def sum(self, x: Array) -> Moments:
        """Return Σ x over each group of a flat array, (G,)."""
        if self.across:
            return self._fold(self.ones @ x)
        rows = x.reshape(-1, self.groups, self.length)
        return np.vecdot(rows, self.ones).sum(axis=0, dtype=np.float64)

    def dot(self, x: Array, y: Array) -> Moments:
        """Return Σ x · y over each group of two flat arrays, (G,)."""
        if self.across:
            return self._fold(np.einsum("aj,aj->j", x, y))
        x, y = (a.reshape(-1, self.groups, self.length) for a in (x, y))
        return np.vecdot(x, y).sum(axis=0, dtype=np.float64)

    def spread(self, *numbers: npt.NDArray[Any]) -> Array:
        """Return numbers of each group, each (G,), in the dtype of the data, to broadcast."""
        columns = np.array(numbers, self.dtype)
        if len(self.shape) == 3:
            return columns[:, :, None]
        out = np.empty((len(numbers), self.joined, self.groups, self.length), self.dtype)
        out[...] = columns[:, None, :, None]
        return out.reshape(len(numbers), -1)

    def _fold(self, sums: Array) -> Moments:
        folded = sums.reshape(self.joined, self.groups, self.length)
        return folded.sum(axis=(0, 2), dtype=np.float64)


def panels(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[tuple[slice, Panel]]:
    """Cut the groups of (A, G, B) into parts that fit the cache, of rows that are not too short.

    Rows so short that they are summed across stay together.
    """
    rows, groups, length = shape
    step = max(1, PART // max(1, rows * length * dtype.itemsize))
    if rows > 1:
        step = groups if length < SHORT_ROW else max(step, LONG_ROW // 2 // length)
    panel = None
    for first in range(0, groups, step):
        part = slice(first, min(first + step, groups))
        count = part.stop - first
        if panel is None or panel.groups != count:
            panel = Panel((rows, count, length), dtype)
        yield part, panel
