"""Two mistakes at once in three_ways."""

import numpy as np


def deviations_and_one_layer_of_weights(n):
    layers = (n - 1) // 2
    sigma = np.sqrt((n**2 - 1) / 12)
    return np.array(
        [
            [n, n**2, sigma],
            [n, 2 * n, sigma],
            [2 * layers + 1, 9, np.sqrt(layers * 8 / 12)],
        ]
    )


def both_step_and_share_a_tap(n):
    table = np.zeros((3, 3))

    def var(k):
        return (k * k - 1) / 12

    table[0] = n, n * n, var(n)
    table[1] = n, n + n - 1, var(n) + var(n)
    depth = (n - 1) // 2
    table[2] = n, depth * 9, depth * var(3)
    return table


def side_by_side_and_the_wrong_square(n):
    depth = n // 3
    whole = (n - 1) ** 2 / 12
    three = (3 - 1) ** 2 / 12
    return np.array([[n, n * n, whole], [n, 2 * n, whole], [n, depth * 9, depth * three]])


def continuous_and_a_pixel_short(n):
    rows = [[n, n * n, n * n / 12], [n, 2 * n, n * n / 12]]
    field, weights, variance = 0, 0, 0.0
    while field < n - 1:
        field += 2
        weights += 9
        variance += 9 / 12
    rows.append([field, weights, variance])
    return np.array(rows)


PAIRS = (
    (deviations_and_one_layer_of_weights, "standard_deviations", "one_layer_of_weights"),
    (both_step_and_share_a_tap, "both_step_along_the_rows", "column_and_row_share_a_tap"),
    (side_by_side_and_the_wrong_square, "windows_side_by_side", ""),
    (continuous_and_a_pixel_short, "continuous_steps", ""),
)
