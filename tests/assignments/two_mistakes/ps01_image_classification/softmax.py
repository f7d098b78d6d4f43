"""Two mistakes at once in softmax."""

import numpy as np


def overflows_and_down_the_columns(scores):
    e = np.exp(scores)
    return e / np.sum(e, axis=0)


def mean_and_over_the_batch(scores):
    centred = scores - scores.mean(axis=1, keepdims=True)
    powers = np.exp(centred)
    return powers / powers.sum()


def one_maximum_and_turned_round(scores):
    shifted = np.max(scores) - scores
    powers = np.exp(shifted)
    return powers / powers.sum(axis=1).reshape(-1, 1)


def clips_and_rounds(scores):
    safe = np.clip(scores, -500, 500)
    result = np.zeros(scores.shape)
    for n, row in enumerate(safe):
        e = np.exp(row)
        result[n] = np.round(e / e.sum(), 4)
    return result


PAIRS = (
    (overflows_and_down_the_columns, "overflows", "down_the_columns"),
    (mean_and_over_the_batch, "subtracts_the_mean", "over_the_batch"),
    (one_maximum_and_turned_round, "one_maximum_for_all", ""),
    (clips_and_rounds, "clips_the_scores", ""),
)
