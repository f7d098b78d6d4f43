"""The shallow pipeline: descriptors that people designed, then a linear classifier.

`reference` says in NumPy what a colour histogram, an edge histogram and HOG are, and trains a
linear classifier on any of them; `accelerated` holds the PyTorch twins.
"""

from cvlib.shallow import reference
from cvlib.shallow.reference import *  # noqa: F403

__all__ = list(reference.__all__)
