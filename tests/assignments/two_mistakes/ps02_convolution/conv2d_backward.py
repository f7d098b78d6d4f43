"""Two mistakes at once in conv2d_backward."""

import numpy as np


def dx_overwrites_and_db_is_a_mean(dout, x, w, stride, padding):
    H, W = x.shape[2:]
    R, S = w.shape[2:]
    ph, pw = padding
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            y, z = i * stride[0], j * stride[1]
            d = dout[:, :, i, j]
            dw += np.tensordot(d.T, xp[:, :, y : y + R, z : z + S], axes=1)
            dxp[:, :, y : y + R, z : z + S] = np.tensordot(d, w, axes=1)
    db = dout.mean(axis=(0, 2, 3))
    return dxp[:, :, ph : ph + H, pw : pw + W], dw, db


def dx_padded_and_dw_averaged(dout, x, w, stride, padding):
    (sh, sw), (ph, pw) = stride, padding
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    N, K, rows, cols = dout.shape
    R, S = w.shape[2:]
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(K)
    for n in range(N):
        for k in range(K):
            db[k] += dout[n, k].sum()
            for i in range(rows):
                for j in range(cols):
                    g = dout[n, k, i, j]
                    dw[k] += g * x[n, :, i * sh : i * sh + R, j * sw : j * sw + S]
                    dx[n, :, i * sh : i * sh + R, j * sw : j * sw + S] += g * w[k]
    return dx, dw / N, db


def dw_flipped_and_the_wrong_cut(dout, x, w, stride, padding):
    (sh, sw), (ph, pw) = stride, padding
    H, W = x.shape[2:]
    rows, cols = dout.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx, dw = np.zeros_like(xp), np.zeros_like(w)
    R, S = w.shape[2:]
    for r in range(R):
        for s in range(S):
            seen = xp[:, :, r : r + sh * rows : sh, s : s + sw * cols : sw]
            dw[:, :, R - 1 - r, S - 1 - s] = np.einsum("nkij,ncij->kc", dout, seen)
            dx[:, :, r : r + sh * rows : sh, s : s + sw * cols : sw] += np.einsum(
                "nkij,kc->ncij", dout, w[:, :, r, s]
            )
    return dx[:, :, :H, :W], dw, dout.sum(axis=(0, 2, 3))


def db_for_each_image_and_dw_of_the_last_window(dout, x, w, stride, padding):
    ph, pw = padding
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    R, S = w.shape[2], w.shape[3]
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            top, left = i * stride[0], j * stride[1]
            window = xp[:, :, top : top + R, left : left + S]
            dw = np.einsum("nk,ncrs->kcrs", dout[:, :, i, j], window)
            dxp[:, :, top : top + R, left : left + S] += np.einsum(
                "nk,kcrs->ncrs", dout[:, :, i, j], w
            )
    db = np.sum(dout, axis=(2, 3))
    dx = dxp[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
    return dx, dw, db


PAIRS = (
    (dx_overwrites_and_db_is_a_mean, "dx_overwrites", "db_is_a_mean"),
    (dx_padded_and_dw_averaged, "dx_keeps_the_padding", "dw_averages_the_batch"),
    (dw_flipped_and_the_wrong_cut, "dw_flipped", ""),
    (db_for_each_image_and_dw_of_the_last_window, "db_for_each_image", ""),
)
