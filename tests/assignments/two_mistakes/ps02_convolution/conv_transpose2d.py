"""Two mistakes at once in conv_transpose2d."""

import numpy as np


def last_stamp_wins_and_zeros_appended(x, w, stride, padding, output_padding):
    N, _, h, v = x.shape
    _, K, R, S = w.shape
    H, W = (h - 1) * stride[0] + R, (v - 1) * stride[1] + S
    canvas = np.zeros((N, K, H, W))
    for i in range(h):
        for j in range(v):
            top, left = i * stride[0], j * stride[1]
            stamp = np.tensordot(x[:, :, i, j], w, axes=(1, 0))
            canvas[:, :, top : top + R, left : left + S] = stamp
    cut = canvas[:, :, padding[0] : H - padding[0], padding[1] : W - padding[1]]
    out = np.zeros((N, K, cut.shape[2] + output_padding[0], cut.shape[3] + output_padding[1]))
    out[:, :, : cut.shape[2], : cut.shape[3]] = cut
    return out


def upside_down_and_averaged(x, w, stride, padding, output_padding):
    (sh, sw), (ph, pw), (eh, ew) = stride, padding, output_padding
    n, _, rows, cols = x.shape
    _, k, r, s = w.shape
    turned = np.rot90(w, 2, axes=(2, 3))
    canvas = np.zeros((n, k, (rows - 1) * sh + r + eh, (cols - 1) * sw + s + ew))
    for i in range(rows):
        for j in range(cols):
            maps = x[:, :, None, i, j, None, None] * turned[None]
            canvas[:, :, i * sh : i * sh + r, j * sw : j * sw + s] += maps.mean(axis=1)
    return canvas[:, :, ph : canvas.shape[2] - ph, pw : canvas.shape[3] - pw]


def padded_result_and_strides_swapped(x, w, stride, padding, output_padding):
    step_x, step_y = stride
    N, C, h, v = x.shape
    K, R, S = w.shape[1:]
    height = (h - 1) * step_y + R + output_padding[0]
    width = (v - 1) * step_x + S + output_padding[1]
    out = np.zeros((N, K, height, width))
    for n in range(N):
        for c in range(C):
            for i in range(h):
                for j in range(v):
                    y, z = i * step_y, j * step_x
                    out[n, :, y : y + R, z : z + S] += x[n, c, i, j] * w[c]
    ph, pw = padding
    return np.pad(out, ((0, 0), (0, 0), (ph, ph), (pw, pw)))


def first_channel_and_cut_on_two_sides(x, w, stride, padding, output_padding):
    n, _, rows, cols = x.shape
    k, r, s = w.shape[1:]
    height = (rows - 1) * stride[0] + r + output_padding[0]
    width = (cols - 1) * stride[1] + s + output_padding[1]
    canvas = np.zeros((n, k, height, width))
    for i, j in np.ndindex(rows, cols):
        top, left = i * stride[0], j * stride[1]
        pixel = x[:, 0, i, j].reshape(n, 1, 1, 1)
        canvas[:, :, top : top + r, left : left + s] += pixel * w[0]
    return canvas[:, :, padding[0] :, padding[1] :]


PAIRS = (
    (last_stamp_wins_and_zeros_appended, "the_last_stamp_wins", "appends_zeros"),
    (upside_down_and_averaged, "stamps_upside_down", "averages_the_channels"),
    (padded_result_and_strides_swapped, "pads_the_result", ""),
    (first_channel_and_cut_on_two_sides, "first_channel_only", ""),
)
