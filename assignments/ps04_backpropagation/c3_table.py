"""The table of 1998: reconstruct LeNet-5's connection table, and count its 60,000 parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.convolution import count_macs, count_parameters
from cvlib.grading.spec import EXACT, Exercise, Variants, keys, read_key

from .common import Array


def read_rings() -> np.ndarray:
    """Which maps of S2 (rows) each map of C3 (columns) reads, as the exercise describes it."""
    three, four, pairs = (0, 1, 2), (0, 1, 2, 3), (0, 1, 3, 4)
    reads = [(three, 6), (four, 6), (pairs, 3), (range(6), 1)]
    table = np.zeros((6, 16), np.int64)
    for column, (start, offsets) in enumerate((j, o) for o, count in reads for j in range(count)):
        table[[(start + o) % 6 for o in offsets], column] = 1
    return table


TABLE = read_rings()


LINKS = int(TABLE.sum())


C3 = 5 * 5 * LINKS + 16


LENET = {
    "table": TABLE,
    "c3": C3,
    "network": 6 * 26 + 12 + C3 + 32 + count_parameters(16, 120, 5) + 84 * 121,
    "multiplications": count_macs(28, 1, 6, 5) + 10 * 10 * 25 * LINKS + 16 * 25 * 120 + 120 * 84,
}


variants = Variants()
EXERCISE = Exercise(
    id="c3_table",
    title="The table of 1998",
    objective="Reconstruct LeNet-5's connection table, and count its 60,000 parameters.",
    section="04_backpropagation#bp-lenet",
    kind="answer",
    reference=LENET,
    cases=keys(LENET),
    driver=read_key,
    tolerance=EXACT,
    hints={
        "table": "Column by column; the ring closes, so that 5 and 0 are neighbours.",
        "c3": "25 weights for each 1 in the table, and a bias a map.",
        "network": "Add up the last column of the layers' table, with 2 parameters a map "
        "for S2 and S4. Compare *LeNet-5 in pure NumPy*.",
        "multiplications": "Each weight of a kernel multiplies once for every pixel of the "
        "map that it makes; biases and S2, S4 don't count.",
    },
    variants=variants,
)


def table_of(*columns: tuple[int, ...]) -> Array:
    table = np.zeros((6, 16), dtype=int)
    for k, rows in enumerate(columns):
        table[list(rows), k] = 1
    return table


TRIPLES = [(0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)]


RUNS = [(0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)]


PAIRS = [(0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)]


CONNECTIONS = table_of(*TRIPLES, *RUNS, *PAIRS, tuple(range(6)))


LENET_COUNTS = {"table": CONNECTIONS, "c3": 1516, "network": 60_000, "multiplications": 325_680}


def wrong_lenet(name: str, misconception: str, **wrong: Any) -> None:
    variants.mutant_value(
        name,
        {**LENET_COUNTS, **wrong},
        f"{misconception} See *LeNet-5 in pure NumPy*.",
    )


wrong_lenet(
    "open_ring",
    "Your ring is open: after map 5 nothing follows. Map 0 does, so columns 4, 5 and 9 to 11 begin "
    "at the end and go on at the beginning.",
    table=table_of(
        *(tuple(r for r in range(j, j + 3) if r < 6) for j in range(6)),
        *(tuple(r for r in range(j, j + 4) if r < 6) for j in range(6)),
        *PAIRS,
        tuple(range(6)),
    ),
)


wrong_lenet(
    "transposed",
    "Your table is the transpose: asked is one row for each map of S2 and one column for each map "
    "of C3, (6, 16).",
    table=CONNECTIONS.T,
)


wrong_lenet(
    "all_connected",
    "You connected everything, as textbooks do: 2,416 parameters in C3 and 60,900 in all. In 1998 "
    "map j of C3 read only what the table says.",
    table=np.ones((6, 16), dtype=int),
    c3=2416,
    network=60_900,
    multiplications=415_680,
)


wrong_lenet(
    "bias_for_each_kernel",
    "You gave every kernel a bias. The kernels of one map are summed, and the map has one bias: 16 "
    "in C3, not 60.",
    c3=1560,
    network=60_044,
)


wrong_lenet(
    "no_biases",
    "You left out the biases of C3: one for each of its 16 maps.",
    c3=1500,
    network=59_984,
)


wrong_lenet(
    "pooling_without_weights",
    "C3 is right. S2 and S4 are not free of parameters in this network: each of their 22 maps has "
    "a coefficient and a bias.",
    network=59_956,
)


wrong_lenet(
    "learned_output",
    "C3 is right. You counted an output layer with 850 weights and biases. Here the output is the "
    "distance to ten fixed pictures: nothing to learn.",
    network=60_850,
)


wrong_lenet(
    "textbook_lenet",
    "61,706 is the LeNet of today's textbooks: C3 reads all maps, pooling has no weights, and the "
    "output is learned. The one of 1998 has the table.",
    c3=2416,
    network=61_706,
    multiplications=416_520,
)


wrong_lenet(
    "weights_once",
    "You counted each weight once. A kernel multiplies at every pixel of the map that it makes: "
    "28 × 28 times in C1, 10 × 10 times in C3.",
    multiplications=59_730,
)


wrong_lenet(
    "additions_too",
    "You counted additions as well, twice the multiplications.",
    multiplications=651_360,
)


variants.alternative_value(
    "lists_and_floats",
    {
        "table": [[bool(v) for v in row] for row in CONNECTIONS.tolist()],
        "c3": 1516.0,
        "network": 6e4,
        "multiplications": 325_680.0,
    },
)


variants.alternative_value(
    "copied_from_the_paper",
    {
        "multiplications": np.int64(117_600 + 150_000 + 48_000 + 10_080),
        "network": 156 + 12 + 1516 + 32 + 48_120 + 10_164,
        "c3": 6 * (75 + 1) + 9 * (100 + 1) + 151,
        "table": np.array(
            [
                [int(c) for c in row]
                for row in (
                    "1000111001111011",
                    "1100011100111101",
                    "1110001110010111",
                    "0111001111001011",
                    "0011100111101101",
                    "0001110011110111",
                )
            ],
            dtype=np.float32,
        ),
    },
)
