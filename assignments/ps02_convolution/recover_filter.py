"""Which filter was it? Recover an image filter from a picture and its answer, by least squares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.convolution import im2col
from cvlib.grading.spec import Case, Exercise, Variants

from .common import SOBEL, Pair, Rng, forward, unequal

SHARPEN = np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]])


def draw_picture(rng: Rng, size: Pair) -> np.ndarray:
    """Brightness that changes slowly, with some grain, so that no two windows are alike."""
    slopes = rng.normal(size=size).cumsum(axis=0).cumsum(axis=1)
    return 0.5 + slopes / np.abs(slopes).max() / 4 + rng.normal(0.0, 0.15, size)


def draw_filtered(rng: Rng) -> Iterator[Case]:
    square = (3, 3)
    for part, kernels, noise in (
        ("blur, sharpen, edges", [np.full(square, 1 / 9), SHARPEN, SOBEL, SOBEL.T], 0.0),
        ("any kernel", [rng.normal(size=square)], 0.0),
        ("not square", [rng.normal(size=unequal(rng, 2, 4))], 0.0),
        ("noise", [rng.normal(size=square), rng.normal(size=unequal(rng, 2, 4))], 0.05),
    ):
        for kernel in kernels:
            image = draw_picture(rng, unequal(rng, 10, 14))
            filtered = forward(image[None, None], kernel[None, None], None, (1, 1), (0, 0))[0, 0]
            filtered = filtered + noise * rng.normal(size=filtered.shape)
            yield Case((image, filtered, kernel.shape), part=part)


def recover_filter(image: np.ndarray, filtered: np.ndarray, size: Pair) -> np.ndarray:
    windows = im2col(image[None, None], size)[0]
    return np.linalg.lstsq(windows.T, filtered.ravel(), rcond=None)[0].reshape(size)


variants = Variants()
EXERCISE = Exercise(
    id="recover_filter",
    title="Which filter was it?",
    objective="Recover an image filter from a picture and its answer, by least squares.",
    section="02_convolution#conv-im2col",
    reference=recover_filter,
    cases=draw_filtered,
    hints={
        "blur, sharpen, edges": "Each window gives one equation: its pixels times the "
        "unknown weights make one filtered pixel. Compare *Nine numbers and a cat*.",
        "any kernel": "Is the kernel the right way round, and were windows and answers "
        "listed in the same order? Compare *The other matrix*.",
        "not square": "size is (rows, columns), and the weights were flattened like the "
        "windows: row by row.",
        "noise": "No kernel fits every equation any more. Use all of them and make the sum "
        "of the squared misses as small as it gets.",
    },
    variants=variants,
)


def pixels_by_weights(image: Any, size: Pair) -> np.ndarray:
    """M with M @ w.ravel() == filtered.ravel(), for mutants that spoil what is done with it."""
    windows = np.lib.stride_tricks.sliding_window_view(image, size)
    return windows.reshape(-1, size[0] * size[1])


def solved(image: Any, filtered: Any, size: Pair) -> np.ndarray:
    matrix = pixels_by_weights(image, size)
    return np.linalg.lstsq(matrix, filtered.ravel(), rcond=None)[0].reshape(size)


@variants.mutant(
    "Your kernel is the right one turned by 180°. The picture was filtered as a network does it, "
    "without turning: weight (r, t) meets pixel (i + r, j + t). See *Which way round is the "
    "kernel?*",
)
def recovers_it_turned(image, filtered, size):
    return solved(image, filtered, size)[::-1, ::-1]


@variants.mutant(
    "You read each window column by column, so the weights came out in that order, too. Flatten "
    "the window row by row, or put the weights back as you took them out. See *The other matrix*.",
)
def windows_flattened_by_columns(image, filtered, size):
    return solved(image, filtered, size).reshape(-1).reshape(size, order="F")


@variants.mutant(
    "You listed the windows down the columns of the picture and the answers along its rows, so "
    "each equation got another one's right-hand side. See *The other matrix*.",
)
def windows_listed_by_columns(image, filtered, size):
    windows = np.lib.stride_tricks.sliding_window_view(image, size).swapaxes(0, 1)
    matrix = windows.reshape(-1, size[0] * size[1])
    return np.linalg.lstsq(matrix, filtered.reshape(-1), rcond=None)[0].reshape(size)


@variants.mutant(
    "As many windows as weights are enough as long as every number is exact. With noise, those few "
    "are believed to the letter: ask all windows and take the least squares. See *The other "
    "matrix*.",
)
def first_windows_only(image, filtered, size):
    count = size[0] * size[1]
    windows = np.lib.stride_tricks.sliding_window_view(image, size).reshape(-1, count)
    return np.linalg.solve(windows[:count], filtered.reshape(-1)[:count]).reshape(size)


@variants.mutant(
    "You computed Mᵀy. That is what the backward pass sends to the weights, a direction and not "
    "yet the answer: the least squares solve MᵀM w = Mᵀy. See *The other matrix*.",
)
def correlates_only(image, filtered, size):
    return (pixels_by_weights(image, size).T @ filtered.ravel()).reshape(size)


@variants.mutant(
    "You fitted every weight by itself, as if the others were zero. Neighbouring pixels are alike, "
    "so each weight claims what the others did: solve for all of them at once. See *The other "
    "matrix*.",
)
def one_weight_at_a_time(image, filtered, size):
    matrix = pixels_by_weights(image, size)
    return (matrix.T @ filtered.ravel() / (matrix**2).sum(axis=0)).reshape(size)


@variants.mutant(
    "You let the filter add a constant as well, or took the means off first. This filter has no "
    "bias, and with noise the spare unknown draws some of it in. See *The other matrix*.",
)
def fits_a_bias_too(image, filtered, size):
    matrix = pixels_by_weights(image, size)
    matrix = np.hstack([matrix, np.ones((len(matrix), 1))])
    return np.linalg.lstsq(matrix, filtered.ravel(), rcond=None)[0][:-1].reshape(size)


@variants.mutant(
    "You scaled the weights to the sum 1. Blurs sum to 1, edges to 0 and sharpening to 1 only as a "
    "rule: give what the equations give. See *The other matrix*.",
)
def scales_to_the_sum_1(image, filtered, size):
    kernel = solved(image, filtered, size)
    return kernel / (kernel.sum() or 1.0)


@variants.mutant(
    "You added a number to the diagonal of MᵀM. It keeps the solution stable and pulls it towards "
    "0: asked are the plain least squares. See *The other matrix*.",
)
def pulls_towards_0(image, filtered, size):
    matrix = pixels_by_weights(image, size)
    gram = matrix.T @ matrix + 1e-3 * np.eye(matrix.shape[1])
    return np.linalg.solve(gram, matrix.T @ filtered.ravel()).reshape(size)


@variants.mutant(
    "You asked half of the windows. With noise, each has a say in the least squares: take them "
    "all. See *The other matrix*.",
)
def half_of_the_windows(image, filtered, size):
    matrix = pixels_by_weights(image, size)
    half = len(matrix) // 2
    return np.linalg.lstsq(matrix[:half], filtered.ravel()[:half], rcond=None)[0].reshape(size)


@variants.alternative
def normal_equations(image, filtered, size):
    rows, columns = filtered.shape
    taps = [image[r : r + rows, t : t + columns] for r in range(size[0]) for t in range(size[1])]
    gram = [[(a * b).sum() for b in taps] for a in taps]
    return np.linalg.solve(gram, [(a * filtered).sum() for a in taps]).reshape(size)


@variants.alternative
def window_after_window(image, filtered, size):
    equations = []
    for i in range(len(filtered)):
        for j in range(len(filtered[0])):
            equations.append(image[i : i + size[0], j : j + size[1]].flatten())
    weights = np.linalg.pinv(np.array(equations)) @ filtered.flatten()
    return weights.reshape(size).tolist()
