"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.regularization.plots.choice import advantage, best_of_many, fold_errors, search_map
from cvlib.regularization.plots.fits import (
    error_curves,
    fits,
    geometric,
    second_descent,
    signed,
)
from cvlib.regularization.plots.measured import (
    ensemble_histogram,
    forest,
    margins,
    stops,
    training_losses,
)
from cvlib.regularization.plots.penalties import cheapest, shrinkage
from cvlib.regularization.plots.pictures import (
    as_picture,
    attempts,
    by_class,
    digit_pairs,
    gallery,
)

__all__ = [
    "advantage",
    "as_picture",
    "attempts",
    "best_of_many",
    "by_class",
    "cheapest",
    "digit_pairs",
    "ensemble_histogram",
    "error_curves",
    "fits",
    "fold_errors",
    "forest",
    "gallery",
    "geometric",
    "margins",
    "search_map",
    "second_descent",
    "shrinkage",
    "signed",
    "stops",
    "training_losses",
]
