"""The measured experiments that the chapter on backpropagation reports."""

from cvlib.training.experiments.checks import cases, errors_of_differences, who_is_fooled
from cvlib.training.experiments.cost import cost_of_gradient, product_of
from cvlib.training.experiments.deaths import deaths, revival
from cvlib.training.experiments.depth import through_depth, twins_that_never_part
from cvlib.training.experiments.descent import (
    STANDARD,
    best_settings,
    noise_of_batches,
    rate_sweep,
    ravine,
    saddle,
    stationary_variance,
    steps_to_converge,
    update_on_the_way,
    walk,
)
from cvlib.training.experiments.digits import digit_parts, perceptron
from cvlib.training.experiments.race import race, race_table
from cvlib.training.experiments.resume import forgetting
from cvlib.training.experiments.saddles import (
    EXACT_ALL_POSITIVE,
    critical_points,
    share_all_positive,
)
from cvlib.training.experiments.stopping import compare_schedules, stopping_rules
from cvlib.training.experiments.width import share_stuck

__all__ = [
    "EXACT_ALL_POSITIVE",
    "STANDARD",
    "best_settings",
    "cases",
    "compare_schedules",
    "cost_of_gradient",
    "critical_points",
    "deaths",
    "digit_parts",
    "errors_of_differences",
    "forgetting",
    "noise_of_batches",
    "perceptron",
    "product_of",
    "race",
    "race_table",
    "rate_sweep",
    "ravine",
    "revival",
    "saddle",
    "share_all_positive",
    "share_stuck",
    "stationary_variance",
    "steps_to_converge",
    "stopping_rules",
    "through_depth",
    "twins_that_never_part",
    "update_on_the_way",
    "walk",
    "who_is_fooled",
]
