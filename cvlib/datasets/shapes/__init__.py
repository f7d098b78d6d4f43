"""Scenes of coloured shapes, drawn from a seed, about which everything is known.

Every image comes with its class, masks, boxes, attributes, a caption and questions with answers, at
three difficulties: a chapter can classify, segment, generate, caption or question the same scenes.
"""

from cvlib.datasets.shapes.layout import ObjectTable
from cvlib.datasets.shapes.make import make_shapes
from cvlib.datasets.shapes.scenes import ShapeScenes
from cvlib.datasets.shapes.vocabulary import CLASSES, COLORS, DIFFICULTIES, SIZES, TEXTURES

__all__ = [
    "CLASSES",
    "COLORS",
    "DIFFICULTIES",
    "SIZES",
    "TEXTURES",
    "ObjectTable",
    "ShapeScenes",
    "make_shapes",
]
