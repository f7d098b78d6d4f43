"""Three ways to see n × n: see what a factorization keeps of the field, and what it narrows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.receptive_field import LayerGeometry, receptive_field, spread

from .common import Rng, table


def draw_kernels(rng: Rng) -> Iterator[Case]:
    for part in ("fields", "weights", "variances"):
        for n in rng.permutation(np.arange(5, 24, 2))[:3]:
            yield Case((part, int(n)), part=part)


def three_ways(n: int) -> np.ndarray:
    ways = [
        [LayerGeometry(n)],
        [LayerGeometry((n, 1)), LayerGeometry((1, n))],
        [LayerGeometry(3)] * ((n - 1) // 2),
    ]
    return np.array(
        [
            [
                receptive_field(way).size[0],
                sum(layer.kernel[0] * layer.kernel[1] for layer in way),
                spread(way)[0] ** 2,
            ]
            for way in ways
        ],
        dtype=float,
    )


def one_column(target, what, n):
    import numpy as np

    table = np.asarray(target(n), dtype=float)
    if table.shape != (3, 3):
        raise ValueError(f"expected an array of shape (3, 3), got {table.shape}")
    return table[:, ["fields", "weights", "variances"].index(what)]


variants = Variants()
EXERCISE = Exercise(
    id="three_ways",
    title="Three ways to see n × n",
    objective="See what a factorization keeps of the field, and what it narrows.",
    section="03_receptive_fields#rf-factorized",
    reference=three_ways,
    cases=draw_kernels,
    driver=one_column,
    hints={
        "fields": "All three see the same. That is what they are for.",
        "weights": "Count the taps of every window and add them up.",
        "variances": "A uniform step over k taps has the variance (k² - 1)/12, and steps "
        "of several layers add. Which layers step along the rows at all?",
    },
    variants=variants,
)


FACTORIZED = "See *Factorized: the same field, seen more narrowly*."


@variants.mutant(
    "You took half of n layers of 3 × 3. Every layer adds two pixels to the one that is there: "
    f"(n − 1)/2 of them make n. {FACTORIZED}",
)
def one_layer_too_many(n):
    right, depth = table(n), (n + 1) // 2
    right[2] = 2 * depth + 1, 9 * depth, depth * 2 / 3
    return right


@variants.mutant(
    "You counted 3 × 3 layers as if their windows did not overlap: n/3 of them. Stacked windows "
    f"overlap, and each adds only two pixels. {FACTORIZED}",
)
def windows_side_by_side(n):
    right, depth = table(n), n // 3
    right[2] = n, 9 * depth, depth * 2 / 3
    return right


@variants.mutant(
    "Field and weights are right. The stack does not spread like one n × n window: its steps are "
    f"short, and many short steps rarely add up to a long one. {FACTORIZED}",
)
def spreads_like_one_window(n):
    right = table(n)
    right[2, 2] = right[0, 2]
    return right


@variants.mutant(
    "Your last column holds standard deviations. Asked is the variance, which is what adds up from "
    f"layer to layer. {FACTORIZED}",
)
def standard_deviations(n):
    right = table(n)
    right[:, 2] = np.sqrt(right[:, 2])
    return right


@variants.mutant(
    "A column of n and a row of n have 2n taps in all; you let them share one. They are two layers "
    f"with weights of their own. {FACTORIZED}",
)
def column_and_row_share_a_tap(n):
    right = table(n)
    right[1, 1] = 2 * n - 1
    return right


@variants.mutant(
    "Your row of 1 × n steps along the rows, too. It steps along the columns; only the column of "
    f"n × 1 moves you along the rows. {FACTORIZED}",
)
def both_step_along_the_rows(n):
    right = table(n)
    right[1, 2] *= 2
    return right


@variants.mutant(
    "You took the variance of a step to be k²/12, that of a continuous step. Over k separate taps "
    f"it is (k² − 1)/12. {FACTORIZED}",
)
def continuous_steps(n):
    right, depth = table(n), (n - 1) // 2
    right[:, 2] = n * n / 12, n * n / 12, depth * 9 / 12
    return right


@variants.mutant(
    "You counted the weights of one 3 × 3 layer. There are (n − 1)/2 of them, each with nine of "
    f"its own. {FACTORIZED}",
)
def one_layer_of_weights(n):
    right = table(n)
    right[2, 1] = 9
    return right


@variants.mutant(
    "You multiplied the taps of column and row. They are two windows of n taps each: their numbers "
    f"add. {FACTORIZED}",
)
def taps_multiplied(n):
    right = table(n)
    right[1, 1] = n * n
    return right


@variants.mutant(
    "You let the column and the row add up to one long field. Along the rows only one of them "
    f"steps: it sees n pixels. {FACTORIZED}",
)
def fields_added(n):
    right = table(n)
    right[1, 0] = 2 * n - 1
    return right


@variants.alternative
def as_nested_lists(n):
    rows = []
    for windows in ([(n, n)], [(n, 1), (1, n)], [(3, 3)] * ((n - 1) // 2)):
        field = 1 + sum(k - 1 for k, _ in windows)
        weights = sum(k * m for k, m in windows)
        rows.append([field, weights, sum((k * k - 1) / 12 for k, _ in windows)])
    return rows


@variants.alternative
def by_counting_paths(n):
    rows = []
    for windows in ([n], [n, 1], [3] * ((n - 1) // 2)):
        paths = np.ones(1)
        for k in windows:
            paths = np.convolve(paths, np.ones(k))
        chance = paths / paths.sum()
        places = np.arange(len(paths)) - (len(paths) - 1) / 2
        rows.append([len(paths), 0, chance @ places**2])
    rows[0][1], rows[1][1], rows[2][1] = n**2, n + n, (n - 1) // 2 * 3**2
    return np.array(rows)


for change in (
    "depth = (n - 1) // 2 -> depth = (n - 1) / 2",
    "depth = (n - 1) // 2 -> depth = n // 2",
    "depth = (n - 1) // 2 -> depth = (n - 0) // 2",
    "[LayerGeometry(3)] * ((n - 1) // 2) -> [LayerGeometry(3)] * (n // 2)",
    "[LayerGeometry(3)] * ((n - 1) // 2) -> [LayerGeometry(3)] * ((n - 0) // 2)",
    "for windows in ([(n, n)], [(n, 1), (1, n)], [(3, 3)] * ((n - 1) // 2)): -> "
    "for windows in ([(n, n)], [(n, 1), (1, n)], [(3, 3)] * (n // 2)):",
    "for windows in ([(n, n)], [(n, 1), (1, n)], [(3, 3)] * ((n - 1) // 2)): -> "
    "for windows in ([(n, n)], [(n, 1), (1, n)], [(3, 3)] * ((n - 0) // 2)):",
    "for windows in ([n], [n, 1], [3] * ((n - 1) // 2)): -> "
    "for windows in ([n], [n, 1], [3] * (n // 2)):",
    "for windows in ([n], [n, 1], [3] * ((n - 1) // 2)): -> "
    "for windows in ([n], [n, 1], [3] * ((n - 0) // 2)):",
    "(n ** 2, n + n, (n - 1) // 2 * 3 ** 2) -> (n ** 2, n + n, (n - 1) / 2 * 3 ** 2)",
    "(n ** 2, n + n, (n - 1) // 2 * 3 ** 2) -> (n ** 2, n + n, n // 2 * 3 ** 2)",
    "(n ** 2, n + n, (n - 1) // 2 * 3 ** 2) -> (n ** 2, n + n, (n - 0) // 2 * 3 ** 2)",
):
    variants.equivalent(change, "The text asks for an odd n, and then it is the same number.")
variants.equivalent(
    "paths = np.ones(1) -> paths = 1",
    "np.convolve takes a number for an array of one, and an odd n above 1 has a layer.",
    where="by_counting_paths",
)
