"""What all networks of the room have in common: maps, then a vector, then scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

#: No network of the room needs a larger image than this, in either direction.
LARGEST_SMALLEST = 1024


class Network(nn.Module):
    """An image classifier: `forward_features` to the last maps, `forward_head` to the scores.

    `heads` names the layers that give scores, the main one first. They are Linear or 1 × 1
    convolutions; with `num_classes=0` the main one is an Identity, and the others are left out.
    """

    heads: tuple[str, ...] = ("fc",)
    #: Length of the vector before the scores.
    num_features: int
    if TYPE_CHECKING:  # the parts have other names in each family

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        for name, value, least in (
            ("num_classes", num_classes, 0),
            ("in_channels", in_channels, 1),
        ):
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"{name} must be a whole number of at least {least}, got {value!r}"
                )
        self.num_classes = num_classes
        self.in_channels = in_channels

    def forward_features(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) to the last maps, (N, num_features or more, H', W')."""
        raise NotImplementedError

    def forward_head(self, x: Tensor) -> Tensor:
        """Map the last maps to scores, (N, num_classes)."""
        raise NotImplementedError

    def scores(self, x: Tensor) -> Any:
        """Map images to scores; networks with auxiliary heads return theirs, too, in training."""
        return self.forward_head(self.forward_features(x))

    def forward(self, x: Tensor) -> Any:
        """Map images (N, C, H, W) to scores (N, num_classes).

        Raises ValueError for other shapes, and for images that are too small, naming the smallest.
        """
        if isinstance(x, Tensor):  # not while torch.fx traces
            check_images(x, self.in_channels)
        try:
            return self.scores(x)
        except RuntimeError as error:
            smallest = smallest_size(self)
            if min(x.shape[2:]) >= smallest:
                raise
            raise ValueError(
                f"{type(self).__name__} needs images of at least {smallest} × {smallest} pixels"
                f"{' in training' if self.training else ''}, got {x.shape[2]} × {x.shape[3]} "
                "(x.shape[2:])"
            ) from error

    def init_layer(self, layer: nn.Module) -> None:
        """Draw the weights of one layer; families override it."""

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the layers that give scores by fresh ones for another number of classes.

        0 takes the last layer out and drops auxiliary heads, which do not come back.
        Raises ValueError for a negative number.
        """
        if num_classes < 0:
            raise ValueError(f"num_classes must be at least 0, got {num_classes}")
        first = next(self.parameters())
        for path in self.live_heads():
            parent, _, name = path.rpartition(".")
            if path != self.heads[0] and num_classes == 0:
                setattr(self, parent, None)
                continue
            holder = self.get_submodule(parent)
            features = self.num_features
            if path != self.heads[0]:
                features = getattr(holder, name).in_features
            layer = score_layer(features, num_classes, conv=self.scores_by_convolution)
            setattr(holder, name, layer.to(first.device, first.dtype))
            self.init_layer(layer)
        self.num_classes = num_classes

    def live_heads(self) -> list[str]:
        """Name the layers that give scores and are there, the main one first."""
        return [p for p in self.heads if getattr(self, p.split(".")[0]) is not None]

    #: SqueezeNet scores every place, and averages the scores.
    scores_by_convolution = False


def score_layer(features: int, num_classes: int, *, conv: bool = False) -> nn.Module:
    """Make the layer that gives scores; the identity for no classes."""
    if num_classes == 0:
        return nn.Identity()
    return nn.Conv2d(features, num_classes, 1) if conv else nn.Linear(features, num_classes)


def check_images(x: Tensor, in_channels: int) -> None:
    """Demand images (N, C, H, W) with the first layer's channels; ValueError says what came."""
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (N, C, H, W), got {x.ndim}: shape {tuple(x.shape)}")
    if x.shape[1] != in_channels:
        raise ValueError(
            f"the network has {in_channels} input channels, x has {x.shape[1]} (x.shape[1])"
        )


def smallest_size(network: Network, *, guess: int | None = None) -> int:
    """Find the smallest square image that a network takes, in the mode it is in.

    It runs on the meta device, where only shapes are computed, and is bisected: a larger image
    never fails where a smaller one passes. A right guess is confirmed in two runs.
    """
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    state = {key: torch.empty_like(tensor, device="meta") for key, tensor in tensors.items()}
    dtype = next(network.parameters()).dtype

    def passes(size: int) -> bool:
        images = torch.empty(2, network.in_channels, size, size, device="meta", dtype=dtype)
        try:
            functional_call(_Scores(network), {f"network.{k}": v for k, v in state.items()}, images)
        except RuntimeError:
            return False
        return True

    if guess is not None and passes(guess) and (guess == 1 or not passes(guess - 1)):
        return guess
    low, high = 0, 1  # low fails, high will pass
    while not passes(high):
        low, high = high, 2 * high
        if low > LARGEST_SMALLEST:
            raise ValueError(f"{type(network).__name__} takes no image of {low} × {low} pixels")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


class _Scores(nn.Module):
    """Calls `scores`, which does not look for the smallest size in its turn."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Any:
        return self.network.scores(x)
