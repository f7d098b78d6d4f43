"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.receptive_field.plots.fields import (
    centres_on_a_line,
    cone,
    fields_on_photo,
    merged_intervals,
    path_strips,
)
from cvlib.receptive_field.plots.measured import (
    blank_maps,
    power_maps,
    profiles,
    ring_results,
    width_curves,
)

__all__ = [
    "blank_maps",
    "centres_on_a_line",
    "cone",
    "fields_on_photo",
    "merged_intervals",
    "path_strips",
    "power_maps",
    "profiles",
    "ring_results",
    "width_curves",
]
