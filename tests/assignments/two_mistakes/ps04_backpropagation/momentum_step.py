"""Two mistakes at once in momentum_step."""

import numpy as np


def averaged_and_without_nesterov(w, v, g, lr, momentum, nesterov=False):
    velocity = momentum * v + (1 - momentum) * g
    weights = w - lr * velocity
    return weights, velocity


def rate_inside_and_written_into_w(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + lr * g
    if nesterov:
        w -= lr * g + momentum * v
    else:
        w -= v
    return w, v


def climbs_with_g_and_v_exchanged(w, v, g, lr, momentum, nesterov=False):
    new_v = momentum * v + g
    direction = new_v + momentum * g if nesterov else new_v
    return w + lr * direction, new_v


def old_velocity_and_a_damped_gradient(w, v, g, lr, momentum, nesterov=False):
    v_new = np.multiply(momentum, v + g)
    step = g + momentum * v if nesterov else v
    return w - lr * step, v_new


PAIRS = (
    (averaged_and_without_nesterov, "averages_the_gradients", "ignores_nesterov"),
    (rate_inside_and_written_into_w, "rate_inside_the_velocity", "writes_into_w"),
    (climbs_with_g_and_v_exchanged, "climbs", ""),
    (old_velocity_and_a_damped_gradient, "moves_with_the_old_velocity", ""),
)
