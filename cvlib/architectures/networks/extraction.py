"""Intermediate maps of a network, and the network without its head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from cvlib.architectures.networks.network import Network
from cvlib.architectures.networks.registry import nearest


class Features(nn.Module):
    """A network as far as its last maps: (N, C, H, W) -> (N, K, H', W')."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.forward_features(x)


def extract(model: nn.Module, x: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Run a model once and return what the named modules give, by their names in the given order.

    A name is one of `model.named_modules()`: "layer3.1", "features.4". The results are copies,
    which no later step can change in place, and gradients flow through them. The mode of the model
    is left as it is: in training, batch norm sees the images, too.

    Raises KeyError for an unknown name, naming the nearest ones; ValueError for a module that did
    not run in this mode, ran more than once or gives no tensor.
    """
    modules = dict(model.named_modules())
    modules.pop("")
    found: dict[str, list[Any]] = {name: [] for name in names}
    for name in found:
        if name not in modules:
            hint = nearest(name, list(modules), "model.named_modules()")
            raise KeyError(f"{type(model).__name__} has no module {name!r}; {hint}")
    handles = [
        modules[name].register_forward_hook(
            lambda _module, _args, out, results=results: results.append(
                out.clone() if isinstance(out, Tensor) else out
            )
        )
        for name, results in found.items()
    ]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    for name, results in found.items():
        if len(results) != 1:
            raise ValueError(f"module {name!r} ran {len(results)} times, expected once")
        if not isinstance(results[0], Tensor):
            raise ValueError(f"module {name!r} gives a {type(results[0]).__name__}, no tensor")
    return {name: results[0] for name, results in found.items()}
