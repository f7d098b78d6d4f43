"""Draws scenes of shapes from a seed: the same seed, the same bytes."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from cvlib.datasets.shapes.background import PATCHES, choose_backgrounds, paint_backgrounds
from cvlib.datasets.shapes.layout import MOST, Draws, lay_out
from cvlib.datasets.shapes.paint import add_noise, add_objects, choose_looks
from cvlib.datasets.shapes.questions import CHANCES
from cvlib.datasets.shapes.scenes import ShapeScenes
from cvlib.datasets.shapes.truth import classes_of, read_off
from cvlib.datasets.shapes.vocabulary import CLASSES, DIFFICULTIES

#: Uniform numbers a scene: more than any scene uses.
COLUMNS = 240 + 3 * PATCHES * PATCHES

#: Scenes painted at a time: as many as leave the working arrays in the processor's cache.
PIXELS_AT_ONCE = 2**17

SMALLEST = 16


def make_shapes(n: int, *, size: int = 32, difficulty: str = "easy", seed: int = 0) -> ShapeScenes:
    """Draw n scenes of coloured shapes with class, masks, boxes, attributes, captions, questions.

    "easy" shows one plain upright shape on a dark plain background; "medium" one to three turned
    and textured shapes that do not touch, on shaded backgrounds of any brightness with a little
    noise; "hard" lets the smaller shapes stand in front of the larger, lowers the contrast, and
    adds clutter and more noise. The label is the class of the largest shape. A scene depends on
    (seed, difficulty, size) and its index alone: the first m of n scenes are the m scenes. Another
    size shows the same objects at the same places, with other noise.

    Shapes: images (n, 3, size, size) float32 in [0, 1].
    Raises TypeError or ValueError for n < 0, size < 16, an unknown difficulty, or a seed < 0.
    """
    for name, value, least in (("n", n, 0), ("size", size, SMALLEST), ("seed", seed, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise TypeError(f"{name} must be an int, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if difficulty not in DIFFICULTIES:
        raise ValueError(f"difficulty must be one of {', '.join(DIFFICULTIES)}, got {difficulty!r}")
    n, size, seed = int(n), int(size), int(seed)
    entropy = [seed, DIFFICULTIES.index(difficulty)]
    scene_rng, noise_rng = (
        np.random.default_rng(child) for child in np.random.SeedSequence(entropy).spawn(2)
    )
    draws = Draws(n, COLUMNS, scene_rng)
    table = lay_out(draws, difficulty)
    chances = draws.take(CHANCES)
    backgrounds = choose_backgrounds(draws, difficulty)
    looks = choose_looks(draws, table, backgrounds.color, difficulty)

    images = np.empty((n, 3, size, size), np.float32)
    instances = np.empty((n, size, size), np.uint8)
    boxes, visible = np.empty((n, MOST, 4), np.int64), np.empty((n, MOST))
    step = max(1, PIXELS_AT_ONCE // (size * size))
    for start in range(0, n, step):
        some = slice(start, start + step)
        image = paint_backgrounds(backgrounds.take(some), size)
        whole = add_objects(image, table.take(some), looks.take(some), size)
        images[some] = add_noise(image, looks.take(some), noise_rng)
        instances[some], boxes[some], visible[some] = read_off(whole)
    return ShapeScenes(
        images=images,
        labels=table.shape[:, 0].copy(),
        class_names=CLASSES,
        masks=classes_of(instances, table.shape),
        instances=instances,
        table=table,
        object_boxes=boxes,
        visible=visible,
        chances=chances,
    )
