"""Labels that are not quite the truth: DisturbLabel, and the label smoothing that is its mean."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array
from cvlib.regularization.validation import check_count, check_share


def check_labels(labels: Array, classes: int) -> None:
    """Demand whole numbers from 0 to classes − 1, one an example."""
    check_count("classes", classes, 2)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise TypeError(
            f"labels must be whole numbers, (N,), got {labels.dtype} {labels.shape} (labels)"
        )
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(
            f"labels must lie in 0 … {classes - 1}, got {labels.min()} to {labels.max()}"
        )


def smooth_labels(
    labels: npt.ArrayLike, classes: int, alpha: float, *, dtype: npt.DTypeLike = np.float32
) -> Array:
    """Share a part of each label among all classes.

    q = (1 − alpha) · onehot(label) + alpha / classes, so q_label = 1 − alpha · (C − 1) / C

    Shapes: labels (N,) ints -> (N, classes). Raises TypeError or ValueError for labels that are no
    classes, or alpha outside [0, 1].
    Source: Szegedy et al., Rethinking the Inception architecture, 2016, §7.
    """
    numbers = np.asarray(labels)
    check_labels(numbers, classes)
    check_share("alpha", alpha)
    targets = np.full((len(numbers), classes), alpha / classes, dtype)
    targets[np.arange(len(numbers)), numbers] = 1 - alpha + alpha / classes
    return targets


def replace_labels(
    labels: npt.ArrayLike, chosen: npt.ArrayLike, drawn: npt.ArrayLike
) -> npt.NDArray[Any]:
    """Put `drawn[n]` in place of the label wherever `chosen[n]`: DisturbLabel without its dice.

    Shapes: labels, chosen and drawn (N,) -> (N,). Raises ValueError for shapes that differ.
    """
    arrays = np.asarray(labels), np.asarray(chosen, bool), np.asarray(drawn)
    shapes = {a.shape for a in arrays}
    if len(shapes) > 1 or arrays[0].ndim != 1:
        raise ValueError(
            "labels, chosen and drawn must all be (N,), got "
            + ", ".join(str(a.shape) for a in arrays)
        )
    return np.where(arrays[1], arrays[2], arrays[0])


def disturb_label(
    labels: npt.ArrayLike, classes: int, alpha: float, rng: np.random.Generator
) -> npt.NDArray[Any]:
    """With probability alpha, forget a label and draw it anew from *all* classes, for one batch.

    P(label stays) = 1 − alpha · (C − 1) / C, P(any other given class) = alpha / C

    So of the labels a share alpha · (C − 1) / C becomes wrong, less than alpha. The draw is made
    again for every mini-batch; the mean of the one-hot targets is `smooth_labels`.

    Shapes: labels (N,) ints -> (N,). Raises TypeError or ValueError as `smooth_labels`.
    Source: Xie et al., DisturbLabel: regularizing CNN on the loss layer, 2016, §3.1.
    """
    numbers = np.asarray(labels)
    check_labels(numbers, classes)
    check_share("alpha", alpha)
    chosen = rng.random(len(numbers)) < alpha
    return replace_labels(numbers, chosen, rng.integers(0, classes, len(numbers)))
