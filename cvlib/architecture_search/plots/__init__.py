"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.architecture_search.plots.drawing import network, tours
from cvlib.architecture_search.plots.measured import (
    climbs,
    gains,
    salesman_arms,
    table_of_networks,
    winners_curse,
)

__all__ = [
    "climbs",
    "gains",
    "network",
    "salesman_arms",
    "table_of_networks",
    "tours",
    "winners_curse",
]
