"""Two mistakes at once in walk_spread."""

import math

import numpy as np


def variance_without_dilation(layers):
    variance, jump = 0.0, 1
    for _, k, s, _, _ in layers:
        variance += jump**2 * (k**2 - 1) / 12
        jump *= s
    return variance


def deviations_added_and_strides_too_early(layers):
    sigma = 0.0
    distance = 1
    for _, kernel, stride, _, dilation in layers:
        distance *= stride
        sigma += dilation * distance * math.sqrt((kernel**2 - 1) / 12)
    return sigma


def continuous_and_the_last_layer_missing(layers):
    steps = []
    jump = 1
    for i in range(len(layers) - 1):
        _, k, s, _, d = layers[i]
        width = d * jump * k
        steps.append(width**2 / 12)
        jump = jump * s
    return math.sqrt(sum(steps))


def no_pooling_and_the_wrong_square(layers):
    convs = [layer for layer in layers if layer[0] == "conv"]
    jumps = np.cumprod([1] + [layer[2] for layer in convs[:-1]])
    kernels = np.array([layer[1] for layer in convs])
    dilations = np.array([layer[4] for layer in convs])
    return float(np.sqrt(np.sum((dilations * jumps * (kernels - 1)) ** 2 / 12)))


PAIRS = (
    (variance_without_dilation, "gives_the_variance", "undilated_steps"),
    (deviations_added_and_strides_too_early, "adds_deviations", "strides_too_early"),
    (continuous_and_the_last_layer_missing, "continuous_steps", ""),
    (no_pooling_and_the_wrong_square, "walks_convolutions_only", ""),
)
