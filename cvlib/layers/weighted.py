"""The layers that have weights: fully connected and convolutional."""

from typing import Any

import numpy as np

from cvlib.arrays import Array, check_upstream
from cvlib.convolution import conv2d_backward, conv2d_forward
from cvlib.convolution.geometry import IntOrPair, as_count, as_pair, as_slide
from cvlib.convolution.reference.correlation import match
from cvlib.layers.layer import Layer, Parameter
from cvlib.layers.reference.initialization import initialize
from cvlib.layers.reference.linear import linear_backward, linear_forward


class _Weighted(Layer):
    """A weight `w` and, unless it is left out, a bias `b` that starts at zero."""

    def _draw(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        init: str,
        bias: bool,
        dtype: Any,
    ) -> None:
        self.own["w"] = Parameter(initialize(shape, init, rng, dtype=dtype))
        if bias:
            self.own["b"] = Parameter(np.zeros(shape[0], dtype), decay=False)

    def _values(self) -> tuple[Array, Array | None]:
        return self.own["w"].value, self.own["b"].value if "b" in self.own else None

    def _keep(self, dw: Array, db: Array | None) -> None:
        self.own["w"].grad = dw
        if db is not None:
            self.own["b"].grad = db


class Linear(_Weighted):
    """out = x wᵀ + b from (N, inputs) to (N, outputs), with weights drawn by `init`.

    Raises TypeError or ValueError for sizes that are not positive ints or an unknown `init`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rng: np.random.Generator,
        init: str = "he",
        bias: bool = True,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        shape = (as_count(outputs, "outputs"), as_count(inputs, "inputs"))
        self._draw(shape, rng, init, bias, dtype)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return x wᵀ + b."""
        out, self.cache = linear_forward(x, *self._values())
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; set the gradients of w and b."""
        dx, dw, db = linear_backward(dout, self.recall())
        self._keep(dw, db)
        return dx


class Conv2d(_Weighted):
    """A convolution from (N, channels, H, W) to (N, kernels, H', W'), with weights drawn by `init`.

    Raises TypeError or ValueError for sizes that are not positive ints, groups that do not divide
    the channels and the kernels, or an unknown `init`.
    """

    def __init__(
        self,
        channels: int,
        kernels: int,
        kernel: IntOrPair,
        *,
        stride: IntOrPair = 1,
        padding: IntOrPair = 0,
        groups: int = 1,
        bias: bool = True,
        rng: np.random.Generator,
        init: str = "he",
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        groups = as_count(groups, "groups")
        for name, count in (("channels", channels), ("kernels", kernels)):
            if as_count(count, name) % groups:
                raise ValueError(f"groups must divide the {count} {name}, got groups={groups}")
        slide = as_slide(stride, padding, 1)
        self.options: dict[str, Any] = {
            "stride": slide.stride,
            "padding": slide.padding,
            "groups": groups,
        }
        shape = (kernels, channels // groups, *as_pair(kernel, "kernel", 1))
        self._draw(shape, rng, init, bias, dtype)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Slide the kernels over the images."""
        out, self.cache = conv2d_forward(x, *self._values(), **self.options)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; set the gradients of w and b."""
        dx, dw, db = conv2d_backward(dout, self.recall())
        self._keep(dw, db)
        return dx

    def backward_parameters(self, dout: Array) -> None:
        """Set the gradients of w and b without ∂L/∂x, which costs more than both together."""
        x, w, biased, slide, groups, out_shape = self.recall()
        check_upstream(dout, out_shape, x.dtype)
        dw = match(x, dout, w.shape[2:], slide, groups)
        self._keep(dw, dout.sum(axis=(0, 2, 3)) if biased else None)
