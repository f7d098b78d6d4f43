"""The layers without weights that change the shape: pooling and flattening."""

from math import prod
from typing import Any

from cvlib.arrays import Array
from cvlib.convolution.geometry import IntOrPair
from cvlib.layers.layer import Layer
from cvlib.layers.reference.max_pool import max_pool2d_backward, max_pool2d_forward
from cvlib.layers.reference.mean_pool import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    sum_pool2d_backward,
    sum_pool2d_forward,
)


class _Pool2d(Layer):
    """A pooling layer: a pair of functions and the options that they take."""

    passes: Any

    def __init__(
        self, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
    ) -> None:
        super().__init__()
        self.kernel = kernel
        self.options: dict[str, Any] = {"stride": stride, "padding": padding}

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return one number a window."""
        out, self.cache = self.passes[0](x, self.kernel, **self.options)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return self.passes[1](dout, self.recall())


class MaxPool2d(_Pool2d):
    """The largest pixel of every window; see `max_pool2d_forward`."""

    passes = (max_pool2d_forward, max_pool2d_backward)


class SumPool2d(_Pool2d):
    """The sum of every window; see `sum_pool2d_forward`."""

    passes = (sum_pool2d_forward, sum_pool2d_backward)


class AvgPool2d(_Pool2d):
    """The mean of every window; see `avg_pool2d_forward`."""

    passes = (avg_pool2d_forward, avg_pool2d_backward)

    def __init__(
        self,
        kernel: IntOrPair,
        *,
        stride: IntOrPair | None = None,
        padding: IntOrPair = 0,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel, stride=stride, padding=padding)
        self.options["count_include_pad"] = count_include_pad


class GlobalAvgPool2d(Layer):
    """The mean of every channel, (N, C, H, W) to (N, C), for images of any size."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return one number a channel."""
        out, self.cache = global_avg_pool2d_forward(x)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return global_avg_pool2d_backward(dout, self.recall())


class Flatten(Layer):
    """(N, C, H, W) written as (N, C·H·W), row-major: the way from a convolution to a Linear."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return one row an image."""
        self.cache = x.shape
        return x.reshape(len(x), prod(x.shape[1:]))

    def backward(self, dout: Array) -> Array:
        """Return the gradient in the images' shape."""
        return dout.reshape(self.recall())
