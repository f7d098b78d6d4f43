"""Rivals: implement AlexNet's local response normalization."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import local_response_norm_forward

from .common import LRN, Rng, draw_constants, draw_responses, window_sum


def draw_local_response(rng: Rng) -> Iterator[Case]:
    for part, sizes in {
        "one channel wide": (1, 1),
        "channels in the middle": (3, 5, 7),
        "channels at the ends": (3, 5, 7, 9),  # of four channels: the last window holds all
    }.items():
        for size in sizes:
            middle = part == "channels in the middle"
            x = draw_responses(rng, part)
            yield Case((middle, x, *draw_constants(rng, size)), part=part)


def local_response_norm(
    x: np.ndarray, size: int, alpha: float, beta: float, k: float
) -> np.ndarray:
    return local_response_norm_forward(x, size=size, alpha=alpha, beta=beta, k=k)[0]


def middle_channels(target, middle, x, size, *constants):
    import numpy as np

    out = np.asarray(target(x, size, *constants))
    return out[:, size // 2 : -(size // 2)] if middle else out


variants = Variants()
EXERCISE = Exercise(
    id="local_response_norm",
    title="Rivals",
    objective="Implement AlexNet's local response normalization.",
    section="06_normalization#norm-lrn",
    reference=local_response_norm,
    cases=draw_local_response,
    driver=middle_channels,
    hints={
        "one channel wide": "With size 1 a channel meets only itself: x / (k + α x²)^β.",
        "channels in the middle": "size // 2 channels on either side, and the channel "
        "itself, at the same pixel.",
        "channels at the ends": "The window is cut off where there are no channels; "
        "nothing is divided by its size. It may also be wider than all channels together.",
    },
    variants=variants,
)


@variants.mutant(
    "You divided α by the size of the window. PyTorch does; the paper's formula, which is asked "
    f"for, multiplies the sum by α as it is. {LRN}",
)
def averages_the_window(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha / size * window_sum(x * x, half, half)) ** beta


@variants.mutant(
    "Your window goes `size` channels to either side. It is `size` channels wide in all, with the "
    f"channel itself in the middle. {LRN}",
)
def twice_as_wide(x, size, alpha, beta, k):
    return x / (k + alpha * window_sum(x * x, size, size)) ** beta


@variants.mutant(
    "Your window slides over pixels. The rivals of a number are its neighbours across the "
    f"channels, at the same pixel. {LRN}",
)
def slides_over_pixels(x, size, alpha, beta, k):
    half = size // 2
    energy = window_sum((x * x).swapaxes(1, 3), half, half).swapaxes(1, 3)
    return x / (k + alpha * energy) ** beta


@variants.mutant(
    "Your channels stand in a ring: the first one meets the last. The window is cut off where the "
    f"channels end. {LRN}",
)
def channels_in_a_ring(x, size, alpha, beta, k):
    half = size // 2
    energy = sum(np.roll(x * x, shift, axis=1) for shift in range(-half, half + 1))
    return x / (k + alpha * energy) ** beta


@variants.mutant(
    "You summed the responses; their squares are summed, so that a strong negative one counts. "
    f"{LRN}",
)
def sums_without_squares(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha * np.abs(window_sum(x, half, half))) ** beta


@variants.mutant(
    "You left the channel itself out of its window. It holds itself down, too: the sum runs from "
    f"c − size // 2 to c + size // 2. {LRN}",
)
def only_the_others(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha * (window_sum(x * x, half, half) - x * x)) ** beta


@variants.mutant(
    "Your window ends before its last channel: a Python slice leaves its end out. See "
    "*Local response norm: rivalry between channels*.",
)
def loses_the_last_channel(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha * window_sum(x * x, half, half - 1)) ** beta


@variants.mutant(
    "Your first windows are empty: with c − size // 2 below 0, a Python slice counts from the end. "
    f"Begin at 0 where there are no channels before. {LRN}",
)
def starts_below_zero(x, size, alpha, beta, k):
    half, energy = size // 2, np.zeros_like(x)
    for c in range(x.shape[1]):
        energy[:, c] = (x[:, c - half : c + half + 1] ** 2).sum(axis=1)
    return x / (k + alpha * energy) ** beta


@variants.mutant(
    f"Your window is five channels wide, or one. How wide, the argument `size` says. {LRN}",
)
def always_five(x, size, alpha, beta, k):
    half = 2 if size > 1 else 0
    return x / (k + alpha * window_sum(x * x, half, half)) ** beta


@variants.alternative
def by_differences_of_running_sums(x, size, alpha, beta, k):
    half, channels = size // 2, x.shape[1]
    sums = np.concatenate([np.zeros_like(x[:, :1]), np.cumsum(x * x, axis=1)], axis=1)
    places = np.arange(channels)
    last, first = np.minimum(places + half + 1, channels), np.maximum(places - half, 0)
    return x * (k + alpha * (sums[:, last] - sums[:, first])) ** -beta


@variants.alternative
def by_a_banded_matrix(x, size, alpha, beta, k):
    c = np.arange(x.shape[1])
    band = np.abs(c[:, None] - c) <= size // 2
    return x / (k + alpha * np.einsum("cd,ndhw->nchw", band, x**2)) ** beta
