"""Invariance, parameters, capacity.

Explain a comparison of two pipelines by the three principles.
"""

from __future__ import annotations

from cvlib.grading.spec import Exercise

EXERCISE = Exercise(
    id="three_principles",
    title="Invariance, parameters, capacity",
    objective="Explain a comparison of two pipelines by the three principles.",
    section="01_image_classification#cls-principles",
    kind="written",
)
