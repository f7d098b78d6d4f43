"""Measured experiments on classification, which the chapter on it reports."""

from cvlib.shallow.centring import confidences, descend, one_sign_share
from cvlib.shallow.invariance import CHANGES, changed_share, changed_shares
from cvlib.shallow.pipelines import LearningCurves, count_network_parameters, learning_curves
from cvlib.shallow.selection import (
    TESTS,
    best_guesser,
    expected_best,
    hoeffding_gap,
    nearest_neighbour,
    three_tests,
)
from cvlib.shallow.tasks import Task, cut_patches, pixels, tasks, texture_photos

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
