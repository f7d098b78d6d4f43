"""Two mistakes at once in linear_backward."""

import numpy as np


def mean_again_and_dw_transposed(dout, x, w):
    n = dout.shape[0]
    dx = np.dot(dout, w)
    dw = np.dot(x.T, dout) / n
    db = np.sum(dout, axis=0) / n
    return dx, dw, db


def db_not_summed_and_dx_summed(dout, x, w):
    dx = np.zeros_like(x)
    total = np.zeros(x.shape[1])
    for n in range(len(x)):
        total += dout[n] @ w
    dx[:] = total
    dw = np.einsum("nm,nd->md", dout, x)
    return dx, dw, dout


def db_by_images_and_dx_averaged(dout, x, w):
    dx = (dout @ w) / len(x)
    dw = dout.T @ x
    db = dout.sum(axis=1)
    return dx, dw, db


def dx_without_dout_and_db_from_dw(dout, x, w):
    dw = dout.T @ x
    dx = np.tile(w.sum(axis=0), (x.shape[0], 1))
    db = dw.sum(axis=1)
    return dx, dw, db


PAIRS = (
    (mean_again_and_dw_transposed, "takes_the_mean_again", "transposes_dw"),
    (db_not_summed_and_dx_summed, "forgets_to_sum_db", "sums_dx_over_the_batch"),
    (db_by_images_and_dx_averaged, "sums_db_over_the_outputs", ""),
    (dx_without_dout_and_db_from_dw, "ignores_dout_in_dx", ""),
)
