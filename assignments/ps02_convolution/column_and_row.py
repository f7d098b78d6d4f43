"""What a column and a row can keep: find the separable kernel nearest to a given one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants

from .common import SOBEL, Pair, Rng, unequal


def draw_kernel(rng: Rng, size: Pair) -> np.ndarray:
    """Draw a kernel with one best pair: its second singular value is neither zero nor a tie."""
    for _ in range(10_000):
        kernel = rng.normal(size=size)
        largest, second = np.linalg.svd(kernel, compute_uv=False)[:2]
        if 0.2 < second / largest < 0.8:
            return kernel
    raise ValueError(f"no kernel of size {size} has one best pair")


def draw_close_call(rng: Rng) -> np.ndarray:
    """A kernel whose second singular value is 0.9 of the first: a few rounds do not suffice."""
    turns = [np.linalg.qr(rng.normal(size=(n, n)))[0] for n in (4, 4)]
    return turns[0] @ np.diag([1.0, 0.9, 0.3, 0.1]) @ turns[1]


def draw_products(rng: Rng) -> Iterator[Case]:
    turned = [SOBEL, SOBEL.T][rng.integers(2)]
    bell = np.outer([1, 4, 6, 4, 1], [1, 2, 1]) / 64
    drawn = np.outer(rng.normal(size=4), rng.normal(size=3))
    wide, tall = sorted(unequal(rng, 2, 5)), sorted(unequal(rng, 2, 5), reverse=True)
    empty_row = np.zeros((4, 4))
    empty_row[1:] = -rng.uniform(0.5, 2.0, size=(3, 4)) - [2.0, 0.0, 0.0, 0.0]
    for part, kernels in {
        "exactly a product": [turned, bell, drawn],
        "any kernel": [
            draw_kernel(rng, (3, 3)),
            draw_kernel(rng, (5, 5)),
            empty_row,
            draw_close_call(rng),
        ],
        "not square": [draw_kernel(rng, (s[0], s[1])) for s in (wide, tall)],
    }.items():
        for kernel in kernels:
            yield Case((kernel,), part=part)


def column_and_row(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, s, vt = np.linalg.svd(kernel)
    return u[:, :1] * s[0], vt[:1]


def both(target, kernel):
    import numpy as np

    return [np.asarray(part, dtype=float) for part in target(kernel)]


def multiply_out(evidence, kernel):
    """The product, and how far it is from the kernel: which pair it is made of is free."""
    import numpy as np

    wanted = (len(kernel), 1), (1, len(kernel[0]))
    if [np.shape(part) for part in evidence] != list(wanted):
        got = " and ".join(str(np.shape(part)) for part in evidence)
        raise ValueError(f"expected a column {wanted[0]} and a row {wanted[1]}, got {got}")
    column, row = evidence
    product = column @ row
    left = np.linalg.norm(kernel - product) / np.linalg.norm(kernel)
    return {"column @ row": product, "relative error left": float(left)}


variants = Variants()
EXERCISE = Exercise(
    id="column_and_row",
    title="What a column and a row can keep",
    objective="Find the separable kernel nearest to a given one.",
    section="02_convolution#conv-factorized",
    reference=column_and_row,
    cases=draw_products,
    driver=both,
    look=multiply_out,
    hints={
        "exactly a product": "Nothing should be left. Write Sobel's kernel as a column "
        "times a row by hand, and compare your product with it.",
        "any kernel": "The product is a matrix of rank 1, and you look for the nearest "
        "one. Compare *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
        "not square": "The column is as long as the kernel is high, the row as it is wide: "
        "(n, 1) and (1, m).",
    },
    variants=variants,
)


@variants.mutant(
    "Your directions are right, but the singular value is missing: both vectors have length 1, "
    "and so has their product. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def forgets_the_singular_value(kernel):
    u, _, vt = np.linalg.svd(kernel)
    return u[:, :1], vt[:1]


@variants.mutant(
    "Your product has the singular value in it twice, once from either side. Give it to one of the "
    "two, or its root to both. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def singular_value_twice(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return u[:, :1] * s[0], s[0] * vt[:1]


@variants.mutant(
    "You took the last singular vectors. The singular values come sorted with the largest in "
    "front, and that is the term worth keeping. See *Factorized: 5 × 5 from two 3 × 3, n × n from "
    "a column and a row*.",
)
def keeps_the_last_term(kernel):
    u, s, vt = np.linalg.svd(kernel, full_matrices=False)
    return u[:, -1:] * s[-1], vt[-1:]


@variants.mutant(
    "You took a column of what np.linalg.svd returns last. That is V already transposed: its "
    "rows are the vectors. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a "
    "row*.",
)
def takes_a_column_of_vt(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return u[:, :1] * s[0], vt[:, :1].T


@variants.mutant(
    "Column and row are exchanged: your product is the transpose of the right one. u belongs to "
    "the rows of the kernel and makes the column. See *Factorized: 5 × 5 from two 3 × 3, n × n "
    "from a column and a row*.",
)
def exchanges_u_and_v(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return vt[:1].T * s[0], u[:, :1].T


@variants.mutant(
    "You described the kernel by the means of its rows and columns. For Sobel's kernel these are "
    "zero, and it is a perfect product all the same. See *Factorized: 5 × 5 from two 3 × 3, n × n "
    "from a column and a row*.",
)
def means_of_rows_and_columns(kernel):
    return kernel.mean(axis=1, keepdims=True), kernel.mean(axis=0, keepdims=True)


@variants.mutant(
    "You read column and row off through the largest weight. If the kernel is a product, that is "
    "exact; if not, every weight has a say in the least squares, not only those two lines. See "
    "*Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def reads_them_off(kernel):
    i, j = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    return kernel[:, j : j + 1] / kernel[i, j], kernel[i : i + 1]


@variants.mutant(
    "You went back and forth between column and row a few times. Each round brings the product "
    "nearer, by little when a second pair fits nearly as well: go on until nothing changes, or "
    "take the SVD. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def stops_too_early(kernel):
    row = kernel[np.abs(kernel).sum(axis=1).argmax()]
    for _ in range(20):
        column = kernel @ row / (row @ row)
        row = column @ kernel / (column @ column)
    return column[:, None], row[None, :]


@variants.mutant(
    "You gave the root of the singular value to the column and nothing to the row. Give the root "
    "to both, or the whole to one. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column "
    "and a row*.",
)
def half_of_the_singular_value(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return u[:, :1] * np.sqrt(s[0]), vt[:1]


@variants.mutant(
    "You took the sizes of the entries and lost their signs: an edge has both. See *Factorized: "
    "5 × 5 from two 3 × 3, n × n from a column and a row*.",
)
def loses_the_signs(kernel):
    u, s, vt = np.linalg.svd(kernel)
    return np.abs(u[:, :1]) * s[0], np.abs(vt[:1])


@variants.mutant(
    "You took one row of the kernel and fitted the best column to it. Then the row has to be "
    "fitted to that column, and so on. See *Factorized: 5 × 5 from two 3 × 3, n × n from a column "
    "and a row*.",
)
def the_strongest_row(kernel):
    row = kernel[[np.abs(kernel).sum(axis=1).argmax()]]
    return kernel @ row.T / (row @ row.T), row


@variants.alternative
def shares_the_singular_value(kernel):
    u, s, vt = np.linalg.svd(kernel, full_matrices=False)
    root = np.sqrt(s[0])
    return -root * u[:, :1], -root * vt[:1]


@variants.alternative
def by_turns(kernel):
    row = kernel[np.abs(kernel).sum(axis=1).argmax()]
    for _ in range(300):  # the best column for this row, then the best row for that column
        column = kernel @ row / (row @ row)
        row = column @ kernel / (column @ column)
    return column[:, None], row[None, :]


@variants.alternative
def from_the_eigenvectors(kernel):
    _, vectors = np.linalg.eigh(kernel @ kernel.T)
    column = vectors[:, -1:]
    return column.tolist(), (column.T @ kernel).tolist()


variants.equivalent(
    "column = kernel @ row / (row @ row) -> column = kernel @ row",
    "The row that follows is the best one for this column, whatever the column's scale.",
    where="by_turns",
)
variants.equivalent(
    "for _ in range(300): -> for _ in range(301):",
    "One more turn of what stands still by then.",
    where="by_turns",
)
