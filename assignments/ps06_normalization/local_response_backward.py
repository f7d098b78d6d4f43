"""Rivals, backward: send a gradient back through local response normalization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import local_response_norm_backward, local_response_norm_forward

from .common import LRN, Rng, draw_constants, draw_responses, window_sum


def draw_local_backward(rng: Rng) -> Iterator[Case]:
    for part, sizes in (("one channel wide", (1, 1)), ("neighbours", (3, 5, 9, 13))):
        for size in sizes:  # of six channels: the last two windows go beyond them
            x = draw_responses(rng, part)
            yield Case((rng.normal(size=x.shape), x, *draw_constants(rng, size)), part=part)


def local_backward(
    dout: np.ndarray, x: np.ndarray, size: int, alpha: float, beta: float, k: float
) -> np.ndarray:
    _, cache = local_response_norm_forward(x, size=size, alpha=alpha, beta=beta, k=k)
    return local_response_norm_backward(dout, cache)


variants = Variants()
EXERCISE = Exercise(
    id="local_response_backward",
    title="Rivals, backward",
    objective="Send a gradient back through local response normalization.",
    section="06_normalization#norm-lrn",
    reference=local_backward,
    cases=draw_local_backward,
    hints={
        "one channel wide": "The quotient rule: x stands above the line and below it.",
        "neighbours": "Channel c stands in the denominators of all channels whose window "
        "holds c. Compare with central differences on three channels.",
    },
    variants=variants,
)


def level(x: Any, size: int, alpha: float, k: float) -> Any:
    return k + alpha * window_sum(x * x, size // 2, size // 2)


@variants.mutant(
    "You took the denominator for a constant. x stands below the line as well, its own and its "
    f"neighbours'. {LRN}",
)
def constant_denominator(dout, x, size, alpha, beta, k):
    return dout * level(x, size, alpha, k) ** -beta


@variants.mutant(
    f"A factor 2 is missing: the derivative of x² is 2x. {LRN}",
)
def forgets_the_two(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    through = window_sum(dout * x * s ** (-beta - 1), size // 2, size // 2)
    return dout * s**-beta - alpha * beta * x * through


@variants.mutant(
    "One channel alone is right. With neighbours you kept the channel's own denominator and forgot "
    f"that it also stands in theirs. {LRN}",
)
def own_denominator_only(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    return dout * s**-beta - 2 * alpha * beta * x * (dout * x * s ** (-beta - 1))


@variants.mutant(
    "You multiplied by the neighbours' gradients after summing. Each channel j sends back its own "
    f"dout[j] · x[j] · s[j]^(−β − 1): the product goes inside the sum. {LRN}",
)
def multiplies_after_the_sum(dout, x, size, alpha, beta, k):
    s, half = level(x, size, alpha, k), size // 2
    through = dout * window_sum(x * s ** (-beta - 1), half, half)
    return dout * s**-beta - 2 * alpha * beta * x * through


@variants.mutant(
    "Your power is −β twice. Differentiating s^−β gives −β · s^(−β − 1): one more power of s below "
    f"the line. {LRN}",
)
def forgets_to_lower_the_power(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    through = window_sum(dout * x * s**-beta, size // 2, size // 2)
    return dout * s**-beta - 2 * alpha * beta * x * through


@variants.mutant(
    "One channel alone is right. With neighbours you forgot the channel's own place below its "
    f"line: c is in its own window, too. {LRN}",
)
def rivals_only(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    sent = dout * x * s ** (-beta - 1)
    through = window_sum(sent, size // 2, size // 2) - (sent if size > 1 else 0.0)
    return dout * s**-beta - 2 * alpha * beta * x * through


@variants.mutant(
    "One channel alone is right. For a rival j you took the level of channel c; what x_c presses "
    f"down there is s_j, so s stands inside the sum. {LRN}",
)
def takes_its_own_level(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    through = window_sum(dout * x, size // 2, size // 2) * s ** (-beta - 1)
    return dout * s**-beta - 2 * alpha * beta * x * through


@variants.alternative
def as_in_the_book(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    through = window_sum(dout * x * s ** (-beta - 1), size // 2, size // 2)
    return dout * s**-beta - 2 * alpha * beta * x * through


@variants.alternative
def by_central_differences(dout, x, size, alpha, beta, k):
    def loss(moved: Any) -> float:
        return float((dout * moved * level(moved, size, alpha, k) ** -beta).sum())

    step, dx = 1e-5, np.empty_like(x)
    for place in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[place] += step
        behind[place] -= step
        dx[place] = (loss(ahead) - loss(behind)) / (2 * step)
    return dx
