"""Training: the loop that turns a network, data and an optimizer into a network that works.

`fit` is that loop in NumPy, `lenet5` the network that it is shown on. The loop for PyTorch, with
checkpoints, mixed precision and several devices, lies in modules of its own, imported by name.
"""

from cvlib.training.fit import accuracy, fit, predict, scores
from cvlib.training.history import History
from cvlib.training.lenet import lenet5, lenet5_1998

__all__ = ["History", "accuracy", "fit", "lenet5", "lenet5_1998", "predict", "scores"]
