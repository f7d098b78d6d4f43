"""The PyTorch twins: any device, autograd for the gradients, the same errors as the reference.

Autocast chooses the precision, `torch.compile` traces each function whole. `Fusion` and
`StochasticDepth` are for any network with branches; `ResidualStack` is a small one that takes both.
"""

from cvlib.second_order.accelerated.fusion import cross_derivative, fuse, sort, sort_root
from cvlib.second_order.accelerated.kin import (
    max_sift,
    mirror_descriptor,
    phrase_pool,
    reversal_equivariant_maps,
    reversal_invariant_features,
    stochastic_depth,
)
from cvlib.second_order.accelerated.modules import (
    Fusion,
    ResidualBlock,
    ResidualStack,
    StochasticDepth,
)

__all__ = [
    "Fusion",
    "ResidualBlock",
    "ResidualStack",
    "StochasticDepth",
    "cross_derivative",
    "fuse",
    "max_sift",
    "mirror_descriptor",
    "phrase_pool",
    "reversal_equivariant_maps",
    "reversal_invariant_features",
    "sort",
    "sort_root",
    "stochastic_depth",
]
