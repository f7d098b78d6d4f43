"""Activations as layers of a network."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cvlib.activations.reference import pointwise
from cvlib.activations.reference.learned import (
    maxout_backward,
    maxout_forward,
    prelu_backward,
    prelu_forward,
)
from cvlib.arrays import Array
from cvlib.convolution.geometry import as_count
from cvlib.layers.layer import Layer, Parameter
from cvlib.layers.reference.initialization import initialize

#: The activations without parameters, by name.
NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")


def passes(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return (forward, backward) of an activation without parameters, or raise ValueError."""
    if name not in NAMES:
        raise ValueError(f"expected one of {', '.join(NAMES)}, got {name!r} (name)")
    return getattr(pointwise, f"{name}_forward"), getattr(pointwise, f"{name}_backward")


class Activation(Layer):
    """An activation by its name, for instance Activation("leaky_relu", slope=0.1).

    Names: "sigmoid", "tanh", "relu", "leaky_relu" (slope), "elu" (alpha).
    Raises ValueError for another name, TypeError for an option that it does not take.
    """

    def __init__(self, name: str, **options: float) -> None:
        super().__init__()
        self.name = name
        self.passes = passes(name)
        self.options = options
        self.passes[0](np.zeros(1), **options)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return the activation of every number."""
        out, self.cache = self.passes[0](x, **self.options)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return self.passes[1](dout, self.recall())


class PReLU(Layer):
    """A rectifier that learns one slope α a channel for negative inputs, (N, C, …) to the same.

    The slopes start at `alpha` and take no weight decay, which would pull them to ReLU's 0.
    """

    def __init__(self, channels: int, *, alpha: float = 0.25, dtype: Any = np.float32) -> None:
        super().__init__()
        slopes = np.full(as_count(channels, "channels"), alpha, dtype)
        self.own["alpha"] = Parameter(slopes, decay=False)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return x or α x."""
        out, self.cache = prelu_forward(x, self.own["alpha"].value)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; set the gradient of α."""
        dx, self.own["alpha"].grad = prelu_backward(dout, self.recall())
        return dx


class Maxout(Layer):
    """The largest of several linear maps, (N, inputs) to (N, outputs), with weights by `init`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        pieces: int = 2,
        *,
        rng: np.random.Generator,
        init: str = "lecun",
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        shape = (as_count(outputs, "outputs"), as_count(inputs, "inputs"))
        drawn = [
            initialize(shape, init, rng, dtype=dtype) for _ in range(as_count(pieces, "pieces"))
        ]
        self.own["w"] = Parameter(np.stack(drawn))
        self.own["b"] = Parameter(np.zeros((pieces, outputs), dtype), decay=False)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return the largest piece of every output."""
        out, self.cache = maxout_forward(x, self.own["w"].value, self.own["b"].value)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; set the gradients of w and b."""
        dx, dw, db = maxout_backward(dout, self.recall())
        assert db is not None
        self.own["w"].grad, self.own["b"].grad = dw, db
        return dx
