"""Small networks trained side by side: one for each seed and learning rate, in one pass of NumPy.

A layer of S networks is one array with a first axis of S, and a batch holds a batch for each of
them. Nothing is summed over that axis, so each network takes the steps that it would take alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import numpy as np

from cvlib.activations import Activation
from cvlib.arrays import Array
from cvlib.datasets import Dataset
from cvlib.layers import Flatten, Linear, Parameter, Sequential
from cvlib.layers.layer import Layer
from cvlib.losses import log_softmax
from cvlib.optim import Schedule
from cvlib.optim.optimizers import Optimizer


class Examples(NamedTuple):
    """What each of S networks sees: images (S, N, D), labels (S, N)."""

    images: Array
    labels: Array

    @classmethod
    def of(cls, parts: Sequence[Dataset]) -> Examples:
        """Flatten the images of one dataset a network, all of one size."""
        flat = [part.images.reshape(len(part), -1) for part in parts]
        return cls(np.stack(flat), np.stack([part.labels for part in parts]))


class LinearStack(Layer):
    """Fully connected layers of S networks: y[s] = x[s] w[s]ᵀ + b[s], (S, N, D) to (S, N, M)."""

    def __init__(self, layers: Sequence[Linear]) -> None:
        super().__init__()
        self.own["w"] = Parameter(np.stack([layer.own["w"].value for layer in layers]))
        biases = np.stack([layer.own["b"].value for layer in layers])
        self.own["b"] = Parameter(biases[:, None], decay=False)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y."""
        self.cache = x
        return np.asarray(x @ self.own["w"].value.mT + self.own["b"].value)

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; set the gradients of w and b."""
        self.backward_parameters(dout)
        return np.asarray(dout @ self.own["w"].value)

    def backward_parameters(self, dout: Array) -> None:
        """Set the gradients of w and b alone."""
        self.own["w"].grad = dout.mT @ self.recall()
        self.own["b"].grad = dout.sum(axis=1, keepdims=True)


def side_by_side(networks: Sequence[Sequential]) -> Sequential:
    """Copy perceptrons of one shape into one stack, (S, N, D) to (S, N, K).

    Raises TypeError for a layer that is not Flatten, Linear or Activation.
    """
    stack: list[Layer] = []
    for same in zip(*(network.layers for network in networks), strict=True):
        first = same[0]
        if isinstance(first, Linear):
            stack.append(LinearStack(cast(Sequence[Linear], same)))
        elif isinstance(first, Activation):
            stack.append(Activation(first.name, **first.options))
        elif not isinstance(first, Flatten):
            raise TypeError(f"expected Flatten, Linear or Activation, got {type(first).__name__}")
    return Sequential(*stack)


def fit_side_by_side(
    network: Sequential,
    examples: Examples,
    *,
    optimizer: Optimizer,
    rates: Sequence[float],
    epochs: int,
    batch_size: int,
    rngs: Sequence[np.random.Generator],
    schedule: Schedule | None = None,
    on_epoch: Callable[[Array], Array | None] | None = None,
) -> Array:
    """Train a stack as `fit` trains one network, each with its own rate and order of examples.

    `rates` (S,) take the place of the optimizer's own lr. `on_epoch(here)` is called after each
    epoch with the numbers of the networks in the stack; it may return which of them go on, and the
    others leave it. Returns the losses (epochs, S) as `fit` means them, NaN of networks that left.
    """
    here, lr = np.arange(len(rates)), np.array(rates, examples.images.dtype)[:, None, None]
    losses = np.full((epochs, len(rates)), np.nan)
    count = examples.labels.shape[1]
    steps = -(-count // batch_size)
    with np.errstate(all="ignore"):  # a network that diverges does not stop the others
        for epoch in range(epochs):
            order, total = (
                np.stack([rngs[int(s)].permutation(count) for s in here]),
                np.zeros(len(here)),
            )
            for k in range(steps):
                factor = 1.0 if schedule is None else schedule(epoch + k / steps)
                # an array where one network has a number: it broadcasts along the weights
                optimizer.lr = cast(float, lr[here] * lr.dtype.type(factor))
                chosen = order[:, k * batch_size : (k + 1) * batch_size]
                total += _step(network, examples, here[:, None], chosen, optimizer)
            losses[epoch, here] = total / count
            going_on = None if on_epoch is None else on_epoch(here)
            if going_on is not None:
                _keep(optimizer, going_on)
                here = here[going_on]
            if not len(here):
                break
    return losses


def right(network: Sequential, examples: Examples) -> Array:
    """Return the share of its examples that each network classifies correctly, (S,)."""
    scores = network.forward(examples.images)
    return np.asarray((scores.argmax(axis=-1) == examples.labels).mean(axis=1))


def _step(
    network: Sequential, examples: Examples, rows: Array, chosen: Array, optimizer: Optimizer
) -> Array:
    """Take one step of every network; return the sums of its examples' losses before it, (S,)."""
    labels = examples.labels[rows, chosen]
    log_p = log_softmax(network.forward(examples.images[rows, chosen], training=True))
    true = (np.arange(len(rows))[:, None], np.arange(chosen.shape[1]), labels)
    dscores = np.exp(log_p)
    dscores[true] -= 1
    network.backward_parameters(dscores / dscores.dtype.type(chosen.shape[1]))
    optimizer.step()
    return np.asarray(-log_p[true].sum(axis=1))


def _keep(optimizer: Optimizer, which: Array) -> None:
    """Drop networks from the parameters and from the optimizer's memory of them."""
    for k, parameter in enumerate(optimizer.parameters):
        parameter.value, parameter.grad = parameter.value[which], parameter.grad[which]
        for arrays in optimizer.memory.values():
            arrays[k] = arrays[k][which]
