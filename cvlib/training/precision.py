"""Mixed precision: fast 16-bit arithmetic around weights that stay in 32 bits."""

from __future__ import annotations

from typing import Any

import torch

#: What the forward pass may compute in; None means as the weights are.
DTYPES: dict[str, torch.dtype | None] = {
    "float32": None,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def wide(device: torch.device) -> torch.dtype:
    """Return the type in which to add up many numbers: float64 where the device has it."""
    return torch.float32 if device.type == "mps" else torch.float64


class Precision:
    """The arithmetic of a training run, by name: "float32", "bfloat16" or "float16".

    Weights, gradients and optimizer stay in float32. Inside `autocast` products are computed in 16
    bits and sums that need it in 32. float16 has 5 bits of exponent, so that gradients below 6e-8
    become 0: the loss is therefore multiplied by a large factor before the backward pass and the
    gradients divided by it, and a step whose gradients overflow is left out and the factor halved.
    bfloat16 has the 8 bits of float32 and needs none of it.

    Raises ValueError for another name.
    Source: Micikevicius et al., Mixed precision training, 2018, §3.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name not in DTYPES:
            raise ValueError(f"expected one of {', '.join(DTYPES)}, got {name!r} (precision)")
        self.name = name
        self.device = device
        self.scaler = torch.amp.GradScaler(device.type, enabled=name == "float16")

    def autocast(self) -> torch.autocast:
        """Return the context in which the forward pass and the loss are computed."""
        dtype = DTYPES[self.name]
        return torch.autocast(self.device.type, dtype, enabled=dtype is not None)

    def step(self, loss: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Go backward from a loss and one step; in float16, scaled as described."""
        self.scaler.scale(loss).backward()
        self.scaler.step(optimizer)
        self.scaler.update()

    def state(self) -> dict[str, Any]:
        """Return the loss scaling factor and its counters; empty without one."""
        return self.scaler.state_dict()

    def load_state(self, state: dict[str, Any]) -> None:
        """Put back what `state` returned."""
        if state:
            self.scaler.load_state_dict(state)
