"""Fusions of branches in NumPy, every public name in one place, forward and backward.

Arrays are float32 or float64 and keep their dtype. What is random takes a generator, and has a
deterministic core that takes what was drawn.
"""

from cvlib.second_order.reference.fusion import (
    cross_derivative,
    fuse_backward,
    fuse_forward,
    sort_backward,
    sort_forward,
    sort_root_backward,
    sort_root_forward,
)
from cvlib.second_order.reference.phrase_pool import phrase_pool_backward, phrase_pool_forward
from cvlib.second_order.reference.reversal import (
    max_sift,
    mirror_descriptor,
    mirror_permutation,
    reversal_equivariant_maps,
    reversal_invariant_features,
    upright_descriptor,
)
from cvlib.second_order.reference.stochastic_depth import (
    draw_survival,
    expected_depth,
    stochastic_depth_backward,
    stochastic_depth_forward,
    survival_probabilities,
)

__all__ = [
    "cross_derivative",
    "draw_survival",
    "expected_depth",
    "fuse_backward",
    "fuse_forward",
    "max_sift",
    "mirror_descriptor",
    "mirror_permutation",
    "phrase_pool_backward",
    "phrase_pool_forward",
    "reversal_equivariant_maps",
    "reversal_invariant_features",
    "sort_backward",
    "sort_forward",
    "sort_root_backward",
    "sort_root_forward",
    "stochastic_depth_backward",
    "stochastic_depth_forward",
    "survival_probabilities",
    "upright_descriptor",
]
