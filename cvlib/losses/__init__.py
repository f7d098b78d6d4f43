"""Losses: one number that says how wrong a batch of scores is, and which way is better.

`reference` says in NumPy what each loss means, forward and backward: softmax with cross-entropy,
the multiclass hinge, the squared error, and for each of them every image's own share. `accelerated`
holds the PyTorch twins and is imported only by name.
"""

from cvlib.losses import reference
from cvlib.losses.reference import *  # noqa: F403

__all__ = list(reference.__all__)
