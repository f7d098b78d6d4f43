"""Each normalization against its definition, written with loops or in words of NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from normalization_inputs import drawn

from cvlib.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    fold_batch_norm,
    group_norm_forward,
    instance_norm_forward,
    layer_norm_forward,
    local_response_norm_forward,
    normalize_forward,
)

EPS = 1e-5
images, vector = drawn(6)


def test_batch_norm_is_its_formula_channel_by_channel():
    x, gamma, beta = images(3, 4, 5, 6), vector(4), vector(4)
    out, _ = batch_norm_forward(x, gamma, beta, training=True)
    for c in range(4):
        channel = x[:, c]
        by_hand = gamma[c] * (channel - channel.mean()) / np.sqrt(channel.var() + EPS) + beta[c]
        assert np.allclose(out[:, c], by_hand, rtol=1e-12)


def test_eps_stands_under_the_root():
    x = np.array([[0.0], [2.0]])  # mean 1, variance 1
    out, _ = batch_norm_forward(x, None, None, training=True, eps=3.0)
    assert np.allclose(out.ravel(), [-0.5, 0.5])


def test_the_family_is_one_formula():
    x = images(3, 6, 4, 5)
    batch, _ = batch_norm_forward(x, None, None, training=True)
    layer, _ = layer_norm_forward(x, np.ones(x.shape[1:]), None)
    instance, _ = instance_norm_forward(x, None, None)
    group, _ = group_norm_forward(x, None, None, groups=2)
    assert np.allclose(batch, normalize_forward(x, axes=(0, 2, 3))[0], rtol=1e-12)
    assert np.allclose(layer, normalize_forward(x, axes=(1, 2, 3))[0], rtol=1e-12)
    assert np.allclose(instance, normalize_forward(x, axes=(2, 3))[0], rtol=1e-12)
    split = x.reshape(3, 2, 3, 4, 5)
    assert np.allclose(group, normalize_forward(split, axes=(2, 3, 4))[0].reshape(x.shape))


def test_group_norm_lies_between_layer_and_instance_norm():
    x, gamma, beta = images(2, 6, 4, 5), vector(6), vector(6)
    one, _ = group_norm_forward(x, gamma, beta, groups=1)
    wide = [np.broadcast_to(v[:, None, None], (6, 4, 5)).copy() for v in (gamma, beta)]
    assert np.allclose(one, layer_norm_forward(x, *wide)[0], rtol=1e-12)
    six, _ = group_norm_forward(x, gamma, beta, groups=6)
    assert np.allclose(six, instance_norm_forward(x, gamma, beta)[0], rtol=1e-12)


def test_batch_norm_of_one_image_is_instance_norm():
    x = images(1, 3, 4, 5)
    batch, _ = batch_norm_forward(x, None, None, training=True)
    assert np.allclose(batch, instance_norm_forward(x, None, None)[0], rtol=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_normalized_groups_have_mean_0_and_variance_just_under_1(data):
    shape = data.draw(st.lists(st.integers(2, 5), min_size=2, max_size=4).map(tuple))
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1).map(tuple))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = rng.standard_normal(shape) * 3 + 10
    out, _ = normalize_forward(x, axes=axes)
    assert np.allclose(out.mean(axis=axes), 0, atol=1e-9)
    var = x.var(axis=axes)
    assert np.allclose(out.var(axis=axes), var / (var + EPS), rtol=1e-7)


def naive_response(x, size, alpha, beta, k):
    out = np.zeros_like(x)
    for n, c, i, j in np.ndindex(x.shape):
        window = range(max(0, c - size // 2), min(x.shape[1], c + (size - 1) // 2 + 1))
        energy = sum(x[n, m, i, j] ** 2 for m in window)
        out[n, c, i, j] = x[n, c, i, j] / (k + alpha * energy) ** beta
    return out


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 20])
@pytest.mark.parametrize("beta", [0.75, 0.6, 0.0])
def test_local_response_norm_is_alexnets_formula(size, beta):
    x = images(2, 7, 2, 3)
    out, _ = local_response_norm_forward(x, size=size, alpha=0.3, beta=beta, k=2.0)
    assert np.allclose(out, naive_response(x, size, 0.3, beta, 2.0), rtol=1e-12)
    averaged, _ = local_response_norm_forward(x, size=size, alpha=0.3, beta=beta, average=True)
    assert np.allclose(averaged, naive_response(x, size, 0.3 / size, beta, 2.0), rtol=1e-12)


def test_local_response_norm_has_alexnets_constants():
    x = 100 * images(1, 7, 1, 1)
    out, _ = local_response_norm_forward(x)
    assert np.allclose(out, naive_response(x, 5, 1e-4, 0.75, 2.0), rtol=1e-12)


def test_an_empty_batch_passes_where_it_has_a_meaning():
    x = np.empty((0, 4, 3, 3))
    out, _ = batch_norm_forward(x, None, None, np.zeros(4), np.ones(4), training=False)
    assert out.shape == x.shape
    assert group_norm_forward(x, np.ones(4), None, groups=2)[0].shape == x.shape
    assert local_response_norm_forward(x)[0].shape == x.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    x = images(3, 4, 5, 5).astype(dtype)
    gamma, beta = vector(4).astype(dtype), vector(4).astype(dtype)
    running = [np.zeros(4, dtype), np.ones(4, dtype)]
    for training in (True, False):
        out, cache = batch_norm_forward(x, gamma, beta, *running, training=training)
        arrays: list[Any] = [out, *batch_norm_backward(out, cache), *running]
        assert {a.dtype for a in arrays} == {np.dtype(dtype)}
    g = gamma[:3]
    assert {a.dtype for a in fold_batch_norm(x[:, :, 0], None, g, g, g, np.ones(3, dtype))}
    for function in (group_norm_forward, instance_norm_forward):
        options = {"groups": 2} if function is group_norm_forward else {}
        assert function(x, gamma, beta, **options)[0].dtype == dtype
    assert normalize_forward(x, axes=1)[0].dtype == dtype
    assert local_response_norm_forward(x)[0].dtype == dtype


def test_without_scale_or_shift_there_is_no_gradient_of_them():
    x = images(3, 2, 4, 4)
    out, cache = batch_norm_forward(x, None, None, training=True)
    assert batch_norm_backward(out, cache)[1:] == (None, None)
