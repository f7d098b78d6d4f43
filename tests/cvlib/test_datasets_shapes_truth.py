"""What is said about the shapes is what is drawn: masks, boxes, visible shares, attributes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from cvlib.datasets import make_shapes
from cvlib.datasets.shapes import CLASSES, COLORS, DIFFICULTIES, SIZES, TEXTURES
from cvlib.datasets.shapes.background import PATCHES, choose_backgrounds, paint_backgrounds
from cvlib.datasets.shapes.layout import Draws
from cvlib.datasets.shapes.paint import DARK, cover
from cvlib.datasets.shapes.vocabulary import PALETTE


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


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_largest_object_is_unmistakable(difficulty):
    found = make_shapes(2000, difficulty=difficulty, seed=11)
    radius = found.table.radius
    assert (radius[:, 0] > 0).all()
    assert (np.diff(radius, axis=1) <= 0).all()
    many = found.table.counts > 1
    assert (radius[many, 0] > math.sqrt(1.98) * radius[many, 1]).all()
    assert (found.labels == found.table.shape[:, 0]).all()
    if difficulty == "medium":
        # where nothing is hidden, the box tells the largest object too
        sides = (found.object_boxes[..., 2:] - found.object_boxes[..., :2]).max(axis=2)
        assert (sides[many, 0] >= sides[many, 1:].max(axis=1)).all()


def test_easy_scenes_hold_one_plain_upright_object():
    found = make_shapes(500, difficulty="easy", seed=2)
    assert (found.table.counts == 1).all()
    assert not found.table.angle.any()
    assert (found.table.texture[:, 0] == 0).all()
    assert (found.visible[:, 0] == 1).all()
    for image, mask, color in zip(found.images, found.masks, found.table.color[:, 0], strict=True):
        corner = image[:, 0, 0]
        assert np.ptp(corner) == 0  # grey
        assert corner.max() <= 0.12
        # every pixel is the background, the colour, or a mixture on the edge
        share = (image - corner[:, None, None]).sum(axis=0) / (PALETTE[color] - corner).sum()
        mixed = corner[:, None, None] + share * (PALETTE[color] - corner)[:, None, None]
        np.testing.assert_allclose(image, mixed, atol=2e-6)
        assert (share[mask > 0] >= 0.5 - 1e-5).all()
        assert (share[mask == 0] <= 0.5 + 1e-5).all()
        assert ((share < 1e-5) | (share > 1 - 1e-5)).mean() > 0.8


def test_medium_scenes_vary_and_nothing_is_hidden():
    found = make_shapes(2000, difficulty="medium", seed=3)
    assert (found.visible[found.table.present] == 1).all()
    counts = np.bincount(found.table.counts, minlength=4)
    assert (counts[1:] > 400).all()
    for column, words in (
        (found.table.shape, CLASSES),
        (found.table.color, COLORS),
        (found.table.texture, TEXTURES),
    ):
        share = np.bincount(column[found.table.present]) / found.table.present.sum()
        np.testing.assert_allclose(share, 1 / len(words), atol=0.03)
    turned = np.histogram(found.table.angle[found.table.present], bins=8, range=(0, 360))[0]
    assert turned.min() > 0.8 * turned.mean()


def test_hard_scenes_hide_fade_and_clutter():
    medium, hard = (make_shapes(2000, difficulty=d, seed=4) for d in ("medium", "hard"))
    hidden = (np.where(hard.table.present, hard.visible, 1) < 1).any(axis=1)
    assert 0.1 < hidden.mean() < 0.6
    for scenes in (medium, hard):
        assert (np.bincount(scenes.table.counts, minlength=4)[1:] > 400).all()

    def colorfulness(scenes):
        return np.mean(
            [
                np.ptp(i, axis=0)[m > 0].mean()
                for i, m in zip(scenes.images, scenes.masks, strict=True)
            ]
        )

    def roughness(scenes):
        plain = scenes.masks == 0
        steps = np.abs(np.diff(scenes.images, axis=3)).mean(axis=1)
        return steps[plain[:, :, 1:] & plain[:, :, :-1]].mean()

    assert colorfulness(hard) < 0.9 * colorfulness(medium)
    assert roughness(hard) > 2 * roughness(medium)


@pytest.mark.parametrize("difficulty", ["easy", "medium"])
def test_colors_are_what_they_are_called(difficulty):
    found = make_shapes(400, difficulty=difficulty, seed=6)
    plain = np.flatnonzero(found.table.texture[:, 0] == 0)
    named = []
    for i in plain:
        shown = found.images[i][:, found.instances[i] == 1].mean(axis=1)
        named.append(np.square(PALETTE - shown).sum(axis=1).argmin())
    assert len(plain) > 100
    assert np.array_equal(named, found.table.color[plain, 0])


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_labels_are_balanced(difficulty):
    share = np.bincount(make_shapes(6000, difficulty=difficulty).labels) / 6000
    np.testing.assert_allclose(share, 1 / len(CLASSES), atol=0.02)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_only_hard_backgrounds_are_cluttered(difficulty):
    draws = Draws(200, 240 + 3 * PATCHES**2, np.random.default_rng(0))
    found = choose_backgrounds(draws, difficulty)
    image = paint_backgrounds(found, 32)
    bends = np.abs(np.diff(image, n=2, axis=3)).max(axis=(1, 2, 3))
    slopes = np.abs(np.diff(image, axis=3)).max(axis=(1, 2, 3))
    if difficulty == "hard":
        assert (bends > 0.05).all()  # the patches' edges
        assert (bends > 0.2).mean() > 0.9  # the strokes
    else:
        assert bends.max() < 1e-5
        assert (np.median(slopes) > 0.001) == (difficulty == "medium")


def test_textures_are_what_they_are_called():
    found = make_shapes(300, size=64, difficulty="medium", seed=5)
    share, brightness = cover(found.table, 0, 64)
    for texture, inside, bright in zip(
        found.table.texture[:, 0], share == 1, brightness, strict=True
    ):
        dark = (bright[inside] <= DARK + 1e-6).mean()
        light = (bright[inside] == 1).mean()
        if TEXTURES[texture] == "plain":
            assert (dark, light) == (0, 1)
        else:
            assert min(dark, light) > 0.15
            assert bright.min() >= DARK - 1e-6
            assert bright.max() <= 1
