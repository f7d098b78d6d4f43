"""A flat wall: predict the checkerboard of a transposed convolution from its kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.convolution import conv_transpose2d_forward
from cvlib.grading.spec import Case, Exercise, Variants

from .common import Pair, Rng

WALLS: dict[str, list[tuple[Pair, Pair]]] = {  # part: (kernel, stride)
    "the stride divides the kernel": [((4, 6), (2, 2)), ((6, 3), (3, 3))],
    "the stride does not divide it": [((3, 5), (2, 2)), ((5, 4), (3, 3))],
    "another stride along each axis": [((3, 5), (2, 3)), ((5, 4), (3, 2))],
    "gaps between the stamps": [((2, 3), (3, 4)), ((3, 1), (4, 2)), ((1, 5), (2, 3))],
}


def draw_walls(rng: Rng) -> Iterator[Case]:
    for part, walls in WALLS.items():
        for kernel, stride in walls:
            yield Case((rng.normal(size=kernel), stride), part=part)


def checkerboard(w: np.ndarray, stride: Pair) -> np.ndarray:
    wall = np.ones((1, 1, 2 * w.shape[0] + 1, 2 * w.shape[1] + 1))
    canvas, _ = conv_transpose2d_forward(wall, w[None, None], stride=stride)
    top, left = (k * s for k, s in zip(w.shape, stride, strict=True))  # far from every border
    return canvas[0, 0, top : top + stride[0], left : left + stride[1]]


variants = Variants()
EXERCISE = Exercise(
    id="checkerboard",
    title="A flat wall",
    objective="Predict the checkerboard of a transposed convolution from its kernel.",
    section="02_convolution#conv-checkerboard",
    reference=checkerboard,
    cases=draw_walls,
    hints={
        "the stride divides the kernel": "Which weights land on one pixel? Their places in "
        "the kernel differ by whole strides. Compare *Checkerboards*.",
        "the stride does not divide it": "Do it for one row, 3 taps and stride 2: two of "
        "the weights meet in the even pixels. In the odd ones?",
        "another stride along each axis": "stride = (down, along): the tile has "
        "stride[0] rows and stride[1] columns.",
        "gaps between the stamps": "A pixel that no stamp reaches stays 0. The tile is as "
        "large as the stride, also when the kernel is smaller.",
    },
    variants=variants,
)


def phase_sums(w: Any, stride: Pair) -> np.ndarray:
    return np.array(
        [
            [w[a :: stride[0], b :: stride[1]].sum() for b in range(stride[1])]
            for a in range(stride[0])
        ]
    )


@variants.mutant(
    "You gave every pixel the sum of the whole kernel. That is so at stride 1; with a larger "
    "stride a pixel meets only the weights of its own phase. See *Checkerboards*.",
)
def the_whole_sum_everywhere(w, stride):
    return np.full(stride, w.sum())


@variants.mutant(
    "You counted the stamps on each pixel. It matters with which weight they land there: sum the "
    "weights. Equal counts alone do not make a flat wall. See *Checkerboards*.",
)
def counts_the_stamps(w, stride):
    return phase_sums(np.ones_like(w), stride)


@variants.mutant(
    "You averaged the stamps on each pixel. Where stamps overlap they add up. See *Checkerboards*.",
)
def averages_the_stamps(w, stride):
    return phase_sums(w, stride) / np.maximum(phase_sums(np.ones_like(w), stride), 1)


@variants.mutant(
    "Your tile is transposed: α counts rows and β columns, as everywhere. See *Checkerboards*.",
)
def tile_transposed(w, stride):
    return phase_sums(w, stride).T


@variants.mutant(
    "You cut the kernel into blocks of neighbouring weights. The weights that meet in one pixel "
    "lie a whole stride apart in the kernel. See *Checkerboards*.",
)
def blocks_of_neighbours(w, stride):
    tile = np.zeros(stride)
    block = [-(-n // s) for n, s in zip(w.shape, stride, strict=True)]
    for (r, t), weight in np.ndenumerate(w):
        tile[r // block[0], t // block[1]] += weight
    return tile


@variants.mutant(
    "You looked at the corner of the wall, where the first stamp is alone. Go a kernel's length "
    "inwards, to where all stamps have arrived. See *Checkerboards*.",
)
def looks_at_the_corner(w, stride):
    tile = np.zeros(stride)
    for a in range(min(stride[0], w.shape[0])):
        for b in range(min(stride[1], w.shape[1])):
            tile[a, b] = w[a, b]
    return tile


@variants.mutant(
    "You took the phase from the wrong side: weight r of the stamp of pixel i lands on i · s + r, "
    "so its phase is r mod s, not −r mod s. At stride 2 nobody notices. See *Checkerboards*.",
)
def phases_backwards(w, stride):
    tile = np.zeros(stride)
    for (r, t), weight in np.ndenumerate(w):
        tile[-r % stride[0], -t % stride[1]] += weight
    return tile


@variants.mutant(
    "Your tile is as large as the kernel where the kernel is smaller than the stride. The pattern "
    "repeats with the stride, and between the stamps stand zeros. See *Checkerboards*.",
)
def tile_of_the_kernel(w, stride):
    return phase_sums(w, stride)[: w.shape[0], : w.shape[1]]


@variants.mutant(
    "You took the stride of the rows for both axes: stride = (down, along). See *Checkerboards*.",
)
def one_stride_for_both(w, stride):
    sums = [
        [w[a :: stride[0], b :: stride[0]].sum() for b in range(stride[1])]
        for a in range(stride[0])
    ]
    return np.array(sums)


@variants.mutant(
    "You left out the weights that make no whole stride any more. They stamp, too: each weight has "
    "a phase. See *Checkerboards*.",
)
def whole_strides_only(w, stride):
    rows, columns = (n // s * s or n for n, s in zip(w.shape, stride, strict=True))
    return phase_sums(w[:rows, :columns], stride)


@variants.alternative
def stamp_a_wall(w, stride):
    (rows, columns), (sh, sw) = w.shape, stride
    canvas = np.zeros(((2 * rows + 1) * sh + rows, (2 * columns + 1) * sw + columns))
    for i in range(2 * rows + 1):
        for j in range(2 * columns + 1):
            canvas[i * sh : i * sh + rows, j * sw : j * sw + columns] += w
    return canvas[rows * sh : (rows + 1) * sh, columns * sw : (columns + 1) * sw]


@variants.alternative
def weight_by_weight(w, stride):
    tile = [[0.0] * stride[1] for _ in range(stride[0])]
    for r in range(len(w)):
        for t in range(len(w[0])):
            tile[r % stride[0]][t % stride[1]] += float(w[r][t])
    return tile


@variants.alternative
def pad_and_fold(w, stride):
    w = np.pad(w, [(0, -n % s) for n, s in zip(w.shape, stride, strict=True)])
    folded = w.reshape(w.shape[0] // stride[0], stride[0], w.shape[1] // stride[1], stride[1])
    return folded.sum(axis=(0, 2))
