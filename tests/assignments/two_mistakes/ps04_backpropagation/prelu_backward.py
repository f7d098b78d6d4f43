"""Two mistakes at once in prelu_backward."""

import numpy as np


def along_the_columns_and_averaged(dout, x, alpha):
    dx = dout * np.where(x > 0, 1.0, alpha)
    per_pixel = np.where(x > 0, 0.0, dout * x)
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    dalpha = per_pixel.mean(axis=axes)
    if alpha.size == 1:
        dalpha = np.array([dalpha.sum()])
    return dx, dalpha


def positive_ones_and_an_entry_each(dout, x, alpha):
    channels = x.shape[1]
    slopes = np.broadcast_to(alpha, (channels,))
    dx = dout.copy()
    dalpha = np.zeros(channels)
    for c in range(channels):
        part = dx[:, c]
        part[x[:, c] <= 0] *= slopes[c]
        dalpha[c] = np.sum(dout[:, c] * x[:, c])
    return dx, dalpha


def by_the_output_and_slopes_exchanged(dout, x, alpha):
    a = alpha if x.ndim == 2 else alpha[:, None, None]
    negative = x < 0
    dx = np.where(negative, dout, a * dout)
    out = np.where(negative, a * x, 0)
    g = dout * out
    dalpha = g.sum(axis=0) if x.ndim == 2 else g.sum(axis=(0, 2, 3))
    return dx, dalpha if len(alpha) > 1 else dalpha.sum().reshape(1)


def dx_of_a_relu_and_the_wrong_sign(dout, x, alpha):
    dx = dout * (x > 0)
    below = np.maximum(-x, 0)
    if len(alpha) == 1:
        return dx, np.array([np.sum(dout * below)])
    other_axes = tuple(axis for axis in range(x.ndim) if axis != 1)
    return dx, np.sum(dout * below, axis=other_axes)


PAIRS = (
    (along_the_columns_and_averaged, "alpha_along_the_columns", "averages_the_wishes"),
    (positive_ones_and_an_entry_each, "counts_positive_inputs", "an_entry_for_each_channel"),
    (by_the_output_and_slopes_exchanged, "multiplies_by_the_output", ""),
    (dx_of_a_relu_and_the_wrong_sign, "dx_of_a_relu", ""),
)
