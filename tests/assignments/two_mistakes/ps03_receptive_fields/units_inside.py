"""Two mistakes at once in units_inside."""

import math


def window_of(layers, unit):
    low = high = unit
    for _, k, s, p, d in reversed(layers):
        low, high = low * s - p, high * s - p + d * (k - 1)
    return low, high


def hanging_windows_and_centres(layers, pixels):
    n = pixels
    for _, k, s, p, d in layers:
        n = math.ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1
    inside = 0
    for unit in range(n):
        low, high = window_of(layers, unit)
        if 0 <= (low + high) / 2 <= pixels - 1:
            inside += 1
    return inside, n


def all_first_and_a_pixel_to_spare(layers, pixels):
    units = pixels
    for _, k, s, p, d in layers:
        reach = d * (k - 1) + 1
        units = (units + 2 * p - reach) // s + 1
    windows = [window_of(layers, u) for u in range(units)]
    see_picture = [w for w in windows if w[0] > 0 and w[1] < pixels - 1]
    return units, len(see_picture)


def one_end_and_steps_counted(layers, pixels):
    units = pixels
    for _, k, s, p, d in layers:
        units = (units + 2 * p - d * (k - 1) - 1) // s
    good = 0
    for u in range(units):
        first, _last = window_of(layers, u)
        good += first >= 0
    return good, units


def no_dilation_and_padded_once(layers, pixels):
    size = pixels
    for _, kernel, stride, padding, _ in layers:
        size = (size + padding - kernel) // stride + 1
    count = 0
    for unit in range(size):
        low, high = window_of(layers, unit)
        if low >= 0 and high <= pixels - 1:
            count += 1
    return count, size


PAIRS = (
    (hanging_windows_and_centres, "counts_hanging_windows", "centres_inside"),
    (all_first_and_a_pixel_to_spare, "all_units_first", "wants_a_pixel_to_spare"),
    (one_end_and_steps_counted, "tests_one_end", ""),
    (no_dilation_and_padded_once, "counts_without_dilation", ""),
)
