"""Dropout as a layer of a network: random while it trains, the identity when it counts."""

import numpy as np

from cvlib.arrays import Array
from cvlib.layers.layer import Layer
from cvlib.regularization.reference.dropout import (
    DropoutCache,
    dropout_backward,
    dropout_forward,
    dropout_mask,
)
from cvlib.regularization.validation import check_rate


class Dropout(Layer):
    """Inverted dropout: a fresh mask a forward pass in training, nothing at test time.

    With ``channels=True`` one draw decides for a whole feature map of (N, C, H, W). It has no
    parameters, and takes none away from its neighbours. Raises ValueError for a rate outside
    [0, 1), or for channels of an x that has no (N, C, H, W).
    Source: Srivastava et al., Dropout, 2014, §4; channels: Tompson et al., 2015, §3.2.
    """

    def __init__(self, rate: float, *, rng: np.random.Generator, channels: bool = False) -> None:
        super().__init__()
        check_rate(rate)
        self.rate, self.rng, self.channels = rate, rng, channels
        self._cache: DropoutCache | None = None

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Drop and scale up while training; return x itself otherwise."""
        self._cache = None
        if not training or self.rate == 0:
            return x
        if self.channels and x.ndim != 4:
            raise ValueError(f"channels are dropped from x (N, C, H, W), got shape {x.shape}")
        shape = (*x.shape[:2], 1, 1) if self.channels else x.shape
        mask = dropout_mask(shape, self.rate, self.rng)
        out, self._cache = dropout_forward(x, mask, rate=self.rate)
        return out

    def backward(self, dout: Array) -> Array:
        """Send the gradient through the units that were kept."""
        return dout if self._cache is None else dropout_backward(dout, self._cache)
