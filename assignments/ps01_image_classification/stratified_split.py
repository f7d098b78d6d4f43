"""A fair cut: split a dataset so that each class is represented and no image is in both."""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="var-annotated"

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import Rng


def draw_orders(rng: Rng) -> Iterator[Case]:
    for part in ("training part", "training part", "test part", "test part"):
        counts = rng.integers(4, 9, size=int(rng.integers(3, 5)))
        counts[0] = 1  # of which fewer are there than places
        names = 2 + 3 * rng.permutation(len(counts))  # classes need not be 0, 1, 2 …
        labels = rng.permutation(np.repeat(names, counts))
        order = rng.permutation(len(labels))
        per_class = int(rng.integers(2, 4))
        yield Case((part, labels, order, per_class), part=part)


def stratified_split(
    labels: np.ndarray, order: np.ndarray, per_class: int
) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[order[labels[order] == label][:per_class]] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def one_part(target, which, *args):
    import numpy as np

    train, test = target(*args)
    return np.asarray(train if which == "training part" else test)


def in_order(evidence, which, labels, *rest):
    """The images of a part in order, for the order within it is free."""
    if evidence.ndim != 1 or evidence.size > 2 * len(labels):
        raise ValueError(f"expected the numbers of images in a row, got shape {evidence.shape}")
    if evidence.size and evidence.dtype.kind not in "iu":
        raise ValueError(f"expected whole numbers, got an array of {evidence.dtype}")
    return sorted(evidence.tolist())


variants = Variants()
EXERCISE = Exercise(
    id="stratified_split",
    title="A fair cut",
    objective="Split a dataset so that each class is represented and no image is in both.",
    section="01_image_classification#cls-splits",
    reference=stratified_split,
    cases=draw_orders,
    driver=one_part,
    look=in_order,
    tolerance=EXACT,
    hints={
        "training part": "Go through `order` and take an image if its class still has a "
        "place. Return positions in `labels`, not positions in `order`.",
        "test part": "Everything else, each image once.",
    },
    variants=variants,
)


@variants.mutant(
    "You returned places in `order`, and we asked for places in `labels`: the image is number "
    "order[k]. See *Train, validation, test*.",
)
def places_in_order(labels, order, per_class):
    train, test = stratified_split(labels, order, per_class)
    where = np.argsort(order)
    return where[train], where[test]


@variants.mutant(
    "You ignored `order` and took the first images of each class as they are stored. Files are "
    "often sorted, by camera or by day. See *Train, validation, test*.",
)
def first_stored(labels, order, per_class):
    return stratified_split(labels, np.arange(len(labels)), per_class)


@variants.mutant(
    "You took the first images of `order` whatever their class, so that a rare class may be "
    "missing. Take `per_class` of each. See *Train, validation, test*.",
)
def not_stratified(labels, order, per_class):
    count = per_class * len(np.unique(labels))
    return order[:count], order[count:]


@variants.mutant(
    "Your test part is the whole dataset: it holds the training images, too. A test that was "
    "learnt by heart says nothing. See *Train, validation, test*.",
)
def test_is_everything(labels, order, per_class):
    return stratified_split(labels, order, per_class)[0], order


@variants.mutant(
    "You counted through 0, 1, 2 …, and a class may have any number. Ask `labels` which there are. "
    "See *Train, validation, test*.",
)
def expects_classes_in_a_row(labels, order, per_class):
    chosen = np.zeros(len(labels), bool)
    for label in range(len(np.unique(labels))):
        chosen[order[labels[order] == label][:per_class]] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


@variants.mutant(
    "The parts are exchanged: the first images of each class are for training. See "
    "*Train, validation, test*.",
)
def exchanged(labels, order, per_class):
    return stratified_split(labels, order, per_class)[::-1]


@variants.alternative
def counting_down(labels, order, per_class):
    left = {int(label): per_class for label in labels}
    train, test = [], []
    for image in order:
        label = int(labels[image])
        (train if left[label] > 0 else test).append(int(image))
        left[label] -= 1
    return train, test


@variants.alternative
def by_rank(labels, order, per_class):
    ranked = labels[order]
    rank = np.array([np.sum(ranked[:k] == ranked[k]) for k in range(len(order))])
    return order[rank < per_class], order[rank >= per_class]
