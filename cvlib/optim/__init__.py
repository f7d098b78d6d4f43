"""Optimization: where to step, now that the gradient is known.

`reference` has the rules of SGD, momentum, Nesterov's momentum and Adam as pure functions
(`sgd_step`, …), the optimizers `SGD` and `Adam` that apply them to a network's parameters in place,
and learning-rate schedules. On a GPU `torch.optim` does the same; the tests hold the two together.
"""

from cvlib.optim import reference
from cvlib.optim.reference import *  # noqa: F403

__all__ = list(reference.__all__)
