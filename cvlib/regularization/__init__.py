"""Regularization: what keeps a network that could learn its training set by heart from doing so.

A price on weights (L1, L2, elastic net), dropout and its 2^H networks, augmentation by moves and
by light, labels that are disturbed or smoothed, the early stop, and the honest choice of all their
settings by cross-validation. `reference` says in NumPy what each means, `accelerated` holds the
PyTorch twins and is imported only by name, `experiments` measures whether they help.
"""

from cvlib.regularization import reference
from cvlib.regularization.reference import *  # noqa: F403

__all__ = list(reference.__all__)
