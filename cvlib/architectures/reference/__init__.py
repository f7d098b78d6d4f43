"""The blocks of the architectures in NumPy, every public name in one place, forward and backward.

Maps are (N, C, H, W), float32 or float64, and keep their dtype. Parameters are a dict of arrays
under the keys of PyTorch's state dicts, so that a block of a published network can be put in as it
is; gradients come back under the same keys. In training batch norm uses the batch's statistics and
leaves the running ones as they are.
"""

from cvlib.architectures.reference.bottleneck import bottleneck_backward, bottleneck_forward
from cvlib.architectures.reference.dense import (
    dense_block_backward,
    dense_block_forward,
    dense_layer_backward,
    dense_layer_forward,
)
from cvlib.architectures.reference.fire import fire_backward, fire_forward
from cvlib.architectures.reference.grid_reduction import (
    grid_reduction_backward,
    grid_reduction_forward,
)
from cvlib.architectures.reference.head import gap_head_backward, gap_head_forward
from cvlib.architectures.reference.inception import inception_backward, inception_forward
from cvlib.architectures.reference.inverted_residual import (
    inverted_residual_backward,
    inverted_residual_forward,
)
from cvlib.architectures.reference.residual import basic_block_backward, basic_block_forward
from cvlib.architectures.reference.separable import (
    separable_block_backward,
    separable_block_forward,
)
from cvlib.architectures.reference.shortcuts import shortcut_a_backward, shortcut_a_forward
from cvlib.architectures.reference.transition import transition_backward, transition_forward

__all__ = [
    "basic_block_backward",
    "basic_block_forward",
    "bottleneck_backward",
    "bottleneck_forward",
    "dense_block_backward",
    "dense_block_forward",
    "dense_layer_backward",
    "dense_layer_forward",
    "fire_backward",
    "fire_forward",
    "gap_head_backward",
    "gap_head_forward",
    "grid_reduction_backward",
    "grid_reduction_forward",
    "inception_backward",
    "inception_forward",
    "inverted_residual_backward",
    "inverted_residual_forward",
    "separable_block_backward",
    "separable_block_forward",
    "shortcut_a_backward",
    "shortcut_a_forward",
    "transition_backward",
    "transition_forward",
]
