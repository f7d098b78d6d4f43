"""Optimizers: the rules with their memory, applied to the parameters of a network in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cvlib.arrays import Array
from cvlib.layers.layer import Parameter
from cvlib.optim.reference.rules import adam_step, momentum_step, nesterov_step, sgd_step


class Optimizer:
    """What all optimizers share: parameters, a learning rate, arrays that remember.

    `lr` may be changed between steps, as a schedule does. Weight decay λ stands for λ/2 · |w|² in
    the loss: it adds λ w to the gradient of every parameter with ``decay`` set. `memory` holds a
    list of arrays a name, one array a parameter.
    """

    def __init__(
        self, parameters: Iterable[Parameter], lr: float, weight_decay: float, memory: str
    ) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("expected at least one parameter, got none")
        self.lr = check_rate("lr", lr)
        self.weight_decay = check_rate("weight_decay", weight_decay)
        self.count = 0
        self.memory: dict[str, list[Array]] = {
            name: [np.zeros_like(p.value) for p in self.parameters] for name in memory.split()
        }

    def step(self) -> None:
        """Move every parameter by its gradient; ValueError for a gradient of another shape."""
        for k, parameter in enumerate(self.parameters):
            if parameter.grad.shape != parameter.value.shape:
                raise ValueError(
                    f"parameter {k} has shape {parameter.value.shape}, "
                    f"its gradient {parameter.grad.shape}"
                )
        self.count += 1
        for k, parameter in enumerate(self.parameters):
            grad = parameter.grad
            if self.weight_decay and parameter.decay:
                # d/dw λ/2 |w|² = λ w
                grad = grad + self.weight_decay * parameter.value
            memory = [arrays[k] for arrays in self.memory.values()]
            moved, *remembered = self.rule(parameter.value, grad, *memory)
            parameter.value[...] = moved
            for array, new in zip(memory, remembered, strict=True):
                array[...] = new

    def rule(self, w: Array, grad: Array, *memory: Array) -> tuple[Array, ...]:
        """Return the new weights and memory of one parameter."""
        raise NotImplementedError

    def state(self) -> dict[str, Array]:
        """Return learning rate, number of steps and memory by name, as copies."""
        arrays = {
            f"{name}.{k}": array.copy()
            for name, arrays in self.memory.items()
            for k, array in enumerate(arrays)
        }
        return {"lr": np.array(self.lr), "count": np.array(self.count), **arrays}

    def load_state(self, state: dict[str, Array]) -> None:
        """Put back what `state` returned; ValueError names what is missing or misshapen."""
        mine = self.state()
        if set(state) != set(mine):
            raise ValueError(f"expected the arrays {sorted(mine)}, got {sorted(state)}")
        for name, array in mine.items():
            if np.shape(state[name]) != array.shape:
                raise ValueError(
                    f"{name}: expected shape {array.shape}, got {np.shape(state[name])}"
                )
        self.lr, self.count = float(state["lr"]), int(state["count"])
        for name, arrays in self.memory.items():
            for k, array in enumerate(arrays):
                array[...] = state[f"{name}.{k}"]


class SGD(Optimizer):
    """Stochastic gradient descent, plain, with momentum, or with Nesterov's.

    See `sgd_step`, `momentum_step` and `nesterov_step`. Raises ValueError for a negative lr,
    momentum or weight_decay, a momentum of 1 or more, and nesterov without momentum.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = check_share("momentum", momentum)
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum above 0")
        self.nesterov = nesterov
        super().__init__(parameters, lr, weight_decay, "velocity" if momentum else "")

    def rule(self, w: Array, grad: Array, *memory: Array) -> tuple[Array, ...]:
        """Return the new weights, and the velocity with momentum."""
        if not memory:
            return (sgd_step(w, grad, lr=self.lr),)
        step = nesterov_step if self.nesterov else momentum_step
        return step(w, grad, *memory, lr=self.lr, momentum=self.momentum)


class Adam(Optimizer):
    """Adam, see `adam_step`; weight decay λ enters through the gradient, as λ w.

    Raises ValueError for a negative lr, eps or weight_decay and for betas outside [0, 1).
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.betas = check_share("betas[0]", betas[0]), check_share("betas[1]", betas[1])
        self.eps = check_rate("eps", eps)
        super().__init__(parameters, lr, weight_decay, "mean square")

    def rule(self, w: Array, grad: Array, *memory: Array) -> tuple[Array, ...]:
        """Return the new weights, mean and mean square of the gradient."""
        mean, square = memory
        return adam_step(
            w, grad, mean, square, self.count, lr=self.lr, betas=self.betas, eps=self.eps
        )


def check_rate(name: str, value: Any) -> float:
    """Return a finite number of at least 0, or raise TypeError or ValueError naming it."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0 <= value < np.inf:
        raise ValueError(f"{name} must be finite and at least 0, got {value!r}")
    return float(value)


def check_share(name: str, value: Any) -> float:
    """Return a number of at least 0 and below 1, or raise TypeError or ValueError naming it."""
    if check_rate(name, value) >= 1:
        raise ValueError(f"{name} must be below 1, got {value!r}")
    return float(value)


def clip_gradients(parameters: Iterable[Parameter], limit: float) -> float:
    """Scale all gradients down together so that their joint norm is at most `limit`.

    g ← g · min(1, limit / |g|), with |g| over all parameters. Returns |g| from before.
    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks,
    2013, §3.2.
    """
    if not limit > 0:
        raise ValueError(f"limit must be above 0, got {limit!r}")
    every = list(parameters)
    norm = float(np.sqrt(sum(float(np.vdot(p.grad, p.grad)) for p in every)))
    if norm > limit:
        for parameter in every:
            parameter.grad = parameter.grad * parameter.grad.dtype.type(limit / norm)
    return norm
