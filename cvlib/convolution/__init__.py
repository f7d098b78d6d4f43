"""Convolution: a small window that slides over an image and, at every stop, weighs what it sees.

`reference` says in NumPy what each operation means, forward and backward: the layer with stride,
padding, dilation and groups, its transpose, its matrix, its cheaper factorizations and what they
cost. `accelerated` holds the PyTorch twins and is imported only by name, `plots` draws the figures.
"""

from cvlib.convolution import reference
from cvlib.convolution.reference import *  # noqa: F403

__all__ = list(reference.__all__)
