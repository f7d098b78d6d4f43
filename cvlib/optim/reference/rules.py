"""One step of each optimizer as a pure function: weights and gradient in, weights out.

The rules are those of `torch.optim`. They work on arrays of one shape and return new ones.
"""

import numpy as np

from cvlib.arrays import Array


def sgd_step(w: Array, grad: Array, *, lr: float) -> Array:
    """Step against the gradient: w ← w - lr · g."""
    return w - lr * grad


def momentum_step(
    w: Array, grad: Array, velocity: Array, *, lr: float, momentum: float = 0.9
) -> tuple[Array, Array]:
    """Step along a velocity that remembers: v ← μ v + g, w ← w - lr · v.

    Start from v = 0. In a constant slope v grows to g / (1 - μ); across a valley it averages out.
    Returns (w, v). Source: Polyak, Some methods of speeding up the convergence of iteration
    methods, 1964, in the scaling of Sutskever et al., 2013.
    """
    velocity = momentum * velocity + grad
    return w - lr * velocity, velocity


def nesterov_step(
    w: Array, grad: Array, velocity: Array, *, lr: float, momentum: float = 0.9
) -> tuple[Array, Array]:
    """Look where the velocity leads before stepping: v ← μ v + g, w ← w - lr · (g + μ v).

    Returns (w, v). Here w is the point looked ahead to, so that the gradient is taken at w itself.
    Source: Sutskever et al., On the importance of initialization and momentum in deep learning,
    2013, §2, in the form of Bengio et al., Advances in optimizing recurrent networks, 2013, §3.5.
    """
    velocity = momentum * velocity + grad
    return w - lr * (grad + momentum * velocity), velocity


def adam_step(
    w: Array,
    grad: Array,
    mean: Array,
    square: Array,
    step: int,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """Divide each weight's step by the usual size of its gradient.

    m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,
    w ← w - lr · m̂ / (√v̂ + ε)  with  m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ).

    Start from m = v = 0; `step` is t, which counts from 1. The two divisions make up for that
    start. Returns (w, m, v). Raises ValueError for a step below 1.
    Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.
    """
    if step < 1:
        raise ValueError(f"step counts from 1, got {step}")
    mean = betas[0] * mean + (1 - betas[0]) * grad
    square = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased_mean = mean / (1 - betas[0] ** step)
    unbiased_square = square / (1 - betas[1] ** step)
    return w - lr * unbiased_mean / (np.sqrt(unbiased_square) + eps), mean, square
