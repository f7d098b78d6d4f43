"""Stochastic depth, mirrored features and phrase pooling: laws, worked cases, errors."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_cases_second_order import SEEDS, depths, features, maps, responses

from cvlib.datasets import photo
from cvlib.second_order import accelerated, reference
from cvlib.second_order.definition import (
    mirror_descriptor_naive,
    phrase_pool_naive,
    stochastic_depth_naive,
)

DRAWS = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def test_survival_falls_along_a_line_to_the_last():
    p = reference.survival_probabilities(4, last=0.6)
    assert np.allclose(p, [0.9, 0.8, 0.7, 0.6])
    assert reference.survival_probabilities(1, last=0.5).tolist() == [0.5]
    for blocks in (1, 7, 54):
        depth = reference.expected_depth(reference.survival_probabilities(blocks))
        assert np.isclose(depth, (3 * blocks - 1) / 4)
    assert reference.expected_depth(reference.survival_probabilities(54)) == pytest.approx(40.25)


def test_draws_have_the_probabilities_that_they_are_asked_for():
    rng = np.random.default_rng(0)
    p = np.array([1.0, 0.75, 0.25])
    drawn = reference.draw_survival(p, rng, images=40_000)
    assert drawn.shape == (3, 40_000)
    # six standard deviations of a mean of coins
    assert np.all(np.abs(drawn.mean(axis=1) - p) <= 6 * np.sqrt(p * (1 - p) / 40_000))
    assert reference.draw_survival(p, rng).shape == (3,)


@DRAWS
@given(call=depths())
def test_the_mean_over_the_draw_is_the_paper_s_test_time(call):
    x, f = call.arrays.values()
    p = call.options["probability"]
    for inverted in (False, True):
        kept, gone, test = (
            reference.stochastic_depth_forward(x, f, b, probability=p, inverted=inverted)[0]
            for b in (True, False, None)
        )
        np.testing.assert_allclose(p * kept + (1 - p) * gone, test, atol=1e-12)
        assert np.array_equal(gone, x)


@DRAWS
@given(seed=SEEDS)
def test_stochastic_depth_is_its_definition(seed):
    x, f = np.random.default_rng(seed).standard_normal((2, 3, 2))
    drawn = reference.draw_survival([0.6], np.random.default_rng(seed))[0]
    for training in (True, False):
        slow = stochastic_depth_naive(x, f, 0.6, np.random.default_rng(seed), training=training)
        survives = drawn if training else None
        fast, _ = reference.stochastic_depth_forward(x, f, survives, probability=0.6)
        np.testing.assert_allclose(fast, slow)


def test_one_draw_an_image():
    x, f = np.zeros((2, 3)), np.ones((2, 3))
    out, _ = reference.stochastic_depth_forward(x, f, [True, False], probability=0.5, inverted=True)
    assert out.tolist() == [[2, 2, 2], [0, 0, 0]]


def test_the_mirror_is_a_permutation_and_its_own_inverse():
    p = reference.mirror_permutation()
    assert sorted(p) == list(range(128))
    assert np.array_equal(p[p], np.arange(128))
    d = np.random.default_rng(3).standard_normal((2, 128))
    assert np.array_equal(reference.mirror_descriptor(d)[1], mirror_descriptor_naive(d[1]))
    # row 1, column 0, angle 45° takes from row 1, column 3, angle 135°
    assert p[(4 * 1 + 0) * 8 + 1] == (4 * 1 + 3) * 8 + 3


@DRAWS
@given(seed=SEEDS, fusion=st.sampled_from(("max", "sum")))
def test_max_sift_is_the_same_for_a_descriptor_and_its_mirror(seed, fusion):
    d = np.random.default_rng(seed).standard_normal((3, 128)).astype(np.float32)
    mirrored = reference.mirror_descriptor(d)
    ours = reference.max_sift(d, fusion=fusion)
    assert np.array_equal(ours, reference.max_sift(mirrored, fusion=fusion))
    assert np.array_equal(ours, reference.mirror_descriptor(ours))
    assert ours.dtype == np.float32


def patches(count=40, side=16):
    """Patches of a photograph in grey."""
    grey = photo("china").astype(np.float64).mean(axis=2)
    rng = np.random.default_rng(1)
    rows, columns = (rng.integers(0, n - side, count) for n in grey.shape)
    return np.stack([grey[r : r + side, c : c + side] for r, c in zip(rows, columns, strict=True)])


def test_the_descriptor_of_a_mirrored_patch_is_the_mirrored_descriptor():
    images = patches()
    straight = reference.upright_descriptor(images)
    flipped = reference.upright_descriptor(images[..., ::-1].copy())
    # angles come from an arctangent and sums run the other way: equal up to rounding
    np.testing.assert_allclose(flipped, reference.mirror_descriptor(straight), atol=1e-12)
    assert np.abs(flipped - straight).max(axis=1).min() > 0.05
    upside = reference.upright_descriptor(images[:, ::-1].copy())
    assert np.abs(upside - reference.mirror_descriptor(straight)).max() > 0.05
    np.testing.assert_allclose(
        reference.max_sift(flipped), reference.max_sift(straight), atol=1e-12
    )


def test_descriptors_have_length_one_and_know_directions():
    ramp = np.tile(np.arange(8.0), (8, 1))
    d = reference.upright_descriptor(np.stack([ramp, ramp.T, 0 * ramp]))
    assert np.allclose((d**2).sum(axis=1), [1, 1, 0])
    by_angle = d.reshape(3, 16, 8).sum(axis=1)
    assert by_angle.argmax(axis=1)[:2].tolist() == [0, 2]  # to the right, down
    assert np.allclose(by_angle[:2].max(axis=1), by_angle[:2].sum(axis=1))


@DRAWS
@given(seed=SEEDS, fusion=st.sampled_from(("max", "sum")))
def test_features_are_invariant_and_maps_turn_with_the_image_to_the_last_bit(seed, fusion):
    x = np.random.default_rng(seed).standard_normal((2, 3, 4, 5)).astype(np.float32)
    flipped = x[..., ::-1]
    one, other = (
        reference.reversal_invariant_features(v, features, fusion=fusion) for v in (x, flipped)
    )
    assert np.array_equal(one, other)
    assert not np.array_equal(features(x), features(flipped))
    straight, turned = (
        reference.reversal_equivariant_maps(v, maps, fusion=fusion) for v in (x, flipped)
    )
    assert np.array_equal(turned, straight[..., ::-1])
    t = torch.from_numpy(x)
    ahead, back = (
        accelerated.reversal_equivariant_maps(v, maps, fusion=fusion) for v in (t, t.flip(-1))
    )
    assert torch.equal(back, ahead.flip(-1))


def test_a_map_that_is_not_flipped_back_is_neither():
    x = np.random.default_rng(0).standard_normal((1, 1, 3, 6))
    wrong = [np.maximum(maps(v), maps(v[..., ::-1])) for v in (x, x[..., ::-1])]
    assert np.array_equal(
        wrong[0], wrong[1]
    )  # invariant, but of places that have nothing to do with another
    right = reference.reversal_equivariant_maps(x, maps)
    assert not np.allclose(wrong[0], right)


@DRAWS
@given(call=responses())
def test_phrase_pool_is_its_loop(call):
    fast, _ = reference.phrase_pool_forward(*call.arrays.values(), **call.options)
    np.testing.assert_allclose(
        fast, phrase_pool_naive(*call.arrays.values(), **call.options), atol=1e-12
    )


def test_phrase_pool_keeps_what_is_backed_and_punishes_what_is_alone():
    x = np.zeros((1, 2, 7, 7))
    x[0, 0, 3, 3], x[0, 1] = 1, 1
    out, cache = reference.phrase_pool_forward(x, sigma=3.0)
    assert out[0, 0, 3, 3] == 0.25
    assert np.allclose(out[0, 1, 1:-1, 1:-1], 1)
    assert np.isclose(out[0, 1, 0, 0], (1 + 3 * 3 / 8) / 4)
    dout = np.random.default_rng(0).standard_normal(x.shape)
    # the map is its own adjoint
    assert np.isclose(np.vdot(out, dout), np.vdot(x, reference.phrase_pool_backward(dout, cache)))


X, D = (2, 3, 4, 4), (2, 128)
ERRORS = [
    ("stochastic_depth", [X, X], {"probability": 0.0}, "probability must be above 0 and at most 1"),
    ("stochastic_depth", [X, (2, 3)], {"probability": 0.5}, "x and f must have one shape, got"),
    ("stochastic_depth", [X, X], {"probability": 0.5, "survives": [True]},
     "survives must be one bool, or one an image of x, (2,), got shape (1,)"),
    ("max_sift", [D], {"fusion": "product"}, "fusion must be one of max, sum, got 'product'"),
    ("max_sift", [(2, 64)], {}, "descriptors must have 128 numbers along their last axis"),
    ("reversal_invariant_features", [(3, 4, 4)], {"extract": features}, "x must be maps (N, C"),
    ("reversal_equivariant_maps", [X], {"extract": features}, "extract(x) must be maps"),
    ("phrase_pool", [(3, 4, 4)], {}, "x must have 4 axes (N, C, H, W), got 3"),
    ("phrase_pool", [X], {"sigma": -1.0}, "sigma must be at least 0 and finite, got -1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "options", "message"), ERRORS)
def test_the_same_error_in_both_backends(name, shapes, options, message):
    slow = getattr(reference, f"{name}_forward", None) or getattr(reference, name)
    with pytest.raises(ValueError, match=re.escape(message)):
        slow(*(np.ones(shape) for shape in shapes), **options)
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(accelerated, name)(*(torch.ones(shape) for shape in shapes), **options)


def test_probabilities_and_patches_are_looked_at():
    with pytest.raises(ValueError, match="last must be above 0"):
        reference.survival_probabilities(3, last=0.0)
    with pytest.raises(ValueError, match="blocks must be at least 1, got 0"):
        reference.survival_probabilities(0)
    with pytest.raises(ValueError, match=r"probabilities must be above 0 and at most 1, got 1\.5"):
        reference.expected_depth([0.5, 1.5])
    with pytest.raises(ValueError, match=r"H and W multiples of 4, got \(1, 6, 8\)"):
        reference.upright_descriptor(np.ones((1, 6, 8)))
