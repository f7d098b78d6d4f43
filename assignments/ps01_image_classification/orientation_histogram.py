"""Which way the edges run: describe an image by how much edge it has in each direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants

from .common import Rng


def draw_slopes(rng: Rng) -> Iterator[Case]:
    for part, bins in (("four directions", 4), ("other numbers of bins", int(rng.integers(5, 10)))):
        yield Case((*rng.normal(size=(2, 4, 6)), bins), part=part)
    gx = np.array([[2.0, -3.0, 0.0, 0.0, 1.0, -1.0]]) * rng.uniform(0.5, 2.0)
    gy = np.array([[0.0, 0.0, 2.0, -1.0, 1.0, 1.0]]) * rng.uniform(0.5, 2.0)
    order = rng.permutation(gx.shape[1])
    yield Case((gx[:, order], gy[:, order], 4), part="along the axes")
    yield Case((*1e-5 * rng.normal(size=(2, 4, 6)), 5), part="a faint image")
    for part in ("opposite edges", "a flat image"):
        gx, gy = rng.normal(size=(2, 5, 3))
        if part == "opposite edges":
            gx, gy = np.concatenate([gx, -gx]), np.concatenate([gy, -gy])
        if part == "a flat image":
            gx, gy = np.zeros((2, 5, 3))
            yield Case((gx, gy, 4), part=part)
            gx, gy = rng.normal(size=(2, 5, 3)) * (rng.random((5, 3)) < 0.5)
        yield Case((gx, gy, 6), part=part)


def orientation_histogram(gx: np.ndarray, gy: np.ndarray, bins: int) -> np.ndarray:
    angle = np.arctan2(gy, gx) % np.pi
    place = np.minimum((angle * bins / np.pi).astype(int), bins - 1)
    votes = np.bincount(place.ravel(), weights=np.hypot(gx, gy).ravel(), minlength=bins)
    return votes / votes.sum() if votes.any() else votes


variants = Variants()
EXERCISE = Exercise(
    id="orientation_histogram",
    title="Which way the edges run",
    objective="Describe an image by how much edge it has in each direction.",
    section="01_image_classification#cls-hog",
    reference=orientation_histogram,
    cases=draw_slopes,
    hints={
        "four directions": "The angle is arctan2(gy, gx) modulo π, and a pixel votes with "
        "its strength √(gx² + gy²), not with 1.",
        "other numbers of bins": "A bin is π / bins wide.",
        "opposite edges": "Dark to light and light to dark are one direction here. Compare "
        "*Count the edges: HOG*.",
        "along the axes": "The bins are [0, π/4), [π/4, π/2), … An angle of π is 0 modulo π, and "
        "one of π/2 opens a bin.",
        "a faint image": "However small the sum is, dividing by it makes shares of the votes. "
        "Only a sum of 0 has none.",
        "a flat image": "No edges, no votes: return zeros, not a division by zero.",
    },
    variants=variants,
)


def votes(gx: Any, gy: Any, bins: int, angle: Any, weight: Any, period: float = np.pi) -> Any:
    place = np.minimum((angle % period * bins / period).astype(int), bins - 1)
    counts = np.bincount(place.ravel(), weights=weight.ravel(), minlength=bins)
    return counts / counts.sum() if counts.any() else counts


@variants.mutant(
    "Every pixel had one vote in yours, also where nothing changes. An edge counts by its strength "
    "√(gx² + gy²). See *Count the edges: HOG*.",
)
def one_pixel_one_vote(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gy, gx), np.ones(gx.shape))


@variants.mutant(
    "You spread the bins over the full turn 2π, so an edge from dark to light and one from light "
    "to dark count as different. We asked for the half turn. See *Count the edges: HOG*.",
)
def full_turn(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gy, gx), np.hypot(gx, gy), 2 * np.pi)


@variants.mutant(
    "You measured the angle from the vertical: arctan2 takes the vertical part first, "
    "arctan2(gy, gx). See *Count the edges: HOG*.",
)
def from_the_vertical(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gx, gy), np.hypot(gx, gy))


@variants.mutant(
    "You divided by the number of pixels. Then a faint picture has a small histogram; divide by "
    "the sum of the votes, so that contrast drops out. See *Count the edges: HOG*.",
)
def divides_by_pixels(gx, gy, bins):
    return orientation_histogram(gx, gy, bins) * np.hypot(gx, gy).sum() / gx.size


@variants.mutant(
    "You used arctan(gy / gx) and shifted nothing: it runs from −π/2 to π/2, so half of the "
    "directions fall into the wrong bins. See *Count the edges: HOG*.",
)
def shifted_quarter(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gy, gx) + np.pi / 2, np.hypot(gx, gy))


@variants.mutant(
    "You put an angle of exactly π into the last bin. Modulo π it is 0: the edge from light to "
    "dark beside the one from dark to light. See *Count the edges: HOG*.",
)
def pi_is_not_zero(gx, gy, bins):
    angle = np.arctan2(gy, gx)
    angle = np.where(angle < 0, angle + np.pi, angle)
    return votes(gx, gy, bins, np.minimum(angle, np.pi * (1 - 1e-9)), np.hypot(gx, gy))


@variants.mutant(
    "You put an angle on the edge between two bins into the lower one. The bins cut [0, π) into "
    "[0, π / bins), [π / bins, …: each holds its lower end. See *Count the edges: HOG*.",
)
def edges_belong_below(gx, gy, bins):
    place = np.ceil(np.arctan2(gy, gx) % np.pi / np.pi * bins) - 1
    return votes(gx, gy, bins, (np.maximum(place, 0) + 0.5) * np.pi / bins, np.hypot(gx, gy))


@variants.mutant(
    "You added a small number to the sum before dividing. A faint image's votes are smaller still, "
    "and contrast has not dropped out: treat the sum 0 by itself. See *Count the edges: HOG*.",
)
def adds_a_small_number(gx, gy, bins):
    total = np.hypot(gx, gy).sum()
    return orientation_histogram(gx, gy, bins) * total / (total + 1e-6)


@variants.mutant(
    "You took a faint image for a flat one. Zeros are for an image without any change at all. See "
    "*Count the edges: HOG*.",
)
def faint_is_flat(gx, gy, bins):
    return orientation_histogram(gx, gy, bins) * (np.hypot(gx, gy).sum() > 1e-2)


@variants.mutant(
    "Each pixel voted with the square of its strength, gx² + gy². Take the root. See *Count the "
    "edges: HOG*.",
)
def votes_with_squares(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(gy, gx), gx**2 + gy**2)


@variants.mutant(
    "You took the sizes of gx and gy before the angle, and so folded all directions into the first "
    "quarter. Half a turn is to be kept: the angle modulo π. See *Count the edges: HOG*.",
)
def folds_into_a_quarter(gx, gy, bins):
    return votes(gx, gy, bins, np.arctan2(np.abs(gy), np.abs(gx)), np.hypot(gx, gy))


@variants.mutant(
    "You rounded to the nearest bin. An angle belongs to the bin that it lies in: round down. See "
    "*Count the edges: HOG*.",
)
def rounds_to_nearest(gx, gy, bins):
    place = np.round(np.arctan2(gy, gx) % np.pi / np.pi * bins) % bins
    return votes(gx, gy, bins, (place + 0.5) * np.pi / bins, np.hypot(gx, gy))


@variants.mutant(
    "You divided by the root of the sum of squares. That also takes the contrast out; we asked for "
    "shares, which sum to 1. See *Count the edges: HOG*.",
)
def divides_by_the_length(gx, gy, bins):
    shares = orientation_histogram(gx, gy, bins)
    return shares / (np.linalg.norm(shares) or 1.0)


@variants.alternative
def with_histogram(gx, gy, bins):
    angle = np.mod(np.arctan2(gy, gx), np.pi)
    counts, _ = np.histogram(angle, bins=bins, range=(0, np.pi), weights=np.hypot(gx, gy))
    total = counts.sum()
    return counts / total if total > 0 else np.zeros(bins)


@variants.alternative
def with_complex_numbers(gx, gy, bins):
    slope = (gx + 1j * gy).ravel()
    out = [0.0] * bins
    for z in slope:
        angle = np.angle(z)
        angle = angle + np.pi if angle < 0 else angle
        out[min(int(angle * bins / np.pi), bins - 1) if angle < np.pi else 0] += abs(z)
    return [v / sum(out) for v in out] if sum(out) else out
