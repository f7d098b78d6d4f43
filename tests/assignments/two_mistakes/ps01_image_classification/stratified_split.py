"""Two mistakes at once in stratified_split."""

import numpy as np


def places_and_exchanged(labels, order, per_class):
    taken = dict.fromkeys(labels.tolist(), 0)
    train, test = [], []
    for place, image in enumerate(order):
        c = labels[image]
        taken[c] += 1
        if taken[c] <= per_class:
            train.append(place)
        else:
            test.append(place)
    return np.array(test), np.array(train)


def whatever_their_class_and_tests_on_everything(labels, order, per_class):
    n_train = per_class * len(set(labels.tolist()))
    train = order[:n_train]
    test = np.arange(len(labels))
    return train, test


def as_stored_and_one_too_many(labels, order, per_class):
    count = {int(c): 0 for c in labels}
    train, test = [], []
    for image in range(len(labels)):
        c = int(labels[image])
        if count[c] <= per_class:
            train.append(image)
            count[c] += 1
        else:
            test.append(image)
    return np.array(train, dtype=int), np.array(test, dtype=int)


def classes_in_a_row_and_the_last_of_each(labels, order, per_class):
    classes = len(np.unique(labels))
    train = []
    for c in range(classes):
        members = [i for i in order if labels[i] == c]
        train.extend(members[-per_class:])
    test = [i for i in order if i not in train]
    return np.array(train, dtype=int), np.array(test, dtype=int)


PAIRS = (
    (places_and_exchanged, "places_in_order", "exchanged"),
    (whatever_their_class_and_tests_on_everything, "not_stratified", "test_is_everything"),
    (as_stored_and_one_too_many, "first_stored", ""),
    (classes_in_a_row_and_the_last_of_each, "expects_classes_in_a_row", ""),
)
