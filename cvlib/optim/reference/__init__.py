"""Optimizers and schedules in NumPy, every public name in one place."""

from cvlib.optim.optimizers import SGD, Adam, Optimizer, clip_gradients
from cvlib.optim.reference.rules import adam_step, momentum_step, nesterov_step, sgd_step
from cvlib.optim.reference.schedules import (
    Schedule,
    constant,
    cosine,
    exponential_decay,
    step_decay,
    warmup,
)

__all__ = [
    "SGD",
    "Adam",
    "Optimizer",
    "Schedule",
    "adam_step",
    "clip_gradients",
    "constant",
    "cosine",
    "exponential_decay",
    "momentum_step",
    "nesterov_step",
    "sgd_step",
    "step_decay",
    "warmup",
]
