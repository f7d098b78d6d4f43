"""Two mistakes at once in gradient_check."""

import numpy as np


def plain_sum_of_the_first_array(forward, backward, arrays, rng):
    arrays = [np.asarray(a, dtype=np.float64).copy() for a in arrays]
    out, cache = forward(*arrays)
    grads = backward(np.ones_like(out), cache)
    x, h = arrays[0], 1e-5
    if grads[0].shape != x.shape:
        return False
    middle = out.sum()
    left, right = np.zeros(x.shape), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        right[i] = (forward(*arrays)[0].sum() - middle) / h
        x[i] = old - h
        left[i] = (middle - forward(*arrays)[0].sum()) / h
        x[i] = old
    numeric = (left + right) / 2
    scale = np.abs(numeric).max()
    smooth = np.abs(left - right) < 1e-3 * scale
    return bool(np.all(np.abs(grads[0] - numeric)[smooth] <= 1e-3 * scale))


def fixed_tolerance_and_any_shape(forward, backward, arrays, rng):
    xs = [a.astype(np.float64) for a in arrays]
    out, cache = forward(*xs)
    dout = rng.standard_normal(out.shape)
    h = 1e-5
    base = np.sum(out * dout)
    for x, g in zip(xs, backward(dout, cache), strict=True):
        g = np.ravel(g)
        for i in range(x.size):
            old = x.flat[i]
            x.flat[i] = old + h
            up = np.sum(forward(*xs)[0] * dout)
            x.flat[i] = old - h
            down = np.sum(forward(*xs)[0] * dout)
            x.flat[i] = old
            if abs((up - base) - (base - down)) > 1e-2 * h:
                continue
            if abs(g[i] - (up - down) / (2 * h)) > 1e-5:
                return False
    return True


def kinks_count_and_signs_do_not(forward, backward, arrays, rng):
    arrays = [np.array(a, dtype=float) for a in arrays]
    out, cache = forward(*arrays)
    dout = rng.normal(size=out.shape)
    analytic = backward(dout, cache)

    def loss():
        return float((forward(*arrays)[0] * dout).sum())

    for array, gradient in zip(arrays, analytic, strict=True):
        if np.shape(gradient) != np.shape(array):
            return False
        numeric = np.zeros_like(array)
        for index in np.ndindex(*array.shape):
            keep = array[index]
            array[index] = keep + 1e-5
            plus = loss()
            array[index] = keep - 1e-5
            minus = loss()
            array[index] = keep
            numeric[index] = (plus - minus) / 2e-5
        difference = np.abs(np.abs(numeric) - np.abs(gradient)).max()
        if difference > 1e-4 * np.abs(numeric).max():
            return False
    return True


def generous_and_the_last_array_decides(forward, backward, arrays, rng):
    params = [np.array(a, dtype=np.float64) for a in arrays]
    out, cache = forward(*params)
    dout = rng.normal(size=out.shape)
    h = 1e-5
    middle = np.vdot(dout, out)
    right = False
    for p, g in zip(params, backward(dout, cache), strict=True):
        if g.shape != p.shape:
            return False
        slope, kink = np.zeros_like(p), np.zeros(p.shape, bool)
        for i in np.ndindex(p.shape):
            value = p[i]
            p[i] = value + h
            after = (np.vdot(dout, forward(*params)[0]) - middle) / h
            p[i] = value - h
            before = (middle - np.vdot(dout, forward(*params)[0])) / h
            p[i] = value
            slope[i] = (after + before) / 2
            kink[i] = abs(after - before) > 1e-2 * max(abs(after), abs(before))
        error = np.abs(slope - g)[~kink].max() / np.abs(slope).max()
        right = error < 0.1
    return bool(right)


PAIRS = (
    (plain_sum_of_the_first_array, "sums_the_outputs", "first_array_only"),
    (fixed_tolerance_and_any_shape, "fixed_tolerance", "any_shape_will_do"),
    (kinks_count_and_signs_do_not, "stumbles_over_kinks", ""),
    (generous_and_the_last_array_decides, "too_generous", ""),
)
