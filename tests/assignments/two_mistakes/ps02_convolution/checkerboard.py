"""Two mistakes at once in checkerboard."""

import numpy as np


def transposed_and_averaged(w, stride):
    sh, sw = stride
    total = np.zeros((sw, sh))
    count = np.zeros((sw, sh))
    for r in range(w.shape[0]):
        for t in range(w.shape[1]):
            total[t % sw, r % sh] += w[r, t]
            count[t % sw, r % sh] += 1
    return total / np.maximum(count, 1)


def backwards_and_whole_strides_only(w, stride):
    (sh, sw), (R, S) = stride, w.shape
    tile = np.zeros((sh, sw))
    rows = R // sh * sh or R
    cols = S // sw * sw or S
    for r in range(rows):
        for t in range(cols):
            tile[(sh - r) % sh, (sw - t) % sw] += w[r, t]
    return tile


def counted_and_rounded_down(w, stride):
    tile = np.zeros(stride)
    for a in range(stride[0]):
        for b in range(stride[1]):
            down = (w.shape[0] - a) // stride[0]
            along = (w.shape[1] - b) // stride[1]
            tile[a, b] = max(down, 0) * max(along, 0)
    return tile


def one_stride_and_divided_by_the_tile(w, stride):
    s = stride[0]
    tile = np.zeros(stride)
    for alpha in range(stride[0]):
        for beta in range(stride[1]):
            tile[alpha, beta] = np.sum(w[alpha::s, beta::s])
    return tile / (stride[0] * stride[1])


PAIRS = (
    (transposed_and_averaged, "tile_transposed", "averages_the_stamps"),
    (backwards_and_whole_strides_only, "phases_backwards", "whole_strides_only"),
    (counted_and_rounded_down, "counts_the_stamps", ""),
    (one_stride_and_divided_by_the_tile, "one_stride_for_both", ""),
)
