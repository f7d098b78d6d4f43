"""What is said about the shapes is what is drawn: masks, boxes, visible shares, attributes."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from cvlib.datasets import make_shapes
from cvlib.datasets.shapes import CLASSES, COLORS, DIFFICULTIES, SIZES, TEXTURES


def regular(count, radius, start):
    """Return corners on a circle, from the angle `start` on, in degrees."""
    turns = np.deg2rad(start + 360 / count * np.arange(count))
    return radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)


def star_corners():
    tips, dents = regular(5, 1.12, 90), regular(5, 0.5, 90 + 36)
    return np.stack([tips, dents], axis=1).reshape(-1, 2)


def cross_corners():
    a, b = 1.0, 0.34
    quarter = np.array([(a, -b), (a, b), (b, b), (b, a)])
    turns = [np.array([(c, s), (-s, c)]) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    return np.concatenate([quarter @ turn for turn in turns])


#: The outlines as a geometer gives them: corners, x to the right, y up.
CORNERS = {
    "square": regular(4, 0.8 * math.sqrt(2), 45),
    "triangle": regular(3, 2 * 0.57, 90),
    "cross": cross_corners(),
    "star": star_corners(),
}


def covered(thing, size):
    """Say of each pixel if its centre lies in an object, and if it is too near the edge to say."""
    centers = (np.arange(size) + 0.5) / size
    right, down = np.meshgrid(centers - thing["x"], centers - thing["y"])
    points = np.stack([right.ravel(), -down.ravel()], axis=1) / thing["radius"]
    distance = np.hypot(*points.T)
    slack = 1e-4
    if thing["shape"] in ("circle", "ring"):
        inner = 0.52 if thing["shape"] == "ring" else -1.0
        inside = (distance <= 1) & (distance >= inner)
        unsure = (np.abs(distance - 1) < slack) | (np.abs(distance - inner) < slack)
    else:
        turn = math.radians(thing["angle"])
        spin = np.array([(math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))])
        corners = CORNERS[thing["shape"]] @ spin
        inside, larger, smaller = (
            Path(corners * scale).contains_points(points) for scale in (1, 1 + slack, 1 - slack)
        )
        unsure = larger != smaller
    return inside.reshape(size, size), unsure.reshape(size, size)


scenes = st.builds(
    make_shapes,
    st.just(4),
    size=st.sampled_from((16, 17, 24, 32, 45, 64)),
    difficulty=st.sampled_from(DIFFICULTIES),
    seed=st.integers(0, 2**63),
)


@settings(max_examples=60)
@given(scenes)
def test_every_pixel_shows_the_foremost_object_that_covers_it(found):
    size = found.images.shape[-1]
    for i, objects in enumerate(found.objects):
        expected = np.zeros((size, size), np.uint8)
        unsure = np.zeros((size, size), np.bool_)
        for j, thing in enumerate(objects):
            inside, edge = covered(thing, size)
            expected[inside] = j + 1
            unsure |= edge
        wrong = (found.instances[i] != expected) & ~unsure
        assert not wrong.any(), f"{wrong.sum()} pixels of {objects}"


@settings(max_examples=60)
@given(scenes)
def test_masks_boxes_and_visible_shares_follow_from_the_instances(found):
    size = found.images.shape[-1]
    for i, objects in enumerate(found.objects):
        instances = found.instances[i]
        assert instances.max() == len(objects)
        expected = np.zeros_like(instances)
        for j, thing in enumerate(objects):
            shown = instances == j + 1
            expected[shown] = CLASSES.index(thing["shape"]) + 1
            rows, columns = np.nonzero(shown)
            tight = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
            assert thing["box"] == tight == tuple(found.object_boxes[i, j])
            alone = covered(thing, size)[0].sum()
            assert abs(thing["visible"] - shown.sum() / alone) < 1e-9 + 2 / alone
            assert thing["visible"] == found.visible[i, j] > 0.5
        np.testing.assert_array_equal(found.masks[i], expected)
        assert found.boxes[i].tolist() == list(objects[0]["box"])
    missing = ~found.table.present
    assert not found.object_boxes[missing].any()
    assert not found.visible[missing].any()


@settings(max_examples=60)
@given(scenes)
def test_attributes_are_the_arrays_in_words(found):
    table = found.table
    for i, objects in enumerate(found.objects):
        assert len(objects) == table.counts[i] >= 1
        assert found.attributes[i] == objects[0]
        assert CLASSES[found.labels[i]] == objects[0]["shape"]
        assert table.present[i].tolist() == [j < len(objects) for j in range(3)]
        for j, thing in enumerate(objects):
            assert CLASSES[table.shape[i, j]] == thing["shape"]
            assert COLORS[table.color[i, j]] == thing["color"]
            assert SIZES[table.size[i, j]] == thing["size"]
            assert TEXTURES[table.texture[i, j]] == thing["texture"]
            for key in ("x", "y", "radius", "angle"):
                assert getattr(table, key)[i, j] == thing[key]
            across = [w for w in ("left", "right") if w in thing["position"]]
            down = [w for w in ("top", "bottom") if w in thing["position"]]
            assert across == (["left"] * (thing["x"] < 0.4) + ["right"] * (thing["x"] > 0.6))
            assert down == (["top"] * (thing["y"] < 0.4) + ["bottom"] * (thing["y"] > 0.6))
            assert thing["position"] == (" ".join(down + across) or "center")
            low, high = (0.13, 0.17) if thing["size"] == "small" else (0.24, 0.30)
            assert low <= thing["radius"] <= high
