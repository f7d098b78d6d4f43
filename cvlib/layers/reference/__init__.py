"""Layers in NumPy, every public name in one place: what each does, forward and backward.

Images are (N, C, H, W), features (N, D), float32 or float64, and keep their dtype.
"""

from cvlib.layers.graph import Value
from cvlib.layers.layer import Layer, Parameter, Sequential
from cvlib.layers.reference.gradient_check import gradient_check, gradient_check_layer
from cvlib.layers.reference.gradient_report import ArrayReport, GradientReport
from cvlib.layers.reference.initialization import fans, gain, initialize
from cvlib.layers.reference.linear import linear_backward, linear_forward
from cvlib.layers.reference.max_pool import max_pool2d_backward, max_pool2d_forward
from cvlib.layers.reference.mean_pool import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    sum_pool2d_backward,
    sum_pool2d_forward,
)
from cvlib.layers.shaping import AvgPool2d, Flatten, GlobalAvgPool2d, MaxPool2d, SumPool2d
from cvlib.layers.weighted import Conv2d, Linear

__all__ = [
    "ArrayReport",
    "AvgPool2d",
    "Conv2d",
    "Flatten",
    "GlobalAvgPool2d",
    "GradientReport",
    "Layer",
    "Linear",
    "MaxPool2d",
    "Parameter",
    "Sequential",
    "SumPool2d",
    "Value",
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "fans",
    "gain",
    "global_avg_pool2d_backward",
    "global_avg_pool2d_forward",
    "gradient_check",
    "gradient_check_layer",
    "initialize",
    "linear_backward",
    "linear_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "sum_pool2d_backward",
    "sum_pool2d_forward",
]
