"""Two mistakes at once in cross_entropy."""

import numpy as np


def sums_and_clips(scores, labels):
    n = scores.shape[0]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p_true = np.clip(p[np.arange(n), labels], 1e-12, 1.0)
    loss = -np.sum(np.log(p_true))
    grad = p.copy()
    grad[np.arange(n), labels] -= 1
    return float(loss), grad


def overflows_and_turned_round(scores, labels):
    n, k = scores.shape
    e = np.exp(scores)
    total = e.sum(axis=1)
    onehot = np.zeros((n, k))
    onehot[range(n), labels] = 1.0
    log_p = scores[range(n), labels] - np.log(total)
    p = e / total[:, None]
    return -log_p.mean(), (onehot - p) / n


def one_maximum_and_decimal_logarithm(scores, labels):
    rows = np.arange(len(labels))
    powers = np.exp(scores - np.max(scores))
    probs = powers / powers.sum(axis=1, keepdims=True)
    loss = np.mean(-np.log10(probs[rows, labels]))
    dscores = probs
    dscores[rows, labels] -= 1
    return loss, dscores / len(labels)


def gradient_is_p_and_loss_over_all_entries(scores, labels):
    y = np.eye(scores.shape[1])[labels]
    m = scores.max(axis=1, keepdims=True)
    log_p = scores - m - np.log(np.exp(scores - m).sum(axis=1, keepdims=True))
    loss = -np.mean(y * log_p)
    dscores = np.exp(log_p) / scores.shape[0]
    return loss, dscores


PAIRS = (
    (sums_and_clips, "sums_losses", "clips"),
    (overflows_and_turned_round, "overflows", "turned_round"),
    (one_maximum_and_decimal_logarithm, "one_maximum_for_all", ""),
    (gradient_is_p_and_loss_over_all_entries, "gradient_is_p", ""),
)
