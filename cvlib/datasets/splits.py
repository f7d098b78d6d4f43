"""Cutting a dataset into parts that share no example, and an epoch into mini-batches."""

from collections.abc import Iterator, Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets.dataset import Dataset


def split(
    dataset: Dataset, sizes: Sequence[int] | Sequence[float], *, seed: int
) -> tuple[Dataset, ...]:
    """Cut a dataset into disjoint parts, each with every class in its due share.

    `sizes` are numbers of examples (ints) or shares of the whole (floats, at most 1 together); what
    they leave over is in no part. The same seed gives the same parts.

    Raises TypeError or ValueError for sizes that do not fit.
    """
    counts = _counts(sizes, len(dataset))
    rng = np.random.default_rng(seed)
    order = _interleaved(dataset.labels, rng)
    starts = np.cumsum([0, *counts])
    return tuple(
        dataset.subset(rng.permutation(order[start : start + count]))
        for start, count in zip(starts, counts, strict=False)
    )


def _interleaved(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.intp]:
    """Order the examples so that every run of them holds each class in proportion.

    The r-th of the n examples of a class, in random order, stands at (r + ½) / n of the way.
    """
    shuffled = rng.permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return shuffled[np.argsort(place[shuffled], kind="stable")]


def _counts(sizes: Sequence[int] | Sequence[float], total: int) -> list[int]:
    if isinstance(sizes, (str, Real)) or not len(sizes):
        raise ValueError(f"sizes must list at least one part, got {sizes!r}")
    whole = all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes)
    shares = all(
        isinstance(size, Real) and not isinstance(size, (Integral, bool)) for size in sizes
    )
    if not whole and not shares:
        raise TypeError(f"sizes must be all ints or all floats, got {list(sizes)}")
    if not min(sizes) > 0:
        raise ValueError(f"each size must be greater than 0, got {list(sizes)}")
    if whole:
        if sum(sizes) > total:
            raise ValueError(f"sizes add up to {sum(sizes)}, the dataset has {total} examples")
        return [int(size) for size in sizes]
    if sum(sizes) > 1 + 1e-9:
        raise ValueError(f"shares must add up to at most 1, got {list(sizes)}: {sum(sizes):g}")
    ends = [round(float(end)) for end in np.cumsum(sizes) * total]
    counts = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    if not min(counts):
        raise ValueError(
            f"a share of {total} examples is empty: shares {list(sizes)} give {counts}"
        )
    return counts


def batches(n: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Yield the indices of one epoch's mini-batches: each of 0 … n - 1 once, in random order.

    The last batch may be short.
    Raises TypeError or ValueError at once for a bad n, size or rng.
    """
    for name, value, least in (("n", n, 0), ("size", size, 1)):
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise TypeError(f"{name} must be an int, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
    order = rng.permutation(int(n))
    return (order[start : start + size] for start in range(0, n, size))
