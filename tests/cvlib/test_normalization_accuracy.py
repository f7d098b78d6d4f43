"""Few digits to spare: large means, long and short rows, constant channels, small caches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.normalization import batch_norm_backward, batch_norm_forward, group_norm_forward
from cvlib.normalization.reference import panel
from cvlib.normalization.reference.panel import Panel, panels, short_buffers

SHAPES = [(64, 3), (16, 4, 3, 3), (4, 3, 20, 20), (3, 2, 70, 70), (64, 3, 2, 2), (5000, 2)]


def exact(x, gamma, beta, eps=1e-5):
    axes = tuple(a for a in range(x.ndim) if a != 1)
    shape = [1, -1] + [1] * (x.ndim - 2)
    x = x.astype(np.longdouble)
    centred = x - x.mean(axis=axes, keepdims=True)
    normalized = centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    return normalized * gamma.reshape(shape) + beta.reshape(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_single_precision_survives_a_large_mean(shape, offset):
    rng = np.random.default_rng(1)
    x = (rng.standard_normal(shape) + offset).astype(np.float32)
    gamma, beta = (rng.standard_normal(shape[1]).astype(np.float32) for _ in range(2))
    out, cache = batch_norm_forward(x, gamma, beta, training=True)
    assert np.abs(out - exact(x, gamma, beta)).max() < 3e-6
    dout = rng.standard_normal(shape).astype(np.float32)
    dx, dgamma, dbeta = batch_norm_backward(dout, cache)
    wide = [a.astype(np.float64) for a in (x, gamma, beta)]
    _, cache = batch_norm_forward(*wide, training=True)
    for ours, right in zip(
        (dx, dgamma, dbeta), batch_norm_backward(dout.astype(np.float64), cache), strict=True
    ):
        assert ours is not None
        assert right is not None
        assert np.abs(ours - right).max() < 1e-5 * np.abs(right).max()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_running_variance_survives_a_large_mean(shape):
    x = (np.random.default_rng(2).standard_normal(shape) + 1e4).astype(np.float32)
    mean, var = np.zeros(shape[1], np.float32), np.ones(shape[1], np.float32)
    batch_norm_forward(x, None, None, mean, var, training=True, momentum=1.0)
    axes = tuple(a for a in range(x.ndim) if a != 1)
    assert np.allclose(var, x.astype(float).var(axis=axes, ddof=1), rtol=1e-5)


def test_a_constant_channel_becomes_the_shift_and_gets_a_small_gradient():
    x = np.full((4, 1, 3, 3), 1234.567, np.float32)
    out, cache = batch_norm_forward(
        x, np.ones(1, np.float32), np.full(1, 0.25, np.float32), training=True
    )
    assert np.allclose(out, 0.25, atol=1e-6)
    dout = np.random.default_rng(3).standard_normal(x.shape).astype(np.float32)
    dx, _, _ = batch_norm_backward(dout, cache)
    assert np.allclose(dx, (dout - dout.mean()) / np.sqrt(1e-5), rtol=1e-3, atol=1e-2)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_a_panel_sums_and_spreads_over_groups(data):
    rows, groups = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 6))
    length = data.draw(st.sampled_from((1, 2, 7, 47, 48, 100, 5000)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, y = rng.standard_normal((2, rows, groups, length))
    board = Panel(x.shape, x.dtype)
    assert np.allclose(board.sum(board.flat(x)), x.sum(axis=(0, 2)))
    assert np.allclose(board.dot(board.flat(x), board.flat(y)), (x * y).sum(axis=(0, 2)))
    a, b = rng.standard_normal((2, groups))
    spread_a, spread_b = board.spread(a, b)
    both = board.flat(x) * spread_a + spread_b
    assert np.allclose(both.reshape(x.shape), x * a[:, None] + b[:, None])


@pytest.mark.parametrize("shape", [(4, 10, 100), (1, 10, 100), (9, 10, 2), (2, 1, 9000)])
def test_parts_cover_the_groups_once(shape, monkeypatch):
    monkeypatch.setattr(panel, "PART", 4000)
    found = list(panels(shape, np.dtype(np.float32)))
    covered = [g for part, _ in found for g in range(part.start, part.stop)]
    assert covered == list(range(shape[1]))
    assert all(board.groups == part.stop - part.start for part, board in found)


@pytest.mark.parametrize("shape", [(3, 10, 30, 30), (40, 7, 2, 2), (2, 6, 100, 100)])
def test_the_size_of_the_cache_does_not_change_the_result(shape, monkeypatch):
    rng = np.random.default_rng(4)
    x, dout = rng.standard_normal((2, *shape))
    gamma, beta = rng.standard_normal((2, shape[1]))

    def everything():
        out, cache = batch_norm_forward(x, gamma, beta, training=True)
        return [out, *batch_norm_backward(dout, cache)]

    whole = everything()
    monkeypatch.setattr(panel, "PART", 3000)
    for ours, expected in zip(everything(), whole, strict=True):
        assert np.allclose(ours, expected, rtol=1e-11, atol=1e-12)


def test_numpys_buffer_is_put_back():
    before = np.getbufsize()
    with short_buffers():
        assert np.getbufsize() == panel.BUFFER
    assert np.getbufsize() == before
    group_norm_forward(np.ones((2, 4, 3, 3)), None, None, groups=2)
    assert np.getbufsize() == before
    with pytest.raises(ZeroDivisionError), short_buffers():
        _ = 1 / 0
    assert np.getbufsize() == before
