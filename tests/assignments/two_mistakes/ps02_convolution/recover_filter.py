"""Two mistakes at once in recover_filter."""

import numpy as np


def turned_and_with_a_bias(image, filtered, size):
    R, S = size
    rows = []
    for i in range(filtered.shape[0]):
        for j in range(filtered.shape[1]):
            window = image[i : i + R, j : j + S][::-1, ::-1]
            rows.append(np.append(window.ravel(), 1.0))
    solution = np.linalg.lstsq(np.array(rows), filtered.ravel(), rcond=None)[0]
    return solution[:-1].reshape(R, S)


def by_columns_and_few_windows(image, filtered, size):
    r, s = size
    unknowns = r * s
    equations: list[np.ndarray] = []
    answers: list[float] = []
    for i in range(filtered.shape[0]):
        for j in range(filtered.shape[1]):
            if len(equations) == unknowns:
                break
            equations.append(image[i : i + r, j : j + s].flatten(order="F"))
            answers.append(filtered[i, j])
    return np.linalg.solve(np.array(equations), np.array(answers)).reshape(r, s)


def to_the_sum_1_and_without_the_last_windows(image, filtered, size):
    H, W = image.shape
    R, S = size
    M, y = [], []
    for i in range(H - R):
        for j in range(W - S):
            M.append(image[i : i + R, j : j + S].ravel())
            y.append(filtered[i, j])
    kernel, *_ = np.linalg.lstsq(np.array(M), np.array(y), rcond=None)
    kernel = kernel / kernel.sum()
    return kernel.reshape(size)


def correlates_and_averages(image, filtered, size):
    rows, columns = filtered.shape
    kernel = np.zeros(size)
    for r in range(size[0]):
        for t in range(size[1]):
            kernel[r, t] = np.mean(image[r : r + rows, t : t + columns] * filtered)
    return kernel


PAIRS = (
    (turned_and_with_a_bias, "recovers_it_turned", "fits_a_bias_too"),
    (by_columns_and_few_windows, "windows_flattened_by_columns", "first_windows_only"),
    (to_the_sum_1_and_without_the_last_windows, "scales_to_the_sum_1", ""),
    (correlates_and_averages, "correlates_only", ""),
)
