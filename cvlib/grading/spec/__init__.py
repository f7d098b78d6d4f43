"""What is asked: exercises and problem sets, their variants, how they are drawn and marked."""

from cvlib.grading.spec.drivers import read_key, read_own_key
from cvlib.grading.spec.exercise import EXACT, Case, Exercise, ProblemSet, keys
from cvlib.grading.spec.loading import LoadedSet, find_problem_sets, load_problem_set
from cvlib.grading.spec.variants import Variant, Variants
from cvlib.grading.spec.withheld import WITHHOLD_NUMPY, WITHHOLD_ROOMS

__all__ = [
    "EXACT", "WITHHOLD_NUMPY", "WITHHOLD_ROOMS", "Case", "Exercise", "LoadedSet", "ProblemSet",
    "Variant", "Variants", "find_problem_sets", "keys", "load_problem_set", "read_key",
    "read_own_key",
]  # fmt: skip
