"""Receptive fields in plain Python and NumPy, every public name in one place.

A result has one entry an axis, rows first; an int among the arguments stands for all axes.
"""

from cvlib.receptive_field.reference.fields import AxisField, ReceptiveField
from cvlib.receptive_field.reference.graph import INPUT, Graph, Node
from cvlib.receptive_field.reference.layer_geometry import LayerGeometry
from cvlib.receptive_field.reference.networks import (
    receptive_field,
    receptive_fields,
    unit_window,
    units_inside,
)
from cvlib.receptive_field.reference.paths import path_counts, support
from cvlib.receptive_field.reference.spread import measured_spread, spread
from cvlib.receptive_field.reference.stacks import grow_backward, grow_forward, has_holes
from cvlib.receptive_field.reference.tables import alexnet, mobilenet_v1, vgg16
from cvlib.receptive_field.reference.tables_branches import densenet121, inception_v3, resnet50

__all__ = [
    "INPUT",
    "AxisField",
    "Graph",
    "LayerGeometry",
    "Node",
    "ReceptiveField",
    "alexnet",
    "densenet121",
    "grow_backward",
    "grow_forward",
    "has_holes",
    "inception_v3",
    "measured_spread",
    "mobilenet_v1",
    "path_counts",
    "receptive_field",
    "receptive_fields",
    "resnet50",
    "spread",
    "support",
    "unit_window",
    "units_inside",
    "vgg16",
]
