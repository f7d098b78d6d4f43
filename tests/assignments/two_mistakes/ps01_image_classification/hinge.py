"""Two mistakes at once in hinge."""

import numpy as np


def true_class_pays_and_gradient_not_averaged(scores, labels):
    n = len(labels)
    right = scores[np.arange(n), labels].reshape(n, 1)
    margins = np.maximum(0, scores - right + 1)
    loss = margins.sum() / n
    margins[np.arange(n), labels] = 0
    grad = np.where(margins > 0, 1.0, 0.0)
    grad[np.arange(n), labels] = -grad.sum(axis=1)
    return loss, grad


def no_margin_and_sums(scores, labels):
    loss = 0.0
    dscores = np.zeros_like(scores)
    for i in range(scores.shape[0]):
        y = labels[i]
        for j in range(scores.shape[1]):
            if j == y:
                continue
            diff = scores[i, j] - scores[i, y]
            if diff > 0:
                loss += diff
                dscores[i, j] += 1
                dscores[i, y] -= 1
    return loss, dscores


def squares_and_forgets_the_two(scores, labels):
    rows = np.arange(len(labels))
    excess = np.maximum(0, scores - scores[rows, labels][:, None] + 1)
    excess[rows, labels] = 0
    loss = np.mean(np.sum(excess**2, axis=1))
    dscores = excess / len(labels)
    dscores[rows, labels] = -dscores.sum(axis=1)
    return loss, dscores


def true_gets_one_and_loss_over_all_entries(scores, labels):
    n = scores.shape[0]
    y = np.eye(scores.shape[1])[labels]
    s_y = (scores * y).sum(axis=1, keepdims=True)
    terms = np.maximum(0, scores - s_y + 1) * (1 - y)
    loss = terms.mean()
    dscores = ((terms > 0) - y) / n
    return loss, dscores


PAIRS = (
    (true_class_pays_and_gradient_not_averaged, "true_class_pays", "gradient_not_averaged"),
    (no_margin_and_sums, "no_margin", "sums_losses"),
    (squares_and_forgets_the_two, "squares_the_terms", ""),
    (true_gets_one_and_loss_over_all_entries, "true_gets_one", ""),
)
