"""Two slides in one: compose two convolutions into the one kernel that does the work of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.convolution import compose_kernels, conv_transpose2d_forward
from cvlib.grading.spec import Case, Exercise, Variants

from .common import Rng, unequal


def draw_two_kernels(rng: Rng) -> Iterator[Case]:
    n, m = unequal(rng, 2, 5)
    for part, first, second in (
        ("two 3 × 3", (3, 3), (3, 3)),
        ("other sizes", unequal(rng, 2, 4), unequal(rng, 2, 4)),
        ("other sizes", (2, 2), unequal(rng, 3, 5)),
        ("a column and a row", (n, 1), (1, m)),
    ):
        yield Case((rng.normal(size=first), rng.normal(size=second)), part=part)


def compose(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return compose_kernels(first[None, None], second[None, None])[0, 0]


variants = Variants()
EXERCISE = Exercise(
    id="compose",
    title="Two slides in one",
    objective="Compose two convolutions into the one kernel that does the work of both.",
    section="02_convolution#conv-factorized",
    reference=compose,
    cases=draw_two_kernels,
    weights={"two 3 × 3": 2},
    hints={
        "two 3 × 3": "Through which pairs of weights can one pixel of the 5 × 5 window "
        "reach the answer? Multiply along each way, add up the ways. Compare "
        "*Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
        "other sizes": "How many pixels does a window of windows see along each axis?",
        "a column and a row": "Here each place is reached in one way only.",
    },
    variants=variants,
)


def composed(first: Any, second: Any) -> np.ndarray:
    return conv_transpose2d_forward(second[None, None], first[None, None])[0][0, 0]


@variants.mutant(
    "You slid one kernel over the other, so that one of them came in turned by 180°. Every weight "
    "of one stamps the other as it is. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column "
    "and a row*.",
)
def correlates_the_kernels(first, second):
    (rows, columns), (more_rows, more_columns) = first.shape, second.shape
    out = np.zeros((rows + more_rows - 1, columns + more_columns - 1))
    for (r, t), weight in np.ndenumerate(second[::-1, ::-1]):
        out[r : r + rows, t : t + columns] += weight * first
    return out


@variants.mutant(
    "Your kernel is right, but the other way round, by 180°. Neither slide turns its kernel, so "
    "their composition is not turned either. See *Which way round is the kernel?*",
)
def composes_it_turned(first, second):
    return composed(first, second)[::-1, ::-1]


@variants.mutant(
    "Your kernel has the size of the first one; its rim is cut off. Two 3 × 3 windows in a row see "
    "5 × 5 pixels. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def keeps_the_size_of_the_first(first, second):
    top, left = (second.shape[0] - 1) // 2, (second.shape[1] - 1) // 2
    rows, columns = first.shape
    return composed(first, second)[top : top + rows, left : left + columns]


@variants.mutant(
    "You added the two kernels. That is two layers side by side, with their outputs summed; here "
    "the second reads what the first wrote. See *Factorized: 5 × 5 from two 3 × 3, n × n from a "
    "column and a row*.",
)
def adds_the_kernels(first, second):
    (rows, columns), (more_rows, more_columns) = first.shape, second.shape
    out = np.zeros((rows + more_rows - 1, columns + more_columns - 1))
    for kernel in (first, second):
        top, left = ((n - k) // 2 for n, k in zip(out.shape, kernel.shape, strict=True))
        out[top : top + kernel.shape[0], left : left + kernel.shape[1]] += kernel
    return out


@variants.mutant(
    "You multiplied weight by weight. A pixel goes through one weight of the first kernel and then "
    "through any of the second: all pairs count. See *Factorized: 5 × 5 from two 3 × 3, n × n "
    "from a column and a row*.",
)
def multiplies_weight_by_weight(first, second):
    return first * second


@variants.mutant(
    "You took the matrix product of the kernels. It is their convolution matrices that multiply; "
    "for kernels the two agree only if one is a column and one a row. See *Factorized: 5 × 5 from "
    "two 3 × 3, n × n from a column and a row*.",
)
def multiplies_as_matrices(first, second):
    return first @ second


@variants.mutant(
    "You laid the stamps side by side. They stand one pixel apart and overlap, because the first "
    "layer's windows do. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def lays_the_stamps_side_by_side(first, second):
    return np.kron(second, first)


@variants.mutant(
    "Where stamps overlap, your last one wins. Several pairs of weights lead to the same place, "
    "and their products add up. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def the_last_pair_wins(first, second):
    (rows, columns), (more_rows, more_columns) = first.shape, second.shape
    out = np.zeros((rows + more_rows - 1, columns + more_columns - 1))
    for (r, t), weight in np.ndenumerate(second):
        out[r : r + rows, t : t + columns] = weight * first
    return out


@variants.mutant(
    "You composed the column sums and the row sums. That is enough for kernels that are a column "
    "times a row; others need every pair of weights. See *Factorized: 5 × 5 from two 3 × 3, n × n "
    "from a column and a row*.",
)
def composes_the_sums(first, second):
    column = np.convolve(first.sum(axis=1), second.sum(axis=1))
    row = np.convolve(first.sum(axis=0), second.sum(axis=0))
    return np.outer(column, row) / column.sum()


@variants.mutant(
    "You composed the first kernel with itself. Its second slide is done by the second one. See "
    "*Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def the_first_one_twice(first, second):
    return composed(first, first)


@variants.alternative
def pair_by_pair(first, second):
    rows, columns = (a + b - 1 for a, b in zip(first.shape, second.shape, strict=True))
    out = [[0.0] * columns for _ in range(rows)]
    for (r, t), a in np.ndenumerate(first):
        for (u, v), b in np.ndenumerate(second):
            out[r + u][t + v] += a * b
    return out


@variants.alternative
def through_fourier(first, second):
    size = [a + b - 1 for a, b in zip(first.shape, second.shape, strict=True)]
    return np.fft.irfft2(np.fft.rfft2(first, size) * np.fft.rfft2(second, size), size)


@variants.alternative
def by_asking_each_pixel(first, second):
    def slide(image, kernel):
        windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
        return np.einsum("ijrs,rs->ij", windows, kernel)

    out = np.zeros(np.add(first.shape, second.shape) - 1)
    for place in np.ndindex(out.shape):
        single = np.zeros_like(out)
        single[place] = 1.0
        out[place] = slide(slide(single, first), second).item()
    return out
