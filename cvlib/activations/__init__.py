"""Activations: the bend between two linear maps, without which a deep network is a single one.

`reference` has sigmoid, tanh, ReLU and its leaky, learned and exponential variants and Maxout,
forward and backward, in NumPy; what saturates them (`saturated_fraction`, `dead_fraction`); and the
layers `Activation`, `PReLU` and `Maxout`. `accelerated` holds the PyTorch twins.
"""

from cvlib.activations import reference
from cvlib.activations.reference import *  # noqa: F403

__all__ = list(reference.__all__)
