"""Two mistakes at once in train_linear."""

import numpy as np


def probabilities(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def uphill_without_bias(x, y, classes, lr, steps):
    w = np.zeros((classes, x.shape[1]))
    b = np.zeros(classes)
    target = np.eye(classes)[y]
    for _ in range(steps):
        p = probabilities(x @ w.T + b)
        w = w + lr * (p - target).T @ x / len(x)
    return w, b


def divides_twice_and_one_after_the_other(x, y, classes, lr, steps):
    n, d = x.shape
    w, b = np.zeros((classes, d)), np.zeros(classes)

    def gradient():
        g = probabilities(x @ w.T + b)
        g[np.arange(n), y] -= 1
        return g / n

    for _ in range(steps):
        w -= lr * (gradient().T @ x) / n
        b -= lr * gradient().sum(axis=0) / n
    return w, b


def no_bias_and_one_step_more(x, y, classes, lr, steps):
    w = np.zeros((classes, x.shape[1]))
    step = 0
    while step <= steps:
        g = probabilities(x @ w.T)
        g[np.arange(len(y)), y] -= 1
        w -= lr * g.T @ x / len(y)
        step += 1
    return w, np.zeros(classes)


def counts_the_labels_and_averages_the_bias(x, y, classes, lr, steps):
    K = y.max() + 1
    w, b = np.zeros((K, x.shape[1])), np.zeros(K)
    onehot = (y[:, None] == np.arange(K)).astype(float)
    for _ in range(steps):
        ds = (probabilities(x @ w.T + b) - onehot) / len(x)
        dw, db = ds.T @ x, ds.mean(axis=0)
        w -= lr * dw
        b -= lr * db
    return w, b


PAIRS = (
    (uphill_without_bias, "uphill", "no_bias"),
    (divides_twice_and_one_after_the_other, "divides_twice", "one_after_the_other"),
    (no_bias_and_one_step_more, "no_bias", ""),
    (counts_the_labels_and_averages_the_bias, "counts_the_labels", ""),
)
