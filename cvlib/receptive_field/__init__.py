"""Receptive fields: which pixels one unit of a network can see, and which it looks at.

`reference` computes them from the geometry of the layers, for stacks and for graphs with branches:
size, stride, padding, centre and alignment, the exact window of one unit, the paths that lead to
it and how far a random one strays. `module_graph` reads the geometry off a `torch.nn.Module`,
`gradients` asks the gradient instead; both import torch and are imported by name.
"""

from cvlib.receptive_field import reference
from cvlib.receptive_field.reference import *  # noqa: F403

__all__ = list(reference.__all__)
