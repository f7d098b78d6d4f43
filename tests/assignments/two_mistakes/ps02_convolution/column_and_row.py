"""Two mistakes at once in column_and_row."""

import numpy as np


def value_twice_and_a_column_of_vt(kernel):
    u, s, v = np.linalg.svd(kernel)
    column = s[0] * u[:, 0]
    row = s[0] * v[:, 0]
    return column.reshape(-1, 1), row.reshape(1, -1)


def no_value_and_no_signs(kernel):
    u, _, vt = np.linalg.svd(kernel, full_matrices=False)
    column, row = np.abs(u[:, 0]), np.abs(vt[0])
    return column[:, np.newaxis], row[np.newaxis, :]


def half_the_value_and_turned_round(kernel):
    U, sigma, Vt = np.linalg.svd(kernel)
    scale = np.sqrt(sigma[0])
    column = -scale * U[:, [0]]
    row = Vt[[0], :]
    return column, row


def strongest_row_and_the_wrong_length(kernel):
    strength = np.linalg.norm(kernel, axis=1)
    row = kernel[np.argmax(strength)].reshape(1, -1)
    column = kernel @ row.T / np.linalg.norm(row)
    return column, row


PAIRS = (
    (value_twice_and_a_column_of_vt, "singular_value_twice", "takes_a_column_of_vt"),
    (no_value_and_no_signs, "forgets_the_singular_value", "loses_the_signs"),
    (half_the_value_and_turned_round, "half_of_the_singular_value", ""),
    (strongest_row_and_the_wrong_length, "the_strongest_row", ""),
)
