"""What trained networks say: by how much, to which class, and what most of them answer."""

from __future__ import annotations

import numpy as np

from cvlib.arrays import Array
from cvlib.regularization.experiments.side_by_side import Networks, Task


def margins(networks: Networks, task: Task) -> Array:
    """Score of the right class minus the best other one, for every training image, (S, n)."""
    scores = networks.scores(task.images)
    index = task.labels[..., None]
    right = np.take_along_axis(scores, index, axis=-1)[..., 0]
    others = scores.copy()
    np.put_along_axis(others, index, -np.inf, axis=-1)
    return np.asarray(right - others.max(axis=-1))


def changes_by_class(networks: Networks, base: Networks, task: Task) -> Array:
    """Paired change of test accuracy of each class, in percentage points, (S, K)."""
    images, labels = task.test_images, task.test_labels
    change = networks.right(images, labels).astype(float) - base.right(images, labels)
    of_class = labels[..., None] == np.arange(task.classes)
    return np.asarray(100 * (change[..., None] * of_class).sum(axis=1) / of_class.sum(axis=1))


def shares(networks: Networks, images: Array) -> Array:
    """Which share of the networks gives each answer, (m, K), for images (m, C, H, W)."""
    answers = networks.scores(images).argmax(axis=-1)
    classes = networks.biases[-1].shape[-1]
    return np.stack([(answers == k).mean(axis=0) for k in range(classes)], axis=1)
