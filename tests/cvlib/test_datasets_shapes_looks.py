"""Easy, medium and hard scenes look as promised, and colours and textures as they are called."""

import math

import numpy as np
import pytest

from cvlib.datasets import make_shapes
from cvlib.datasets.shapes import CLASSES, COLORS, DIFFICULTIES, TEXTURES
from cvlib.datasets.shapes.background import PATCHES, choose_backgrounds, paint_backgrounds
from cvlib.datasets.shapes.layout import Draws
from cvlib.datasets.shapes.paint import DARK, cover
from cvlib.datasets.shapes.vocabulary import PALETTE


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
