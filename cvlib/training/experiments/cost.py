"""What a gradient costs: in multiplications, in seconds and in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution import count_macs
from cvlib.layers import Conv2d, Linear, Sequential, Value


@dataclass(frozen=True)
class Cost:
    """The price of one gradient of a network, for one batch.

    `forward` and `backward`: multiplications in the layers that have weights; seconds of processor
    time, the median of several runs; `kept`: bytes that the forward pass leaves for the
    backward, beside the weights.
    """

    parameters: int
    forward: int
    backward: int
    forward_seconds: float
    backward_seconds: float
    kept: int

    @property
    def ratio(self) -> float:
        """Multiplications of forward and backward together, relative to the forward alone."""
        return (self.forward + self.backward) / self.forward

    @property
    def seconds(self) -> float:
        """Processor time of the gradient: forward and backward."""
        return self.forward_seconds + self.backward_seconds

    @property
    def by_differences(self) -> float:
        """Seconds for the same gradient by differences: a forward a parameter, and one more."""
        return self.forward_seconds * (self.parameters + 1)


def cost_of_gradient(network: Sequential, x: Array, *, repeats: int = 15) -> Cost:
    """Count and time a forward and a backward pass of a network on a batch."""
    forward = backward = 0
    activation = x
    for number, layer in enumerate(network.layers):
        out = layer.forward(activation)
        macs = _multiplications(layer, activation.shape, out.shape)
        forward += macs
        # as many again for ∂L/∂w, and for ∂L/∂x, which the images do not need
        backward += macs if number == 0 else 2 * macs
        activation = out
    dout = np.ones_like(activation)
    kept = {id(array): array.nbytes for array in _arrays(_caches(network))}
    weights = {id(parameter.value) for parameter in network.parameters()}
    return Cost(
        sum(parameter.size for parameter in network.parameters()),
        forward,
        backward,
        _median_seconds(lambda: network.forward(x, training=True), repeats),
        _median_seconds(lambda: network.backward(dout), repeats),
        sum(size for key, size in kept.items() if key not in weights),
    )


def _multiplications(layer: Any, x_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:
    if isinstance(layer, Linear):
        return len(layer.own["w"].value) * prod(x_shape)
    if isinstance(layer, Conv2d):
        kernels, channels, *kernel = layer.own["w"].value.shape
        groups = layer.options["groups"]
        each = count_macs(
            (out_shape[2], out_shape[3]),
            channels * groups,
            kernels,
            (kernel[0], kernel[1]),
            groups=groups,
        )
        return x_shape[0] * each
    return 0


def _median_seconds(call: Callable[[], Any], repeats: int) -> float:
    call()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return float(np.median(seconds))


def _caches(network: Sequential) -> list[Any]:
    return [layer.cache for layer in network.layers]


def _arrays(item: Any) -> list[Array]:
    if isinstance(item, np.ndarray):
        return [item if item.base is None else np.asarray(item.base)]
    if isinstance(item, tuple | list):
        return [array for part in item for array in _arrays(part)]
    return []


def product_of(numbers: int, rng: np.random.Generator) -> tuple[Value, list[Value]]:
    """Multiply random numbers, x₁ · x₂ · … · xₙ, and return the graph with its leaves.

    Written out, the n derivatives are n products of n - 1 factors: n (n - 2) multiplications.
    Source: Speelpenning, Compiling fast partial derivatives of functions given by algorithms, 1980.
    """
    leaves = [Value(x, name=f"x{k}") for k, x in enumerate(rng.uniform(0.5, 1.5, numbers))]
    result = leaves[0]
    for leaf in leaves[1:]:
        result = result * leaf
    return result, leaves
