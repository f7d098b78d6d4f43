"""The parts of the LeNet-5 of 1998 that later networks dropped."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from cvlib.activations.reference.pointwise import tanh_backward, tanh_forward
from cvlib.arrays import Array, check_arrays, check_rank, check_upstream
from cvlib.convolution import conv2d_backward, conv2d_forward
from cvlib.convolution.geometry import IntOrPair, as_count, as_pair
from cvlib.layers.layer import Layer, Parameter
from cvlib.layers.reference.mean_pool import sum_pool2d_backward, sum_pool2d_forward

#: Which of the 6 maps of S2 each of the 16 maps of C3 sees: Table I of the paper.
CONNECTIONS = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
C3_TABLE = np.array([[channel in seen for channel in range(6)] for seen in CONNECTIONS])

#: The digits 0 to 9 in 7 × 12 pixels, side by side.
DRAWINGS = """
.#####. ...##.. .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
##...## ..###.. ##...## ##...## ...###. ##..... .##.... .....## ##...## ##...##
##...## .####.. .....## .....## ..####. ##..... ##..... .....## ##...## ##...##
##...## ...##.. .....## .....## .##.##. ##..... ##..... ....##. ##...## ##...##
##...## ...##.. ....##. .....## ##..##. ######. ######. ....##. .#...#. ##...##
##...## ...##.. ...##.. ..####. ##..##. .....## ##...## ...##.. ..###.. .######
##...## ...##.. ..##... .....## ####### .....## ##...## ...##.. .#...#. .....##
##...## ...##.. .##.... .....## ....##. .....## ##...## ...##.. ##...## .....##
##...## ...##.. ##..... .....## ....##. .....## ##...## ..##... ##...## .....##
##...## ...##.. ##..... .....## ....##. .....## ##...## ..##... ##...## .....##
##...## ...##.. ##..... ##...## ....##. ##...## ##...## ..##... ##...## ....##.
.#####. .###### ####### .#####. ....##. .#####. .#####. ..##... .#####. .####..
"""
#: What F6 should say for each digit, (10, 84): +1 for ink, -1 for paper.
DIGIT_CODES = np.array(
    [
        [
            1.0 if mark == "#" else -1.0
            for row in DRAWINGS.split("\n")[1:-1]
            for mark in row.split()[k]
        ]
        for k in range(10)
    ]
)


class TableConv2d(Layer):
    """A convolution in which kernel k sees only the channels c with table[k, c].

    Only kernels of existing connections are stored: w (connections, R, S), in the order of
    `np.nonzero(table)`. The 1998 table has 60 of 96, so 60 · 25 + 16 = 1,516 parameters.
    Weights are drawn with a standard deviation of scale / √(inputs of the unit).

    Raises ValueError for a table that is not (K, C) of truth values or has an empty row.
    """

    def __init__(
        self,
        table: Array,
        kernel: IntOrPair,
        *,
        rng: np.random.Generator,
        scale: float = sqrt(2),
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        self.table = np.asarray(table)
        if self.table.ndim != 2 or self.table.dtype != bool or not self.table.any(axis=1).all():
            raise ValueError(
                "table must be (K, C) of truth values with at least one a row, got "
                f"{self.table.dtype} of shape {self.table.shape}"
            )
        self.size = as_pair(kernel, "kernel", 1)
        self.connections = np.nonzero(self.table)
        inputs = self.table.sum(axis=1)[self.connections[0]] * self.size[0] * self.size[1]
        drawn = rng.standard_normal((len(inputs), *self.size)) * scale
        w = (drawn / np.sqrt(inputs)[:, None, None]).astype(dtype)
        self.own["w"] = Parameter(w)
        self.own["b"] = Parameter(np.zeros(len(self.table), dtype), decay=False)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Convolve with the stored kernels, and zeros where there is no connection."""
        w = np.zeros((*self.table.shape, *self.size), self.own["w"].value.dtype)
        w[self.connections] = self.own["w"].value
        out, self.cache = conv2d_forward(x, w, self.own["b"].value)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; set the gradients of the connections and of b."""
        dx, dw, db = conv2d_backward(dout, self.recall())
        assert db is not None
        self.own["w"].grad, self.own["b"].grad = dw[self.connections], db
        return dx


class Subsample2d(Layer):
    """Sum 2 × 2 pixels, weigh the sum, add a bias: out = w[c] · Σ x + b[c].

    The weight starts at 1/4, the average. Two parameters a map.
    """

    def __init__(self, channels: int, *, dtype: Any = np.float32) -> None:
        super().__init__()
        count = as_count(channels, "channels")
        self.own["w"] = Parameter(np.full(count, 0.25, dtype))
        self.own["b"] = Parameter(np.zeros(count, dtype), decay=False)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return one number for four."""
        sums, cache = sum_pool2d_forward(x, 2)
        self.cache = sums, cache
        w, b = self.own["w"].value, self.own["b"].value
        return w[:, None, None] * sums + b[:, None, None]

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; set the gradients of w and b."""
        sums, cache = self.recall()
        check_upstream(dout, sums.shape, sums.dtype)
        self.own["w"].grad = (dout * sums).sum(axis=(0, 2, 3))
        self.own["b"].grad = dout.sum(axis=(0, 2, 3))
        return sum_pool2d_backward(dout * self.own["w"].value[:, None, None], cache)


class ScaledTanh(Layer):
    """out = 1.7159 tanh(⅔ x), which takes ±1 to ±1, where it bends most and is not saturated.

    Source: LeCun et al., Efficient backprop, 1998, §4.4.
    """

    height, slope = 1.7159, 2 / 3

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return the squashed numbers."""
        out, self.cache = tanh_forward(self.slope * x)
        return self.height * out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return self.height * self.slope * tanh_backward(dout, self.recall())


class CodeDistance(Layer):
    """Score each class by minus the squared distance to its code, out[n, k] = -|x[n] - code[k]|².

    Shapes: x (N, D), codes (K, D) -> (N, K). No parameters: the codes are given.
    """

    def __init__(self, codes: Array) -> None:
        super().__init__()
        check_arrays(codes=codes)
        check_rank("codes", codes.shape, "K D")
        self.codes = codes

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return one score a class."""
        check_arrays(x=x, codes=self.codes)
        check_rank("x", x.shape, "N D")
        self.cache = x[:, None, :] - self.codes
        return -np.square(self.cache).sum(axis=2)

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x = -2 Σ_k dout[k] (x - code[k])."""
        difference = self.recall()
        check_upstream(dout, difference.shape[:2], difference.dtype)
        return -2 * np.einsum("nk,nkd->nd", dout, difference)
