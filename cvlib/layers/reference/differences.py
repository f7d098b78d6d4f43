"""Slopes of ⟨dout, forward(arrays)⟩ by differences, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cvlib.arrays import Array

Point = dict[str, Array]

#: How much of a forward pass may be rounding: some units of the machine epsilon.
ROUNDING = 64 * float(np.finfo(np.float64).eps)


class Probe:
    """A forward and a backward that are called at many points and trusted at none."""

    def __init__(
        self,
        forward: Callable[..., tuple[Array, Any]],
        backward: Callable[[Array, Any], Any],
        step: float,
    ) -> None:
        if not step > 0:
            raise ValueError(f"step must be positive, got {step}")
        self.forward = forward
        self.backward = backward
        self.step = step
        self.names: tuple[str | None, ...] = ()

    def start(self, arrays: Mapping[str, Array | None]) -> Point:
        """Return copies of the arrays that are given; check them and the forward."""
        for name, array in arrays.items():
            if array is not None and getattr(array, "dtype", None) != np.float64:
                came = getattr(array, "dtype", type(array).__name__)
                raise TypeError(f"{name} must be float64 for a gradient check, got {came}")
            if array is not None and not array.size:
                raise ValueError(f"{name} is empty: shape {array.shape}")
        self.names = tuple(name if a is not None else None for name, a in arrays.items())
        point = {name: np.array(a) for name, a in arrays.items() if a is not None}
        if not point:
            raise ValueError("expected at least one array, got none")
        first, again = self.evaluate(point)[0], self.evaluate(point)[0]
        if not np.array_equal(first, again):
            raise ValueError("forward is random: two calls on the same arrays differ")
        return point

    def evaluate(self, point: Point) -> tuple[Array, Any]:
        """Run the forward on copies, which it may not change."""
        copies = {name: array.copy() for name, array in point.items()}
        given = (None if name is None else copies[name] for name in self.names)
        out, cache = self.forward(*given)
        out = np.asarray(out)
        if out.dtype != np.float64:
            raise TypeError(f"forward must keep float64, got {out.dtype}")
        if not np.isfinite(out).all():
            raise ValueError("forward returned numbers that are not finite")
        for name, array in point.items():
            if not np.array_equal(copies[name], array):
                raise ValueError(f"forward changed {name} in place")
        return out, cache

    def gradients(self, point: Point, dout: Array) -> Point:
        """Run the backward and demand one gradient an array, of its shape."""
        sent = dout.copy()
        returned = self.backward(sent, self.evaluate(point)[1])
        if not np.array_equal(sent, dout):
            raise ValueError("backward changed dout in place")
        gradients = returned if isinstance(returned, tuple) else (returned,)
        if len(gradients) != len(self.names):
            raise ValueError(
                f"expected {len(self.names)} gradients, one an array, got {len(gradients)}"
            )
        found: Point = {}
        for name, gradient in zip(self.names, gradients, strict=True):
            if name is None:
                continue
            if np.shape(gradient) != point[name].shape:
                raise ValueError(
                    f"d{name} must have {name}'s shape {point[name].shape}, "
                    f"got {None if gradient is None else np.shape(gradient)}"
                )
            found[name] = np.array(gradient, np.float64)
        return found

    def noise(self, point: Point, dout: Array) -> float:
        """Return how large a slope can come from rounding alone."""
        out = self.evaluate(point)[0]
        return ROUNDING * float(np.linalg.norm(dout * out)) / self.step

    def slopes(self, point: Point, dout: Array) -> dict[str, tuple[Array, Array]]:
        """Return (slope, doubt) for every array: by how much it may be off because of a kink."""
        base = self.evaluate(point)[0]
        found = {}
        for name, array in point.items():
            slope, doubt = np.empty(array.shape), np.empty(array.shape)
            for index in np.ndindex(array.shape):

                def gain(
                    move: float, name: str = name, array: Array = array, index: Any = index
                ) -> float:
                    moved = array.copy()
                    moved[index] += move
                    out = self.evaluate({**point, name: moved})[0]
                    # the difference first: the inner product then rounds little
                    return float(np.vdot(dout, out - base))

                slope[index], doubt[index] = slope_and_doubt(gain, self.step)
            found[name] = slope, doubt
        return found


def slope_and_doubt(gain: Callable[[float], float], step: float) -> tuple[float, float]:
    """Return the slope at 0 of a function with gain(0) = 0, and how much its sides disagree.

    D(h) = (gain(h) - gain(-h)) / 2h, slope = (4 D(h/2) - D(h)) / 3.

    Where the function is smooth, D(h/2) - D(h) = O(h²), and the two one-sided slopes
    (4 gain(±h/2) - gain(±h)) / ±h agree to O(h³). A kink within a step of 0 changes one or both by
    about as much as it changes the slope; the doubt is the larger of the two.
    """
    ahead, behind = gain(step), gain(-step)
    near_ahead, near_behind = gain(step / 2), gain(-step / 2)
    wide, narrow = (ahead - behind) / (2 * step), (near_ahead - near_behind) / step
    right, left = (4 * near_ahead - ahead) / step, -(4 * near_behind - behind) / step
    return (4 * narrow - wide) / 3, max(abs(narrow - wide), abs(right - left))
