"""Normalization in NumPy, every public name in one place: what the operation means.

Images are (N, C, H, W), float32 or float64, and keep their dtype. A scale is called gamma and a
shift beta, as in the papers; either may be None.
"""

from cvlib.normalization.reference.batch_norm import (
    batch_norm_backward,
    batch_norm_forward,
    fold_batch_norm,
    update_running,
)
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
from cvlib.normalization.reference.normalize import normalize_backward, normalize_forward

__all__ = [
    "batch_norm_backward",
    "batch_norm_forward",
    "fold_batch_norm",
    "group_norm_backward",
    "group_norm_forward",
    "instance_norm_backward",
    "instance_norm_forward",
    "layer_norm_backward",
    "layer_norm_forward",
    "local_response_norm_backward",
    "local_response_norm_forward",
    "normalize_backward",
    "normalize_forward",
    "update_running",
]
