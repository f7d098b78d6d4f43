"""Which colours, and how much of each: describe an image by the joint histogram of its colours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.shallow import color_histogram as histogram

from .common import Rng


def draw_colored(rng: Rng) -> Iterator[Case]:
    for part, bins in (
        ("one image", 2),
        ("several bins", 4),
        ("the edges of bins", 4),
        ("the brightest pixels", 3),
    ):
        n = 1 if part == "one image" else int(rng.integers(2, 4))
        height, width = rng.permutation([3, 4, 5, 6])[:2]
        images = rng.uniform(0.0, 0.999, (n, 3, height, width))
        if part == "the edges of bins":  # quarters are exact
            images = rng.integers(4, size=images.shape) / 4
        if part == "the brightest pixels":  # each channel alone, so that no box hides another
            for channel, row in enumerate(rng.permutation(height)[:3]):
                images[:, channel, row, 0] = 1.0
            images[:, :, 0, -1] = 1.0
        yield Case((images, bins), part=part)


variants = Variants()
EXERCISE = Exercise(
    id="color_histogram",
    title="Which colours, and how much of each",
    objective="Describe an image by the joint histogram of its colours.",
    section="01_image_classification#cls-color-histogram",
    reference=histogram,
    cases=draw_colored,
    hints={
        "one image": "Two bins a channel make 2 × 2 × 2 = 8 boxes. The red bin runs "
        "slowest: box = (q_red · bins + q_green) · bins + q_blue.",
        "several bins": "Each row counts the pixels of its own image only, and is divided "
        "by their number.",
        "the edges of bins": "With 4 bins the second one begins at 0.25 exactly. In which of "
        "the two is 0.25 itself?",
        "the brightest pixels": "Into which bin does a value of exactly 1 fall?",
    },
    variants=variants,
)


@variants.mutant(
    "You made one histogram a channel and put them side by side. How much red and how much green "
    "says less than how much of each pair: count whole colours. See *Count the colours*.",
)
def one_histogram_a_channel(images, bins):
    level = np.minimum((images * bins).astype(int), bins - 1)
    rows = [np.concatenate([np.bincount(c.ravel(), minlength=bins) for c in x]) for x in level]
    return np.array(rows) / (3 * images[0, 0].size)


@variants.mutant(
    "Your counts are right and not divided by the number of pixels: a large image would look "
    "different from a small one of the same colours. See *Count the colours*.",
)
def counts_pixels(images, bins):
    return histogram(images, bins) * images[0, 0].size


@variants.mutant(
    "The boxes are right and in another order: you let blue run slowest. Red, channel 0, is the "
    "leading digit of the box's number. See *Count the colours*.",
)
def blue_slowest(images, bins):
    return histogram(images[:, ::-1].copy(), bins)


@variants.mutant(
    "You added up all images of the batch. A descriptor describes one image: one row each. See "
    "*Shallow: describe by hand, decide by learning*.",
)
def one_row_for_all(images, bins):
    return histogram(images, bins).mean(axis=0, keepdims=True)


@variants.mutant(
    "You rounded to the nearest bin edge. A bin is a half-open interval: its number is the floor "
    "of bins · x. See *Count the colours*.",
)
def rounds_to_nearest(images, bins):
    return histogram(np.minimum(np.round(images * (bins - 1)) / bins + 1e-3, 1), bins)


@variants.mutant(
    "You put a value on the edge between two bins into the lower one. A bin holds its lower end: "
    "its number is the floor of bins · x. See *Count the colours*.",
)
def edges_belong_below(images, bins):
    return histogram(np.maximum(np.ceil(images * bins) - 1, 0) / bins + 0.5 / bins, bins)


@variants.mutant(
    "You clipped the number of the box. A value of 1 in green or blue has by then run over into "
    "the box of the next red or green: clip each channel's bin before. See *Count the colours*.",
)
def clips_the_box(images, bins):
    level = (images * bins).astype(int)
    number = (level[:, 0] * bins + level[:, 1]) * bins + level[:, 2]
    number = np.minimum(number, bins**3 - 1)
    return np.array([np.bincount(n.ravel(), minlength=bins**3) / n.size for n in number])


@variants.mutant(
    "You lost the pixels with a value of exactly 1: they belong to the last bin, and each row sums "
    "to 1. See *Count the colours*.",
)
def loses_the_brightest(images, bins):
    level = (images * bins).astype(int)
    rows = []
    for image in level.reshape(len(level), 3, -1):
        red, green, blue = image[:, (image < bins).all(axis=0)]
        counts = np.bincount((red * bins + green) * bins + blue, minlength=bins**3)
        rows.append(counts / image[0].size)
    return np.array(rows)


@variants.mutant(
    "You let a value of exactly 1 begin again at bin 0: bins · 1 is one too many, and belongs to "
    "the last bin. See *Count the colours*.",
)
def wraps_the_brightest(images, bins):
    return histogram(np.where(images < 1, images, 0.0), bins)


@variants.mutant(
    "The boxes are right and in another order: green and blue are exchanged. Channel 1 is green, "
    "and its bin counts bins boxes. See *Count the colours*.",
)
def green_fastest(images, bins):
    return histogram(images[:, [0, 2, 1]].copy(), bins)


@variants.alternative
def with_histogramdd(images, bins):
    rows = []
    for image in images:
        pixels = image.reshape(3, -1).T
        counts, _ = np.histogramdd(pixels, bins=bins, range=[(0, 1)] * 3)
        rows.append(counts.ravel() / len(pixels))
    return np.array(rows)


@variants.alternative
def pixel_by_pixel(images, bins):
    out = np.zeros((len(images), bins, bins, bins))
    for n, _, i, j in np.ndindex(len(images), 1, *images.shape[2:]):
        red, green, blue = (min(int(v * bins), bins - 1) for v in images[n, :, i, j])
        out[n, red, green, blue] += 1 / images[0, 0].size
    return out.reshape(len(images), -1)
