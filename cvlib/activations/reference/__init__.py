"""Activations in NumPy, every public name in one place, forward and backward.

They take float32 or float64 and keep it. At a kink the backward takes the slope on the left, as
PyTorch does.
"""

from cvlib.activations.layers import Activation, Maxout, PReLU
from cvlib.activations.reference.learned import (
    maxout_backward,
    maxout_forward,
    prelu_backward,
    prelu_forward,
)
from cvlib.activations.reference.pointwise import (
    elu_backward,
    elu_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from cvlib.activations.reference.saturation import (
    dead_fraction,
    derivative,
    derivative_bounds,
    saturated_fraction,
)

__all__ = [
    "Activation",
    "Maxout",
    "PReLU",
    "dead_fraction",
    "derivative",
    "derivative_bounds",
    "elu_backward",
    "elu_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "maxout_backward",
    "maxout_forward",
    "prelu_backward",
    "prelu_forward",
    "relu_backward",
    "relu_forward",
    "saturated_fraction",
    "sigmoid_backward",
    "sigmoid_forward",
    "tanh_backward",
    "tanh_forward",
]
