"""Splits: disjoint parts, each class in proportion, and the seed decides."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numbered_images import identities, numbered

from cvlib.datasets import load_digits, split


@st.composite
def splits(draw):
    """Draw labels, balanced or not, and sizes of two to four parts that need not use all."""
    counts = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
    labels = np.repeat(np.arange(len(counts)), counts)
    sizes, left = [], len(labels)
    for _ in range(draw(st.integers(1, 4))):
        if left:
            sizes.append(draw(st.integers(1, left)))
            left -= sizes[-1]
    return labels, sizes, draw(st.integers(0, 2**32))


@given(splits())
def test_parts_are_disjoint_and_hold_each_class_in_proportion(case):
    labels, sizes, seed = case
    dataset = numbered(labels)
    parts = split(dataset, sizes, seed=seed)
    assert [len(part) for part in parts] == sizes
    seen = [k for part in parts for k in identities(part)]
    assert len(set(seen)) == len(seen)
    for part in parts:
        assert part.labels.tolist() == labels[identities(part)].tolist()
        due = np.bincount(labels) * len(part) / len(labels)
        # at either end of a part a class is off by at most ½, and ½ for each class in its share
        bound = 1 + np.bincount(labels) * dataset.classes / len(labels)
        assert (np.abs(np.bincount(part.labels, minlength=dataset.classes) - due) <= bound).all()


def test_balanced_classes_stay_balanced():
    parts = split(numbered(np.arange(1000) % 10), (0.6, 0.2, 0.2), seed=3)
    assert [np.bincount(part.labels).tolist() for part in parts] == [
        [60] * 10,
        [20] * 10,
        [20] * 10,
    ]


def test_shares_use_every_example_once():
    parts = split(load_digits(), (0.7, 0.15, 0.15), seed=0)
    assert sum(map(len, parts)) == 1797
    assert [len(part) for part in parts] == [1258, 269, 270]
    leftover = split(numbered([0] * 10), (0.25, 0.5), seed=0)
    assert [len(part) for part in leftover] == [2, 6]


def test_the_seed_decides_and_classes_are_mixed():
    digits = load_digits()
    first, again, other = (split(digits, (1000,), seed=seed)[0] for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)
    # neither sorted by class, nor every class in turn: neighbours agree as often as by chance
    assert 0.06 < (np.diff(first.labels) == 0).mean() < 0.14


def test_the_same_share_of_a_class_lands_in_each_part_on_average():
    counts: Counter[object] = Counter()
    for seed in range(200):
        counts.update(identities(split(numbered([0, 0, 0, 1, 1, 1]), (2, 4), seed=seed)[0]))
    # every example is in the first part in a third of the splits: 66.7 ± 6.7 times
    assert all(40 <= counts[k] <= 94 for k in range(6))


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((), ValueError, "sizes must list at least one part, got ()"),
        (5, ValueError, "sizes must list at least one part, got 5"),
        ((1, 0.5), TypeError, "sizes must be all ints or all floats, got [1, 0.5]"),
        ((True,), TypeError, "sizes must be all ints or all floats, got [True]"),
        ((2, 0), ValueError, "each size must be greater than 0, got [2, 0]"),
        ((0.5, -0.1), ValueError, "each size must be greater than 0, got [0.5, -0.1]"),
        ((float("nan"),), ValueError, "each size must be greater than 0, got [nan]"),
        ((3, 2), ValueError, "sizes add up to 5, the dataset has 4 examples"),
        ((0.8, 0.3), ValueError, "shares must add up to at most 1, got [0.8, 0.3]: 1.1"),
        ((0.99, 0.01), ValueError,
         "a share of 4 examples is empty: shares [0.99, 0.01] give [4, 0]"),
    ],
)  # fmt: skip
def test_sizes_that_do_not_fit(sizes, error, message):
    with pytest.raises(error, match=re.escape(message)):
        split(numbered([0, 1, 0, 1]), sizes, seed=0)
