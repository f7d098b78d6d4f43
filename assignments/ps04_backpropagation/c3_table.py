"""The table of 1998: reconstruct LeNet-5's connection table, and count its 60,000 parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.convolution import count_parameters
from cvlib.grading.spec import EXACT, Exercise, Variants, keys, read_own_key

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


def windows_of(height: int, width: int) -> int:
    """At how many places of a sheet the network reads, 4 pixels apart: the pixels of C5."""
    return (height // 4 - 7) * (width // 4 - 7)


def multiplications(height: int, width: int, links: int = LINKS) -> int:
    """What it takes to slide the network, with so many kernels in C3, over a sheet."""
    c1 = (height - 4) * (width - 4)
    c3 = (height // 2 - 6) * (width // 2 - 6)
    fully_connected = 16 * 25 * 120 + 120 * 84
    return 25 * (6 * c1 + links * c3) + fully_connected * windows_of(height, width)


def lenet(height: int, width: int) -> dict[str, Any]:
    return {
        "table": TABLE,
        "c3": C3,
        "network": 6 * 26 + 12 + C3 + 32 + count_parameters(16, 120, 5) + 84 * 121,
        "multiplications": multiplications(height, width),
    }


variants = Variants()
EXERCISE = Exercise(
    id="c3_table",
    title="The table of 1998",
    objective="Reconstruct LeNet-5's connection table, and count its 60,000 parameters.",
    section="04_backpropagation#bp-lenet",
    kind="answer",
    reference=lenet,
    cases=keys(dict.fromkeys(("table", "c3", "network", "multiplications"))),
    driver=read_own_key,
    numbers={"height": range(36, 84, 4), "width": range(96, 196, 4)},
    tolerance=EXACT,
    hints={
        "table": "Column by column; the ring closes, so that 5 and 0 are neighbours.",
        "c3": "A kernel for each 1 in the table, and a bias a map.",
        "network": "Add up the last column of the layers' table, with 2 parameters a map "
        "for S2 and S4. Compare *LeNet-5 in pure NumPy*.",
        "multiplications": "Each weight of a kernel multiplies once for every pixel of the "
        "map that it makes; biases and S2, S4 don't count. First work out the sizes of all maps.",
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


def wrong_lenet(name: str, misconception: str, **wrong: Any) -> None:
    """A wrong answer: some entries, or functions of the sheet, in place of the right ones."""

    def answer(height: int, width: int) -> dict[str, Any]:
        made = {k: v(height, width) if callable(v) else v for k, v in wrong.items()}
        return {**lenet(height, width), "table": CONNECTIONS, **made}

    variants.mutant_value(name, answer, f"{misconception} See *LeNet-5 in pure NumPy*.")


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
    multiplications=lambda height, width: multiplications(height, width, 6 * 16),
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
    multiplications=lambda height, width: (
        multiplications(height, width, 6 * 16) + 840 * windows_of(height, width)
    ),
)


wrong_lenet(
    "weights_once",
    "You counted each weight once. A kernel multiplies at every pixel of the map that it makes, "
    "and a larger sheet makes larger maps.",
    multiplications=59_730,
)


wrong_lenet(
    "additions_too",
    "You counted additions as well, twice the multiplications.",
    multiplications=lambda height, width: 2 * multiplications(height, width),
)


wrong_lenet(
    "one_image_of_32",
    "Those are the multiplications for an image of 32 × 32. Your sheet is larger, and so is each "
    "of the maps.",
    multiplications=325_680,
)


wrong_lenet(
    "window_by_window",
    "You read the sheet one window of 32 × 32 after the other. Neighbouring windows share most of "
    "their pixels: slide each layer over the whole sheet once, and nothing is computed twice.",
    multiplications=lambda height, width: 325_680 * windows_of(height, width),
)


wrong_lenet(
    "f6_once",
    "Your F6 reads a single place. C5 has made a map of places, and F6 reads each of them.",
    multiplications=lambda height, width: (
        multiplications(height, width) - 84 * 120 * (windows_of(height, width) - 1)
    ),
)


wrong_lenet(
    "c5_once",
    "Your C5 and F6 stand at a single place. On a larger sheet they slide like the others, and "
    "read it at every place where 5 × 5 pixels of S4 are.",
    multiplications=lambda height, width: (
        multiplications(height, width) - 58_080 * (windows_of(height, width) - 1)
    ),
)


def as_lists_and_floats(height: int, width: int) -> dict[str, Any]:
    return {
        "table": [[bool(v) for v in row] for row in CONNECTIONS.tolist()],
        "c3": 1516.0,
        "network": 6e4,
        "multiplications": float(multiplications(height, width)),
    }


def map_by_map(height: int, width: int) -> dict[str, Any]:
    sides = [np.array([height, width]) - 4]
    sides.append(sides[-1] // 2 - 4)
    sides.append(sides[-1] // 2 - 4)
    weights = (150, 1500, 48_000 + 10_080)
    return {
        "multiplications": sum(w * np.prod(side) for w, side in zip(weights, sides, strict=True)),
        "network": 156 + 12 + 1516 + 32 + 48_120 + 10_164,
        "c3": 25 * CONNECTIONS.sum() + 16,
        "table": CONNECTIONS.astype(float),
    }


variants.alternative_value("as_lists_and_floats", as_lists_and_floats)
variants.alternative_value("map_by_map", map_by_map)
