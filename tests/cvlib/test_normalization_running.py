"""Batch norm's running statistics: how they move in training, and what they do outside it."""

import numpy as np
import pytest
import torch
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from normalization_inputs import drawn

from cvlib.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    fold_batch_norm,
    update_running,
)
from cvlib.normalization.accelerated import batch_norm

EPS = 1e-5
images, vector = drawn(6)


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


def test_gradients_outside_training_have_constant_statistics():
    mean, var = np.array([1.0, 2.0]), np.array([0.5, 2.0])
    check_gradients(
        batch_norm_forward,
        batch_norm_backward,
        {"x": images(2, 2, 3, 3), "gamma": vector(2), "beta": vector(2)},
        {"running_mean": mean, "running_var": var, "training": False},
    )
