"""Second order: what becomes of two branches where they meet, when a sum is not all there is.

`reference` says in NumPy, forward and backward, what SORT adds to the sum of two branches (their
product, or its root), what the other fusions make of them, stochastic depth, and features that do
not mind a mirror. `terms` names the terms a fusion is made of. `accelerated` holds the PyTorch
twins, and modules whose fusion is an option; `experiments` measures what each fusion does to a
signal, a training and a memory; `plots` draws it.
"""

from cvlib.second_order import reference
from cvlib.second_order.reference import *  # noqa: F403
from cvlib.second_order.terms import SEVEN_FUSIONS, SORT, SORT_ROOT, TERMS

__all__ = [*reference.__all__, "SEVEN_FUSIONS", "SORT", "SORT_ROOT", "TERMS"]
