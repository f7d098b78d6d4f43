"""What is asked: exercises and problem sets, their variants, how they are drawn and marked."""

from cvlib.grading.spec.exercise import Case, Exercise, ProblemSet
from cvlib.grading.spec.loading import LoadedSet, find_problem_sets, load_problem_set
from cvlib.grading.spec.variants import Variant, Variants
from cvlib.grading.spec.withheld import WITHHOLD_NUMPY, WITHHOLD_ROOMS

__all__ = [
    "WITHHOLD_NUMPY", "WITHHOLD_ROOMS", "Case", "Exercise", "LoadedSet", "ProblemSet", "Variant",
    "Variants", "find_problem_sets", "load_problem_set",
]  # fmt: skip
