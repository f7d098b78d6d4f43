"""The record of a training run: plain numbers, one an epoch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class History:
    """What happened, epoch by epoch, and why it ended.

    `loss`: mean over the epoch's mini-batches, each before its step. `accuracy`: on the validation
    images after the epoch (empty without any). `lr`: the learning rate of the epoch's last step.
    `best_epoch`: the epoch, from 0, of the highest accuracy, the first of equal ones; None without
    validation. `stopped`: "epochs", "target", "patience", "diverged" or "on_epoch".
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped: str = ""

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def error(self) -> list[float]:
        """The validation errors, 1 - accuracy."""
        return [1 - accuracy for accuracy in self.accuracy]

    @property
    def best_accuracy(self) -> float:
        """The highest validation accuracy; ValueError without validation."""
        if self.best_epoch is None:
            raise ValueError("there was no validation, so there is no best accuracy")
        return self.accuracy[self.best_epoch]

    def as_dict(self) -> dict[str, Any]:
        """Return lists, numbers and strings only, ready for JSON."""
        return asdict(self)
