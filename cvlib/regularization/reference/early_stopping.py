"""When to stop: after `patience` epochs without a better validation loss; keep the best weights."""

import math
from collections.abc import Iterable

from cvlib.regularization.validation import check_count, check_not_negative


class EarlyStopping:
    """Follows a validation loss and says when it has not improved for `patience` epochs.

    Call `update` after each epoch; when it returns True, keep a copy of the weights, and when
    `finished` is True, stop and put that copy back. Raises ValueError for patience < 1, a negative
    min_delta, or a loss that is not a number.
    Source: Prechelt, Early stopping — but when?, 1998, §2.2.
    """

    def __init__(self, patience: int, *, min_delta: float = 0.0) -> None:
        check_count("patience", patience, 1)
        check_not_negative(min_delta=min_delta)
        self.patience = patience
        self.min_delta = min_delta
        self.best = math.inf
        self.best_epoch = -1
        self.epoch = -1

    def update(self, loss: float) -> bool:
        """Take the loss of the next epoch; return whether it is the best so far."""
        if math.isnan(loss):
            raise ValueError(f"expected a loss, got nan after epoch {self.epoch + 1}")
        self.epoch += 1
        improved = loss < self.best - self.min_delta
        if improved:
            self.best, self.best_epoch = loss, self.epoch
        return improved

    @property
    def finished(self) -> bool:
        """Whether `patience` epochs have passed since the best one."""
        return self.epoch - max(self.best_epoch, 0) >= self.patience


def stopping_point(
    losses: Iterable[float], patience: int, *, min_delta: float = 0.0
) -> tuple[int, int]:
    """Return (epoch to go back to, epochs run) for a sequence of validation losses.

    Epochs count from 0. Raises ValueError for no losses at all, or as `EarlyStopping`.
    """
    rule = EarlyStopping(patience, min_delta=min_delta)
    for loss in losses:
        rule.update(float(loss))
        if rule.finished:
            break
    if rule.epoch < 0:
        raise ValueError("expected at least one loss, got none")
    return rule.best_epoch, rule.epoch + 1
