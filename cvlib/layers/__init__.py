"""Layers: the steps that a network is made of, each with the way back for its gradient.

`reference` says in NumPy what the fully connected layer and the pooling layers do, forward and
backward, how weights start, and how to find out whether a backward is right (`gradient_check`);
`graph` differentiates any formula, number by number. The classes (`Linear`, `Conv2d`, `MaxPool2d`,
…) hold weights and caches and chain up in a `Sequential`. `accelerated` holds the PyTorch twins.
"""

from cvlib.layers import reference
from cvlib.layers.reference import *  # noqa: F403

__all__ = list(reference.__all__)
