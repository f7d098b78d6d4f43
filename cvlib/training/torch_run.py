"""A training run at one moment: all that must be kept to go on as if nothing had happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cvlib.training import torch_random
from cvlib.training.distributed import World
from cvlib.training.history import History
from cvlib.training.precision import Precision, wide
from cvlib.training.torch_data import Batches


@dataclass
class Run:
    """Model, optimizer, precision and data of a run, and how far it has come.

    `epoch` and `step` count what is done: `step` batches of epoch number `epoch`, from 0. `total`
    is the sum of the losses of this process's examples so far in the epoch.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    precision: Precision
    batches: Batches
    world: World
    history: History = field(default_factory=History)
    epoch: int = 0
    step: int = 0

    def __post_init__(self) -> None:
        self.model.to(self.world.device)
        # an optimizer that has run before takes its memory along to the device
        self.optimizer.load_state_dict(self.optimizer.state_dict())
        self.rates = [float(group["lr"]) for group in self.optimizer.param_groups]
        self.order: NDArray[np.int64] = self.batches.order(self.epoch)
        self.reset_total()
        self.setting = {
            "examples": len(self.batches.examples),
            "batch size": self.batches.size,
            "seed": self.batches.seed,
            "processes": self.world.size,
            "precision": self.precision.name,
            "device": self.world.device.type,
        }

    @property
    def steps(self) -> int:
        """How many steps are done in all."""
        return self.epoch * len(self.batches) + self.step

    def reset_total(self) -> None:
        """Start to sum the losses of an epoch."""
        device = self.world.device
        self.total = torch.zeros((), dtype=wide(device), device=device)

    def mean_loss(self) -> float:
        """Return the mean loss over the examples that the epoch has seen, in all processes."""
        seen = min(self.step * self.batches.size, len(self.batches.examples))
        return float(self.world.total(self.total)) / max(seen, 1)

    def next_epoch(self) -> None:
        """Put the epoch behind."""
        self.epoch, self.step = self.epoch + 1, 0
        self.order = self.batches.order(self.epoch)
        self.reset_total()

    def set_rate(self, factor: float) -> None:
        """Set the learning rates to a factor of what they were at the start."""
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor

    def state(self) -> dict[str, Any]:
        """Return all of it as tensors and plain values. All processes must call it together.

        The schedule is a function of time and needs no place. The order of the epoch has one,
        although the seed gives it: the next version of NumPy may shuffle differently.
        """
        own = {"random": torch_random.states(self.world.device), "total": float(self.total)}
        return {
            "setting": self.setting,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rates": self.rates,
            "precision": self.precision.state(),
            "history": self.history.as_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "order": torch.from_numpy(self.order),
            "processes": self.world.gather(own),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises ValueError when the run it came from was set up differently, RuntimeError (from
        PyTorch) when the model has other parameters.
        """
        for name, mine in self.setting.items():
            if state["setting"].get(name) != mine:
                raise ValueError(
                    f"the checkpoint is of a run with {name} {state['setting'].get(name)}, "
                    f"this one has {name} {mine}: continue it with the same, or choose another "
                    "folder"
                )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rates = list(state["rates"])
        self.precision.load_state(state["precision"])
        self.history = History(**state["history"])
        self.epoch, self.step = state["epoch"], state["step"]
        self.order = state["order"].numpy()
        own = state["processes"][self.world.rank]
        self.total.fill_(own["total"])
        torch_random.restore(own["random"], self.world.device)

    def add_loss(self, mean: Tensor, examples: int) -> None:
        """Add the losses of some examples to the epoch's sum, without waiting for the device."""
        if examples:
            self.total += mean.detach() * examples
