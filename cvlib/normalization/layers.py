"""The normalizations as layers of a NumPy network, with their parameters and running statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array
from cvlib.layers.layer import Layer, Parameter
from cvlib.normalization.reference.batch_norm import batch_norm_backward, batch_norm_forward
from cvlib.normalization.reference.group_norm import (
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
)
from cvlib.normalization.reference.layer_norm import layer_norm_backward, layer_norm_forward
from cvlib.normalization.reference.local_response import (
    local_response_norm_backward,
    local_response_norm_forward,
)


class _Affine(Layer):
    """A normalization with a scale γ, starting at 1, and a shift β, starting at 0."""

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        super().__init__()
        self.own = {
            "gamma": Parameter(np.ones(shape, dtype), decay=False),
            "beta": Parameter(np.zeros(shape, dtype), decay=False),
        }
        self._cache: Any = None

    @property
    def gamma(self) -> Array:
        """The scale."""
        return self.own["gamma"].value

    @property
    def beta(self) -> Array:
        """The shift."""
        return self.own["beta"].value

    def _learn(self, gradients: tuple[Array, Array | None, Array | None]) -> Array:
        """Keep the gradients of scale and shift, and pass on that of the input."""
        dx, dgamma, dbeta = gradients
        assert dgamma is not None
        assert dbeta is not None
        self.own["gamma"].grad, self.own["beta"].grad = dgamma, dbeta
        return dx


class _BatchNorm(_Affine):
    axes: tuple[int, ...]
    letters: str

    def __init__(
        self,
        channels: int,
        *,
        momentum: float = 0.1,
        eps: float = 1e-5,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__((channels,), dtype)
        self.momentum, self.eps = momentum, eps
        self.buffers = {
            "running_mean": np.zeros(channels, dtype),
            "running_var": np.ones(channels, dtype),
        }

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Normalize by the batch and update the running statistics, or by these statistics."""
        if x.ndim not in self.axes:
            raise ValueError(f"expected x of shape {self.letters}, got {x.shape}")
        out, self._cache = batch_norm_forward(
            x,
            self.gamma,
            self.beta,
            self.buffers["running_mean"],
            self.buffers["running_var"],
            training=training,
            momentum=self.momentum,
            eps=self.eps,
        )
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x; through the statistics of the batch, if these were used."""
        return self._learn(batch_norm_backward(dout, self._cache))


class BatchNorm1d(_BatchNorm):
    """Batch normalization of vectors (N, C) or sequences (N, C, L)."""

    axes, letters = (2, 3), "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """Batch normalization of images (N, C, H, W): statistics over N, H and W."""

    axes, letters = (4,), "(N, C, H, W)"


class LayerNorm(_Affine):
    """Layer normalization over the trailing axes ``shape``, for images (C, H, W)."""

    def __init__(
        self,
        shape: int | tuple[int, ...],
        *,
        eps: float = 1e-5,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__((shape,) if isinstance(shape, int) else tuple(shape), dtype)
        self.eps = eps

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Normalize every example by itself; training or not makes no difference."""
        out, self._cache = layer_norm_forward(x, self.gamma, self.beta, eps=self.eps)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return self._learn(layer_norm_backward(dout, self._cache))


class GroupNorm(_Affine):
    """Group normalization: statistics over H, W and the channels of a group, image by image."""

    def __init__(
        self,
        groups: int,
        channels: int,
        *,
        eps: float = 1e-5,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__((channels,), dtype)
        self.groups, self.eps = groups, eps

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Normalize every group of every image by itself; training or not is the same."""
        out, self._cache = group_norm_forward(
            x, self.gamma, self.beta, groups=self.groups, eps=self.eps
        )
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return self._learn(group_norm_backward(dout, self._cache))


class InstanceNorm2d(_Affine):
    """Instance normalization: statistics over H and W of each channel of each image."""

    def __init__(
        self, channels: int, *, eps: float = 1e-5, dtype: npt.DTypeLike = np.float32
    ) -> None:
        super().__init__((channels,), dtype)
        self.eps = eps

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Normalize every channel of every image by itself; training or not is the same."""
        out, self._cache = instance_norm_forward(x, self.gamma, self.beta, eps=self.eps)
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return self._learn(instance_norm_backward(dout, self._cache))


class LocalResponseNorm(Layer):
    """Local response normalization with AlexNet's constants; nothing is learned."""

    def __init__(
        self,
        size: int = 5,
        *,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 2.0,
        average: bool = False,
    ) -> None:
        super().__init__()
        self.size, self.alpha, self.beta = size, alpha, beta
        self.k, self.average = k, average
        self._cache: Any = None

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Divide each channel by a power of its neighbours' energy; training or not is the same."""
        out, self._cache = local_response_norm_forward(
            x, size=self.size, alpha=self.alpha, beta=self.beta, k=self.k, average=self.average
        )
        return out

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x."""
        return local_response_norm_backward(dout, self._cache)
