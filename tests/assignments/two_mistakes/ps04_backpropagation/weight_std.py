"""Two mistakes at once in weight_std."""

import math

import numpy as np


def variance_of_exchanged_fans(shape, scheme, slope=0.0):
    taps = int(np.prod(shape[2:]))
    fan_in = shape[0] * taps
    fan_out = shape[1] * taps
    if scheme == "xavier":
        return 2 / (fan_in + fan_out)
    return 2 / (fan_in * (1 + slope**2))


def no_window_and_no_square(shape, scheme, slope=0.0):
    fan_out, fan_in = shape[0], shape[1]
    variance = 2 / (fan_in + fan_out) if scheme == "xavier" else 2 / ((1 + slope) * fan_in)
    return math.sqrt(variance)


def no_slope_and_half_a_xavier(shape, scheme, slope=0.0):
    if len(shape) == 4:
        k, c, r, s = shape
        fan_in, fan_out = c * r * s, k * r * s
    else:
        fan_out, fan_in = shape
    if scheme == "he":
        return np.sqrt(2.0 / fan_in)
    return np.sqrt(1.0 / (fan_in + fan_out))


def fan_in_alone_and_a_minus(shape, scheme, slope=0.0):
    fan_in = 1
    for size in shape[1:]:
        fan_in *= size
    if scheme == "xavier":
        return (1 / fan_in) ** 0.5
    gain = 2 / (1 - slope**2)
    return (gain / fan_in) ** 0.5


PAIRS = (
    (variance_of_exchanged_fans, "the_variance", "exchanges_the_fans"),
    (no_window_and_no_square, "forgets_the_window", "slope_without_square"),
    (no_slope_and_half_a_xavier, "ignores_the_slope", ""),
    (fan_in_alone_and_a_minus, "xavier_by_fan_in", ""),
)
