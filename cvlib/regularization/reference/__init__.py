"""Regularization in NumPy, every public name in one place: what each remedy means.

Images are (N, C, H, W), float32 or float64, and keep their dtype. What is random takes a generator,
and has a deterministic core that takes what was drawn.
"""

from cvlib.regularization.layers import Dropout
from cvlib.regularization.reference.affine import rotation, shearing, stretching, translation
from cvlib.regularization.reference.dropout import dropout_backward, dropout_forward, dropout_mask
from cvlib.regularization.reference.early_stopping import EarlyStopping, stopping_point
from cvlib.regularization.reference.ensemble import (
    all_masks,
    arithmetic_mean,
    geometric_mean,
    mask_probabilities,
)
from cvlib.regularization.reference.folds import (
    cross_validate,
    grouped_k_fold,
    k_fold,
    stratified_k_fold,
)
from cvlib.regularization.reference.frame import crop, flip
from cvlib.regularization.reference.labels import disturb_label, replace_labels, smooth_labels
from cvlib.regularization.reference.least_squares import descent_fit, polynomial_features, ridge_fit
from cvlib.regularization.reference.penalties import (
    elastic_net_backward,
    elastic_net_forward,
    elastic_net_proximal,
    l1_penalty_backward,
    l1_penalty_forward,
    l2_penalty_backward,
    l2_penalty_forward,
    soft_threshold,
)
from cvlib.regularization.reference.policy import Policy
from cvlib.regularization.reference.search import Range, grid_points, random_points
from cvlib.regularization.reference.tones import color_cast, exp_tone, gamma, log_tone
from cvlib.regularization.reference.warp import (
    rotate,
    shear,
    stretch,
    translate,
    warp_backward,
    warp_forward,
)

__all__ = [
    "Dropout",
    "EarlyStopping",
    "Policy",
    "Range",
    "all_masks",
    "arithmetic_mean",
    "color_cast",
    "crop",
    "cross_validate",
    "descent_fit",
    "disturb_label",
    "dropout_backward",
    "dropout_forward",
    "dropout_mask",
    "elastic_net_backward",
    "elastic_net_forward",
    "elastic_net_proximal",
    "exp_tone",
    "flip",
    "gamma",
    "geometric_mean",
    "grid_points",
    "grouped_k_fold",
    "k_fold",
    "l1_penalty_backward",
    "l1_penalty_forward",
    "l2_penalty_backward",
    "l2_penalty_forward",
    "log_tone",
    "mask_probabilities",
    "polynomial_features",
    "random_points",
    "replace_labels",
    "ridge_fit",
    "rotate",
    "rotation",
    "shear",
    "shearing",
    "smooth_labels",
    "soft_threshold",
    "stopping_point",
    "stratified_k_fold",
    "stretch",
    "stretching",
    "translate",
    "translation",
    "warp_backward",
    "warp_forward",
]
