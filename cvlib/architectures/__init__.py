"""Architectures: the networks of the textbooks, from LeNet-5 to MobileNet.

`reference` says in NumPy, forward and backward, what each of their blocks means: residual and
bottleneck, inception and grid reduction, dense and transition, fire, separable, inverted residual.
`networks` holds the networks in PyTorch, a short file a family, with `create`, `available`,
`extract` and `load_pretrained`; `counting` says what they cost. Both import torch and are imported
by name.
"""

from cvlib.architectures import reference
from cvlib.architectures.reference import *  # noqa: F403

__all__ = list(reference.__all__)
