"""Two mistakes at once in center_both."""

import numpy as np


def own_mean_and_standard_deviation(train, test, per_channel):
    axes = (0, 2, 3) if per_channel else 0
    mu, mu_test = train.mean(axis=axes, keepdims=True), test.mean(axis=axes, keepdims=True)
    sigma = train.std()
    return (train - mu) / sigma, (test - mu_test) / sigma


def pooled_and_the_other_kind(train, test, per_channel):
    everything = np.concatenate((train, test), axis=0)
    if per_channel:
        mean = everything.mean(axis=0)
    else:
        mean = everything.mean(axis=(0, 2, 3)).reshape(1, -1, 1, 1)
    return train - mean, test - mean


def test_untouched_and_a_mean_for_each_row(train, test, per_channel):
    if per_channel:
        mean = np.mean(train, axis=(0, 3), keepdims=True)
    else:
        mean = np.mean(train, axis=0, keepdims=True)
    train = train - mean
    return train, test


def divides_and_always_the_mean_image(train, test, per_channel):
    mean_image = np.zeros(train.shape[1:])
    for image in train:
        mean_image += image
    mean_image /= len(train)
    centred = train - mean_image
    scale = centred.std()
    return centred / scale, (test - mean_image) / scale


PAIRS = (
    (own_mean_and_standard_deviation, "own_mean_for_test", "divides_too"),
    (pooled_and_the_other_kind, "the_other_kind", "pooled_mean"),
    (test_untouched_and_a_mean_for_each_row, "test_untouched", ""),
    (divides_and_always_the_mean_image, "divides_too", ""),
)
