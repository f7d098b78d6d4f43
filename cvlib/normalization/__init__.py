"""Normalization: choose a set of numbers, subtract their mean, divide by their spread.

`reference` says in NumPy what each member of the family means, forward and backward: batch, layer,
instance and group norm, which are one formula over four index sets, and local response norm, which
is a cousin. `layers` wraps them for a NumPy network. `accelerated` holds the PyTorch twins and is
imported only by name, `plots` draws the figures.
"""

from cvlib.normalization import reference
from cvlib.normalization.layers import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm2d,
    LayerNorm,
    LocalResponseNorm,
)
from cvlib.normalization.reference import *  # noqa: F403

__all__ = [
    *reference.__all__,
    "BatchNorm1d",
    "BatchNorm2d",
    "GroupNorm",
    "InstanceNorm2d",
    "LayerNorm",
    "LocalResponseNorm",
]
