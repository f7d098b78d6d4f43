"""The shallow pipeline in NumPy, every public name in one place.

Images are (N, C, H, W), float32 or float64 with values in [0, 1]; a descriptor is (N, D).
"""

from cvlib.shallow.reference.color import color_histogram
from cvlib.shallow.reference.edges import cell_histograms, edge_histogram, hog, image_gradients
from cvlib.shallow.reference.linear import LinearClassifier, linear_scores, train_linear

__all__ = [
    "LinearClassifier",
    "cell_histograms",
    "color_histogram",
    "edge_histogram",
    "hog",
    "image_gradients",
    "linear_scores",
    "train_linear",
]
