"""Two mistakes at once in activation_backward."""

import numpy as np


def no_square_and_no_a(name, dout, x, slope=0.01):
    if name == "sigmoid":
        s = 0.5 * (np.tanh(x / 2) + 1)
        return dout * s * (1 - s)
    if name == "tanh":
        return dout * (1 - np.tanh(x))
    if name == "relu":
        return np.where(x > 0, dout, 0)
    if name == "leaky_relu":
        return np.where(x > 0, dout, slope * dout)
    return np.where(x > 0, dout, np.exp(np.minimum(x, 0)) * dout)


def slopes_exchanged_in_float64(name, dout, x, slope=0.01):
    d = np.ones(x.shape)
    negative = x <= 0
    if name == "sigmoid":
        e = np.exp(-np.abs(x))
        d = e / (1 + e) ** 2 * d
    elif name == "tanh":
        d = d - np.tanh(x) ** 2
    elif name == "relu":
        d[negative] = 0
    elif name == "leaky_relu":
        d[~negative] = slope
    elif name == "elu":
        d[negative] = slope * np.exp(x[negative])
    return d * dout


def x_for_the_output_and_elu_with_a_minus(name, dout, x, slope=0.01):
    if name == "sigmoid":
        return dout * x * (1 - x)
    elif name == "tanh":
        return dout * (1 - x * x)
    elif name == "relu":
        return dout * (x > 0)
    elif name == "leaky_relu":
        return np.where(x > 0, dout, dout * slope)
    elif name == "elu":
        return np.where(x > 0, dout, dout * slope * np.exp(-x))


def own_slope_and_a_sigmoid_that_overflows(name, dout, x, slope=0.01):
    match name:
        case "sigmoid":
            e = np.exp(x)
            return dout * e / (1 + e) ** 2
        case "tanh":
            t = np.tanh(x)
            return dout * (1 - t**2)
        case "relu":
            left = 0.0
        case "leaky_relu":
            left = 0.01
        case _:
            left = slope * np.exp(np.where(x > 0, 0, x))
    dx = dout.copy()
    dx[x <= 0] = (left * dout)[x <= 0]
    return dx


PAIRS = (
    (no_square_and_no_a, "forgets_the_square", "elu_without_a"),
    (slopes_exchanged_in_float64, "exchanges_the_slopes", "makes_float64"),
    (x_for_the_output_and_elu_with_a_minus, "takes_x_for_the_output", ""),
    (own_slope_and_a_sigmoid_that_overflows, "always_the_same_slope", ""),
)
