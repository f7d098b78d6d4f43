"""The losses in NumPy, every public name in one place.

Scores are (N, K), float32 or float64, one row an image and one column a class; a loss is a 0-d
array of the same dtype, the mean over the N images, and its backward takes one number.
"""

from cvlib.losses.reference.cross_entropy import (
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
    softmax_cross_entropy_losses,
)
from cvlib.losses.reference.hinge import hinge_backward, hinge_forward, hinge_losses
from cvlib.losses.reference.softmax import log_softmax, softmax
from cvlib.losses.reference.squared_error import (
    squared_error_backward,
    squared_error_forward,
    squared_error_losses,
)

__all__ = [
    "hinge_backward",
    "hinge_forward",
    "hinge_losses",
    "log_softmax",
    "softmax",
    "softmax_cross_entropy_backward",
    "softmax_cross_entropy_forward",
    "softmax_cross_entropy_losses",
    "squared_error_backward",
    "squared_error_forward",
    "squared_error_losses",
]
