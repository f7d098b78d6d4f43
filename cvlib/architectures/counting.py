"""What a network costs: parameters, multiply–adds and activations, counted on the meta device.

Conventions. A MAC is one multiply–add and counts 1; convolutions and linear layers are counted, for
one image; taps on the padding count, biases, norms, poolings and activations do not (torchvision's
`_ops`, in thousand millions, counts the same). Activations are the numbers that convolutions give.
Parameters are numbers that are learned; running statistics are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call


@dataclass(frozen=True)
class Cost:
    """Parameters, and MACs and numbers given by convolutions for one image."""

    parameters: int
    macs: int
    activations: int


def count_parameters(module: nn.Module) -> int:
    """Count what a module learns; a parameter with two names counts once."""
    return sum(parameter.numel() for parameter in module.parameters())


def count(network: nn.Module, size: int | tuple[int, int], *, in_channels: int = 3) -> Cost:
    """Count what a network costs on one image of the given size, in evaluation.

    Nothing is computed but shapes: the network may be on the meta device, and is left as it is.
    Only modules are seen: a convolution called as a function is not.
    """
    height, width = (size, size) if isinstance(size, int) else size
    totals = {"macs": 0, "activations": 0}

    def see(layer: nn.Module, _: Any, out: Tensor) -> None:
        if isinstance(layer, nn.Conv2d):
            totals["activations"] += out[0].numel()
            totals["macs"] += out[0].numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Linear):
            totals["macs"] += out[0].numel() * layer.in_features

    with hooks(network, see):
        run_on_meta(network, torch.empty(1, in_channels, height, width, device="meta"))
    return Cost(count_parameters(network), totals["macs"], totals["activations"])


@contextmanager
def hooks(network: nn.Module, see: Callable[[nn.Module, Any, Tensor], None]) -> Iterator[None]:
    """Have every layer without children call a function after its forward."""
    leaves = [m for m in network.modules() if not [*m.children()]]
    handles = [leaf.register_forward_hook(see) for leaf in leaves]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def run_on_meta(network: nn.Module, images: Tensor) -> Any:
    """Run a network in evaluation with meta tensors for its state, and give its mode back."""
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    state = {key: torch.empty_like(value, device="meta") for key, value in tensors.items()}
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        dtype = next(network.parameters()).dtype
        return functional_call(network, state, images.to(dtype))
    finally:
        for module, mode in modes.items():
            module.training = mode
