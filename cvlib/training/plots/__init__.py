"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.training.plots.depth import depth, forgotten
from cvlib.training.plots.descent import (
    batch_noise,
    convergence,
    paths,
    steps_until_close,
    sweep,
)
from cvlib.training.plots.learning import misread, over_seeds, schedules, stopping
from cvlib.training.plots.saddles import all_positive, correlation, heights, stuck

__all__ = [
    "all_positive",
    "batch_noise",
    "convergence",
    "correlation",
    "depth",
    "forgotten",
    "heights",
    "misread",
    "over_seeds",
    "paths",
    "schedules",
    "steps_until_close",
    "stopping",
    "stuck",
    "sweep",
]
