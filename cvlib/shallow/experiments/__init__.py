"""Measured experiments on classification, which the chapter on it reports."""

from cvlib.shallow.experiments.invariance import CHANGES, changed_share, changed_shares
from cvlib.shallow.experiments.pipelines import (
    LearningCurves,
    count_network_parameters,
    learning_curves,
)
from cvlib.shallow.experiments.selection import (
    TESTS,
    best_guesser,
    expected_best,
    hoeffding_gap,
    nearest_neighbour,
    three_tests,
)
from cvlib.shallow.experiments.tasks import Task, cut_patches, pixels, tasks, texture_photos
from cvlib.shallow.experiments.zero_centring import confidences, descend, one_sign_share

__all__ = [
    "CHANGES",
    "TESTS",
    "LearningCurves",
    "Task",
    "best_guesser",
    "changed_share",
    "changed_shares",
    "confidences",
    "count_network_parameters",
    "cut_patches",
    "descend",
    "expected_best",
    "hoeffding_gap",
    "learning_curves",
    "nearest_neighbour",
    "one_sign_share",
    "pixels",
    "tasks",
    "texture_photos",
    "three_tests",
]
