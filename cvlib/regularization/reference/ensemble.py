"""All 2^H networks that dropout on H units can make, and the two ways of averaging them."""

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array
from cvlib.regularization.validation import check_count, check_rate

MOST_UNITS = 20


def all_masks(units: int) -> NDArray[np.bool_]:
    """List every way to keep or drop `units` units, (2^units, units), none kept first.

    Raises ValueError for more than 20 units: those are a million networks.
    """
    check_count("units", units, 1)
    if units > MOST_UNITS:
        raise ValueError(f"expected at most {MOST_UNITS} units, got {units}: 2^{units} networks")
    return (np.arange(2**units)[:, None] >> np.arange(units)) % 2 == 1


def mask_probabilities(masks: NDArray[np.bool_], rate: float) -> Array:
    """Return how often dropout draws each mask: ∏ (1 − rate) over kept, rate over dropped units.

    Shapes: masks (M, H) -> (M,).
    """
    check_rate(rate)
    return np.asarray(np.where(masks, 1 - rate, rate).prod(axis=1))


def arithmetic_mean(log_probabilities: Array, weights: Array) -> Array:
    """Average the probabilities of networks: Σ_m weights[m] · p_m.

    Shapes: log_probabilities (M, N, K), weights (M,) summing to 1 -> (N, K).
    """
    return np.asarray(np.tensordot(weights, np.exp(log_probabilities), axes=1))


def geometric_mean(log_probabilities: Array, weights: Array) -> Array:
    """Multiply the probabilities of networks, each to the power of its weight, and normalize.

    ∏_m p_m^weights[m] / Σ_classes ∏_m p_m^weights[m]

    Shapes: log_probabilities (M, N, K), weights (M,) summing to 1 -> (N, K).
    Source: Goodfellow, Bengio and Courville, Deep learning, 2016, §7.12.
    """
    logs = np.tensordot(weights, log_probabilities, axes=1)
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
