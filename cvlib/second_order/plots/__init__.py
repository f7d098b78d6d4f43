"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.second_order.plots.formulas import mirror, root_slopes, survival, terms
from cvlib.second_order.plots.measured import growth, kept_bytes, training

__all__ = ["growth", "kept_bytes", "mirror", "root_slopes", "survival", "terms", "training"]
