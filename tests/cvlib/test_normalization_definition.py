"""Each normalization against its definition, written with loops or in words of NumPy."""

from typing import Any

import numpy as np
import pytest
import torch
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    fold_batch_norm,
    group_norm_forward,
    instance_norm_forward,
    layer_norm_forward,
    local_response_norm_forward,
    normalize_forward,
    update_running,
)
from cvlib.normalization.accelerated import batch_norm

EPS = 1e-5
RNG = np.random.default_rng(6)


def images(*shape):
    return 2 * RNG.standard_normal(shape) + 3


def vector(length):
    return RNG.standard_normal(length)


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


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (4, 3, 5, 2)])
def test_running_statistics_move_by_momentum_and_use_the_unbiased_variance(shape):
    x = images(*shape)
    others = tuple(axis for axis in range(x.ndim) if axis != 1)
    mean, var = np.full(3, 7.0), np.full(3, 5.0)
    batch_norm_forward(x, None, None, mean, var, training=True, momentum=0.2)
    assert np.allclose(mean, 0.8 * 7 + 0.2 * x.mean(axis=others))
    assert np.allclose(var, 0.8 * 5 + 0.2 * x.var(axis=others, ddof=1))


def test_momentum_is_the_share_of_the_new_batch():
    x = images(4, 2)
    for momentum, expected in ((0.0, np.zeros(2)), (1.0, x.mean(axis=0))):
        mean, var = np.zeros(2), np.ones(2)
        batch_norm_forward(x, None, None, mean, var, training=True, momentum=momentum)
        assert np.allclose(mean, expected)


def test_a_running_mean_approaches_a_constant_geometrically():
    mean = np.zeros(1)
    for _ in range(10):
        mean = update_running(mean, np.full(1, 8.0), momentum=0.1)
    assert np.allclose(mean, 8 * (1 - 0.9**10))


def test_update_running_leaves_its_arguments_alone():
    running, new = np.zeros(2), np.ones(2)
    assert update_running(running, new, momentum=0.5).tolist() == [0.5, 0.5]
    assert running.tolist() == [0, 0]
    assert new.tolist() == [1, 1]


def test_outside_training_the_running_statistics_rule_and_stay():
    x, gamma, beta = images(3, 2, 4, 4), vector(2), vector(2)
    mean, var = vector(2), np.array([0.5, 2.0])
    out, _ = batch_norm_forward(x, gamma, beta, mean.copy(), var.copy(), training=False)
    a = gamma / np.sqrt(var + EPS)
    assert np.allclose(out, x * a[:, None, None] + (beta - mean * a)[:, None, None])
    kept_mean, kept_var = mean.copy(), var.copy()
    batch_norm_forward(x, gamma, beta, kept_mean, kept_var, training=False)
    assert np.array_equal(kept_mean, mean)
    assert np.array_equal(kept_var, var)


def test_outside_training_an_image_does_not_notice_its_company():
    x, mean, var = images(4, 2, 3, 3), vector(2), np.array([0.5, 2.0])
    together, _ = batch_norm_forward(x, None, None, mean, var, training=False)
    alone, _ = batch_norm_forward(x[2:3], None, None, mean, var, training=False)
    assert np.allclose(together[2:3], alone, rtol=1e-14)
    trained = [batch_norm_forward(x[:n], None, None, training=True)[0][:1] for n in (4, 2)]
    assert not np.allclose(trained[0], trained[1], atol=1e-3)


def test_one_pixel_outside_training_is_no_problem():
    out, _ = batch_norm_forward(
        np.full((1, 2), 3.0), None, None, np.ones(2), np.ones(2), training=False
    )
    assert np.allclose(out, 2 / np.sqrt(1 + EPS))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(((6, 3), (4, 3, 5), (3, 3, 4, 2), (2, 3, 9, 9))),
    st.booleans(),
    st.sampled_from((0.1, 0.5, 1.0)),
    st.integers(0, 2**32 - 1),
)
def test_running_statistics_agree_with_torch(shape, training, momentum, seed):
    rng = np.random.default_rng(seed)
    x, gamma, beta = 3 * rng.standard_normal(shape) + 1, *rng.standard_normal((2, 3))
    running = rng.standard_normal(3), rng.uniform(0.5, 2, 3)
    tensors = [torch.from_numpy(a.copy()).requires_grad_() for a in (x, gamma, beta)]
    running_torch = [torch.from_numpy(a.copy()) for a in running]
    options = {"training": training, "momentum": momentum}
    out, cache = batch_norm_forward(x, gamma, beta, *running, **options)
    out_torch = batch_norm(*tensors, *running_torch, **options)
    assert np.allclose(out, out_torch.detach().numpy(), rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(running, running_torch, strict=True):
        assert np.allclose(ours, theirs.numpy(), rtol=1e-12)
    upstream = rng.standard_normal(out.shape)
    out_torch.backward(torch.from_numpy(upstream))
    for gradient, tensor in zip(batch_norm_backward(upstream, cache), tensors, strict=True):
        assert gradient is not None
        assert tensor.grad is not None
        assert np.allclose(gradient, tensor.grad.numpy(), rtol=1e-9, atol=1e-11)


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


@pytest.mark.parametrize("biased", [True, False])
def test_folding_a_batch_norm_into_a_convolution(biased):
    x, w = images(2, 3, 6, 7), vector(4 * 3 * 3 * 3).reshape(4, 3, 3, 3)
    b, gamma, beta, mean = vector(4), vector(4), vector(4), vector(4)
    var = np.array([0.3, 1.0, 2.0, 1e-3])
    conv = torch.nn.functional.conv2d
    xt, wt, bt = (torch.from_numpy(a) for a in (x, w, b))
    middle = conv(xt, wt, bt if biased else None).numpy()
    expected, _ = batch_norm_forward(middle, gamma, beta, mean, var, training=False, eps=1e-3)
    folded = fold_batch_norm(w, b if biased else None, gamma, beta, mean, var, eps=1e-3)
    kernels, shifts = (torch.from_numpy(a) for a in folded)
    out = conv(xt, kernels, shifts).numpy()
    assert np.allclose(out, expected, rtol=1e-10, atol=1e-10)


def test_folding_a_batch_norm_into_a_linear_layer():
    x, w, mean = vector(12).reshape(4, 3), vector(6).reshape(2, 3), vector(2)
    gamma, beta, var = vector(2), vector(2), np.array([0.5, 2.0])
    expected, _ = batch_norm_forward(x @ w.T, gamma, beta, mean, var, training=False)
    folded, bias = fold_batch_norm(w, None, gamma, beta, mean, var)
    assert np.allclose(x @ folded.T + bias, expected, rtol=1e-12)


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


def test_gradients_outside_training_have_constant_statistics():
    mean, var = np.array([1.0, 2.0]), np.array([0.5, 2.0])
    check_gradients(
        batch_norm_forward,
        batch_norm_backward,
        {"x": images(2, 2, 3, 3), "gamma": vector(2), "beta": vector(2)},
        {"running_mean": mean, "running_var": var, "training": False},
    )
