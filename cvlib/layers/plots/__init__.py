"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.layers.plots.checks import difference_errors, fooled
from cvlib.layers.plots.graph import graph, pooling_routes

__all__ = ["difference_errors", "fooled", "graph", "pooling_routes"]
