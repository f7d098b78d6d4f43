"""The room's figures, each a function from data to a ``Plot`` with alt text computed from it."""

from cvlib.shallow.plots.data import gallery, pixel_distance, pixel_distances, scene_truths
from cvlib.shallow.plots.descriptors import color_histograms, hog_glyphs, templates
from cvlib.shallow.plots.losses import best_of_many, descents, losses_of_a_lead
from cvlib.shallow.plots.measured import changed_minds, learning_curves

__all__ = [
    "best_of_many",
    "changed_minds",
    "color_histograms",
    "descents",
    "gallery",
    "hog_glyphs",
    "learning_curves",
    "losses_of_a_lead",
    "pixel_distance",
    "pixel_distances",
    "scene_truths",
    "templates",
]
