"""Two mistakes at once in maxout_backward."""

import numpy as np


def without_bias_and_two_pieces(dout, x, w, b):
    first, second = x @ w[0].T, x @ w[1].T
    won = [first >= second, first < second]
    dx = np.zeros(x.shape)
    dw, db = np.zeros(w.shape), np.zeros(b.shape)
    for p in range(2):
        g = dout * won[p]
        dx += g @ w[p]
        dw[p] = g.T @ x
        db[p] = g.sum(axis=0)
    return dx, dw, db


def positive_winners_of_an_image(dout, x, w, b):
    P = len(w)
    z = np.stack([x @ w[p].T + b[p] for p in range(P)])
    best = z.sum(axis=2).argmax(axis=0)
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(x)):
        p = best[n]
        g = np.where(z[p, n] > 0, dout[n], 0)
        dx[n] = g @ w[p]
        dw[p] += np.outer(g, x[n])
        db[p] += g
    return dx, dw, db


def absolute_and_db_averaged(dout, x, w, b):
    pieces = np.einsum("nd,pmd->pnm", x, w) + b[:, np.newaxis, :]
    winner = np.argmax(np.abs(pieces), axis=0)
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for p in range(w.shape[0]):
        mine = np.where(winner == p, dout, 0.0)
        dx += mine @ w[p]
        dw[p] = mine.T @ x
        db[p] = mine.mean(axis=0)
    return dx, dw, db


def losers_learn_and_dx_of_the_last_piece(dout, x, w, b):
    scores = np.array([x @ piece.T + bias for piece, bias in zip(w, b, strict=True)])
    top = scores.max(axis=0)
    dw, db = [], []
    for p in range(len(w)):
        mask = scores[p] == top
        dx = (dout * mask) @ w[p]
        dw.append(dout.T @ x)
        db.append(dout.sum(axis=0))
    return dx, np.array(dw), np.array(db)


PAIRS = (
    (without_bias_and_two_pieces, "winners_without_bias", "first_two_pieces"),
    (positive_winners_of_an_image, "one_winner_an_image", "only_positive_winners"),
    (absolute_and_db_averaged, "largest_absolute_value", ""),
    (losers_learn_and_dx_of_the_last_piece, "losers_learn_too", ""),
)
