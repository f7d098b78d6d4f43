"""Two mistakes at once in spread_of_gradients."""

import numpy as np


def absolute_and_columns_first(gradients):
    mass = np.abs(gradients).mean(axis=0)
    mass = mass / mass.sum()
    result = []
    for axis in (0, 1):
        line = mass.sum(axis=axis)
        x = np.arange(len(line))
        mu = np.sum(x * line)
        result.append(np.sqrt(np.sum(line * (x - mu) ** 2)))
    return result[0], result[1]


def from_the_middle_and_variances(gradients):
    power = np.mean(gradients**2, axis=0)
    H, W = power.shape
    y = np.arange(H) - (H - 1) / 2
    x = np.arange(W) - (W - 1) / 2
    total = power.sum()
    rows = (power.sum(axis=1) * y**2).sum() / total
    columns = (power.sum(axis=0) * x**2).sum() / total
    return float(rows), float(columns)


def first_run_and_mean_distance(gradients):
    p = gradients[0] ** 2
    p = p / p.sum()

    def spread(line):
        places = np.arange(line.size)
        centre = (line * places).sum()
        return float((line * np.abs(places - centre)).sum())

    return spread(p.sum(axis=1)), spread(p.sum(axis=0))


def averaged_widths_of_the_rows(gradients):
    widths = []
    for run in gradients:
        power = run**2
        rows = power.sum(axis=1) / power.sum()
        i = np.arange(len(rows))
        sigma = np.sqrt(rows @ i**2 - (rows @ i) ** 2)
        widths.append((sigma, sigma))
    mean = np.mean(widths, axis=0)
    return mean[0], mean[1]


PAIRS = (
    (absolute_and_columns_first, "absolute_values", "columns_first"),
    (from_the_middle_and_variances, "from_the_middle_of_the_array", "gives_variances"),
    (first_run_and_mean_distance, "first_run_only", ""),
    (averaged_widths_of_the_rows, "averages_the_widths", ""),
)
