"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.normalization.plots.measured import (
    batch_sizes,
    decay,
    errors_by_statistics,
    learning_rates,
    mean_spread,
    staleness,
)
from cvlib.normalization.plots.signal import (
    index_sets,
    projection,
    rivalry,
    signal_by_depth,
    styles,
)

__all__ = [
    "batch_sizes",
    "decay",
    "errors_by_statistics",
    "index_sets",
    "learning_rates",
    "mean_spread",
    "projection",
    "rivalry",
    "signal_by_depth",
    "staleness",
    "styles",
]
