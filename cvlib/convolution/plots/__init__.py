"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.convolution.plots.filters import (
    coverage,
    dilated_reach,
    equivariance_error,
    filter_gallery,
    filter_image,
    kernel_direction,
    reach_of,
    window_counts,
)
from cvlib.convolution.plots.matrix import (
    block_matrix,
    convolution_matrices,
    numbered_kernel,
    two_matrices,
)
from cvlib.convolution.plots.measured import (
    deblurring,
    rank_one_filters,
    singular_values,
)
from cvlib.convolution.plots.priors import interval, priors
from cvlib.convolution.plots.transposed import (
    checkerboards,
    overlap_counts,
    phase_means,
    ripple,
    spread_image,
    stamps,
    zero_insertion,
)

__all__ = [
    "block_matrix",
    "checkerboards",
    "convolution_matrices",
    "coverage",
    "deblurring",
    "dilated_reach",
    "equivariance_error",
    "filter_gallery",
    "filter_image",
    "interval",
    "kernel_direction",
    "numbered_kernel",
    "overlap_counts",
    "phase_means",
    "priors",
    "rank_one_filters",
    "reach_of",
    "ripple",
    "singular_values",
    "spread_image",
    "stamps",
    "two_matrices",
    "window_counts",
    "zero_insertion",
]
