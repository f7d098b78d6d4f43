"""Two mistakes at once in conv2d_forward."""

import numpy as np


def flipped_and_padded_top_left(x, w, b, stride, padding):
    N, C, H, W = x.shape
    K, _, R, S = w.shape
    padded = np.zeros((N, C, H + padding[0], W + padding[1]), dtype=x.dtype)
    padded[:, :, padding[0] :, padding[1] :] = x
    flipped = np.flip(w, axis=(2, 3))
    rows = (padded.shape[2] - R) // stride[0] + 1
    cols = (padded.shape[3] - S) // stride[1] + 1
    out = np.zeros((N, K, rows, cols), dtype=x.dtype)
    for i in range(rows):
        for j in range(cols):
            top, left = i * stride[0], j * stride[1]
            window = padded[:, :, top : top + R, left : left + S]
            for k in range(K):
                out[:, k, i, j] = (window * flipped[k]).sum(axis=(1, 2, 3)) + b[k]
    return out


def strides_swapped_and_float64(x, w, b, stride, padding):
    ph, pw = padding
    sw, sh = stride
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    n, _, h, width = xp.shape
    k, _, r, s = w.shape
    oh, ow = (h - r) // sh + 1, (width - s) // sw + 1
    out = np.zeros((n, k, oh, ow))
    for i in range(oh):
        for j in range(ow):
            patch = xp[:, :, i * sh : i * sh + r, j * sw : j * sw + s]
            out[:, :, i, j] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3]))
    return out + b.reshape(1, -1, 1, 1)


def no_bias_and_the_size_without_padding(x, w, b, stride, padding):
    (sh, sw), (ph, pw) = stride, padding
    n, _, height, width = x.shape
    kernels, _, r, s = w.shape
    x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    out_h = (height - r) // sh + 1
    out_w = (width - s) // sw + 1
    out = np.empty((n, kernels, out_h, out_w), dtype=x.dtype)
    for i in range(out_h):
        for j in range(out_w):
            win = x[:, :, i * sh : i * sh + r, j * sw : j * sw + s].reshape(n, -1)
            out[:, :, i, j] = win @ w.reshape(kernels, -1).T
    return out


def bias_per_channel_and_mixed_paddings(x, w, b, stride, padding):
    x = np.pad(x, ((0, 0), (0, 0), padding, padding))
    N, C, H, W = x.shape
    K, _, R, S = w.shape
    Ho, Wo = (H - R) // stride[0] + 1, (W - S) // stride[1] + 1
    out = np.zeros((N, K, Ho, Wo), dtype=x.dtype)
    for n in range(N):
        for k in range(K):
            for c in range(C):
                for i in range(Ho):
                    for j in range(Wo):
                        y, z = i * stride[0], j * stride[1]
                        out[n, k, i, j] += np.sum(x[n, c, y : y + R, z : z + S] * w[k, c]) + b[k]
    return out


PAIRS = (
    (flipped_and_padded_top_left, "flips_the_kernel", "pads_top_left"),
    (strides_swapped_and_float64, "swaps_the_strides", "leaks_float64"),
    (no_bias_and_the_size_without_padding, "forgets_the_bias", ""),
    (bias_per_channel_and_mixed_paddings, "adds_the_bias_per_channel", ""),
)
