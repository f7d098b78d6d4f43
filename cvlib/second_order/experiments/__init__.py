"""What the chapter measures of a fusion: the size of signals, training on digits, and its cost."""

from cvlib.saved_tensors import saved_bytes
from cvlib.second_order.experiments.cost import (
    extra_multiplications,
    fusion_bytes,
    step_seconds,
)
from cvlib.second_order.experiments.fusions import FUSIONS
from cvlib.second_order.experiments.growth import LARGEST_SINGLE, Growth, signal_growth
from cvlib.second_order.experiments.training import Trained, train_fusions

__all__ = [
    "FUSIONS",
    "LARGEST_SINGLE",
    "Growth",
    "Trained",
    "extra_multiplications",
    "fusion_bytes",
    "saved_bytes",
    "signal_growth",
    "step_seconds",
    "train_fusions",
]
