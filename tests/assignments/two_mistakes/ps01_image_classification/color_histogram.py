"""Two mistakes at once in color_histogram."""

import numpy as np


def counts_and_blue_slowest(images, bins):
    n = images.shape[0]
    result = np.zeros((n, bins**3))
    idx = np.clip((images * bins).astype(int), 0, bins - 1)
    for i in range(n):
        r, g, b = idx[i]
        box = r + g * bins + b * bins * bins
        for k in box.flatten():
            result[i, k] += 1
    return result


def wraps_and_exchanges_green_and_blue(images, bins):
    q = np.floor(images * bins).astype(int) % bins
    box = q[:, 0] * bins**2 + q[:, 2] * bins + q[:, 1]
    out = []
    for row in box:
        counts = np.bincount(row.ravel(), minlength=bins**3)
        out.append(counts / counts.sum())
    return np.stack(out)


def edges_below_and_divides_by_all_values(images, bins):
    N, C, H, W = images.shape
    edges = np.linspace(0, 1, bins + 1)
    level = np.searchsorted(edges[1:-1], images, side="left")
    hist = np.zeros((N, bins, bins, bins))
    for n in range(N):
        np.add.at(hist[n], (level[n, 0], level[n, 1], level[n, 2]), 1)
    return hist.reshape(N, -1) / (C * H * W)


def rounds_and_divides_by_the_batch(images, bins):
    level = np.round(images * (bins - 1)).astype(int)
    code = (level[:, 0] * bins + level[:, 1]) * bins + level[:, 2]
    hist = np.array([[np.sum(c == k) for k in range(bins**3)] for c in code])
    return hist / code.size


PAIRS = (
    (counts_and_blue_slowest, "counts_pixels", "blue_slowest"),
    (wraps_and_exchanges_green_and_blue, "wraps_the_brightest", "green_fastest"),
    (edges_below_and_divides_by_all_values, "edges_belong_below", ""),
    (rounds_and_divides_by_the_batch, "rounds_to_nearest", ""),
)
