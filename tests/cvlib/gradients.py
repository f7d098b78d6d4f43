"""Gradients by central differences, for tests: every coordinate of small float64 arrays."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def numeric_gradient(
    loss: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-5
) -> np.ndarray:
    """Return (loss(x + h e) - loss(x - h e)) / 2h for every coordinate e; the error is O(h²)."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += step
        behind[index] -= step
        gradient[index] = (loss(ahead) - loss(behind)) / (2 * step)
    return gradient


def check_gradients(
    forward: Callable[..., tuple[np.ndarray, Any]],
    backward: Callable[[np.ndarray, Any], Any],
    arrays: Mapping[str, np.ndarray],
    options: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    rtol: float = 1e-6,
    atol: float = 1e-8,
) -> None:
    """Demand that a backward returns the gradient of ⟨dout, forward(arrays)⟩ for a random dout.

    Raises AssertionError that names the array, also when the numeric gradient is zero throughout:
    such a check could not tell a right backward from one that returns zeros.
    """
    options = dict(options or {})
    for name, array in arrays.items():
        assert array.dtype == np.float64, f"{name} must be float64, got {array.dtype}"
    out, cache = forward(*arrays.values(), **options)
    dout = np.random.default_rng(seed).standard_normal(out.shape)
    gradients = backward(dout, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for (name, array), gradient in zip(arrays.items(), gradients, strict=True):

        def loss(changed: np.ndarray, name: str = name) -> float:
            moved = {**arrays, name: changed}
            return float(np.vdot(dout, forward(*moved.values(), **options)[0]))

        expected = numeric_gradient(loss, array)
        assert np.abs(expected).max() > 1e-3, f"the gradient of {name} is zero: choose other data"
        assert gradient.shape == array.shape, f"d{name} has shape {gradient.shape}"
        np.testing.assert_allclose(gradient, expected, rtol=rtol, atol=atol, err_msg=f"d{name}")
