"""Dropout: what a mask does, what training and test see, and the mean of all 2^H networks."""

import numpy as np
import pytest
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.layers.layer import Parameter, Sequential
from cvlib.losses import log_softmax
from cvlib.regularization import (
    Dropout,
    all_masks,
    arithmetic_mean,
    dropout_backward,
    dropout_forward,
    dropout_mask,
    geometric_mean,
    mask_probabilities,
)
from cvlib.regularization import reference as room

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def test_gradient():
    rng = np.random.default_rng(0)
    mask = rng.random((3, 4)) < 0.5
    x = {"x": rng.standard_normal((3, 4))}
    check_gradients(dropout_forward, dropout_backward, x, {"mask": mask, "rate": 0.3})


@QUICK
@given(rate=st.sampled_from((0.0, 0.2, 0.5, 0.75)), seed=st.integers(0, 999))
def test_the_mean_over_all_masks_is_the_input(rate, seed):
    x = np.random.default_rng(seed).standard_normal((1, 6))
    masks = all_masks(6)
    weights = mask_probabilities(masks, rate)
    outs = np.concatenate([dropout_forward(x, m[None], rate=rate)[0] for m in masks])
    assert weights.sum() == pytest.approx(1)
    assert np.allclose(weights @ outs, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_a_mask_may_be_shared(dtype):
    x = np.ones((2, 3, 4, 4), dtype)
    out, cache = dropout_forward(x, np.array([[1, 0, 1], [0, 1, 1]])[..., None, None], rate=0.5)
    assert out.dtype == dtype
    assert out[:, :, 0, 0].tolist() == [[2, 0, 2], [0, 2, 2]]
    assert np.ptp(out, axis=(2, 3)).max() == 0
    assert dropout_backward(x, cache).dtype == dtype


def test_masks_are_dropped_at_the_rate():
    mask = dropout_mask((400, 500), 0.3, np.random.default_rng(1))
    assert mask.dtype == bool
    assert 1 - mask.mean() == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / mask.size))


def test_the_layer_in_training_and_at_test_time():
    layer = Dropout(0.4, rng=np.random.default_rng(2))
    x, dout = np.full((50, 40), 3.0), np.full((50, 40), 7.0)
    out = layer.forward(x, training=True)
    assert set(np.unique(out)) == {0.0, 3 / 0.6}
    assert np.allclose(layer.backward(dout) / 7, out / 3)
    assert not np.array_equal(layer.forward(x, training=True), out)
    assert layer.forward(x) is x
    assert layer.backward(dout) is dout


def test_the_layer_drops_whole_channels():
    layer = Dropout(0.5, rng=np.random.default_rng(3), channels=True)
    out = layer.forward(np.ones((40, 10, 3, 2)), training=True)
    assert np.ptp(out, axis=(2, 3)).max() == 0
    assert 0.35 < (out[:, :, 0, 0] == 0).mean() < 0.65


def test_a_rate_of_zero_changes_nothing():
    layer, x = Dropout(0.0, rng=np.random.default_rng(4)), np.ones((2, 2))
    assert layer.forward(x, training=True) is x


def test_dropout_takes_no_parameter_away():
    class Scale(Dropout):
        def __init__(self):
            super().__init__(0.0, rng=np.random.default_rng(0))
            self.own["w"] = Parameter(np.ones(5))

    def count(network):
        return sum(p.size for p in network.parameters())

    bare = Sequential(Scale(), Scale())
    dropped = Sequential(Scale(), Dropout(0.5, rng=np.random.default_rng(0)), Scale())
    assert count(dropped) == count(bare) == 10


def test_all_masks_are_all_and_different():
    masks = all_masks(5)
    assert masks.shape == (32, 5)
    assert len(np.unique(masks, axis=0)) == 32
    assert not masks[0].any()
    assert masks[-1].all()


@QUICK
@given(rate=st.sampled_from((0.1, 0.5, 0.8)), seed=st.integers(0, 999))
def test_weight_scaling_is_the_geometric_mean_for_one_layer_before_the_softmax(rate, seed):
    rng = np.random.default_rng(seed)
    hidden, w, b = (rng.standard_normal(s) for s in ((3, 6), (4, 6), 4))
    masks = all_masks(6)
    weights = mask_probabilities(masks, rate)
    logs = np.stack(
        [
            log_softmax(dropout_forward(hidden, np.tile(m, (3, 1)), rate=rate)[0] @ w.T + b)
            for m in masks
        ]
    )
    assert np.allclose(geometric_mean(logs, weights), np.exp(log_softmax(hidden @ w.T + b)))
    assert not np.allclose(arithmetic_mean(logs, weights), np.exp(log_softmax(hidden @ w.T + b)))
    # the lecture's form: masks without scaling in training, weights times (1 − rate) at test time
    plain = np.stack([log_softmax((hidden * m) @ w.T + b) for m in masks])
    halved = np.exp(log_softmax(hidden @ (w * (1 - rate)).T + b))
    assert np.allclose(geometric_mean(plain, weights), halved)


def test_with_a_nonlinearity_behind_the_mask_it_is_only_close():
    rng = np.random.default_rng(5)
    hidden, v, w = (rng.standard_normal(s) for s in ((3, 6), (8, 6), (4, 8)))

    def network(h):
        return log_softmax(np.maximum(h @ v.T, 0) @ w.T)

    logs = np.stack([network(2 * hidden * m) for m in all_masks(6)])
    gap = np.abs(geometric_mean(logs, np.full(64, 1 / 64)) - np.exp(network(hidden))).max()
    assert gap > 0.01


def test_means_are_distributions():
    logs = log_softmax(np.random.default_rng(6).standard_normal((8, 3, 5)) * 30)
    for mean in (arithmetic_mean, geometric_mean):
        assert np.allclose(mean(logs, np.full(8, 1 / 8)).sum(axis=1), 1)


def test_errors():
    x = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"rate must be at least 0 and less than 1, got 1"):
        dropout_forward(x, x, rate=1.0)
    with pytest.raises(ValueError, match=r"rate must be at least 0 and less than 1, got -0.1"):
        Dropout(-0.1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"mask must have the shape of x, \(2, 3\).*got \(3,\)"):
        dropout_forward(x, np.ones(3), rate=0.5)
    with pytest.raises(ValueError, match=r"mask must have the shape of x, \(2, 3\).*got \(2, 2\)"):
        dropout_forward(x, np.ones((2, 2)), rate=0.5)
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        dropout_forward(np.ones((2, 3), int), x, rate=0.5)
    with pytest.raises(ValueError, match=r"dout must have the output's shape \(2, 3\), got \(3,\)"):
        dropout_backward(np.ones(3), dropout_forward(x, x, rate=0.5)[1])
    layer = Dropout(0.5, rng=np.random.default_rng(0), channels=True)
    with pytest.raises(ValueError, match=r"channels are dropped from x \(N, C, H, W\), got .*2, 3"):
        layer.forward(x, training=True)
    with pytest.raises(ValueError, match="at most 20 units, got 21"):
        all_masks(21)
    with pytest.raises(ValueError, match="units must be at least 1, got 0"):
        room.all_masks(0)
