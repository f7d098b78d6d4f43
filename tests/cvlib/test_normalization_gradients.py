"""Every backward against central differences, and what a projection owes its name."""

import numpy as np
import pytest
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.normalization import reference
from cvlib.normalization.experiments.facts import jacobian

RNG = np.random.default_rng(8)
X = 2 * RNG.standard_normal((2, 4, 3, 3)) + 1
GAMMA, BETA = RNG.standard_normal((2, 4))

CASES = [
    ("batch_norm", {"x": X, "gamma": GAMMA, "beta": BETA}, {"training": True}),
    ("batch_norm", {"x": X[:, :, 0, 0].copy(), "gamma": GAMMA, "beta": BETA},
     {"training": True, "eps": 0.1}),
    ("layer_norm", {"x": X, "gamma": RNG.standard_normal((4, 3, 3)),
                    "beta": RNG.standard_normal((4, 3, 3))}, {}),
    ("layer_norm", {"x": X, "gamma": RNG.standard_normal(3), "beta": RNG.standard_normal(3)}, {}),
    ("group_norm", {"x": X, "gamma": GAMMA, "beta": BETA}, {"groups": 2}),
    ("instance_norm", {"x": X, "gamma": GAMMA, "beta": BETA}, {}),
    ("normalize", {"x": X}, {"axes": (1, 3)}),
    ("local_response_norm", {"x": X}, {"size": 3, "alpha": 0.5}),
    ("local_response_norm", {"x": X}, {"size": 4, "alpha": 2.0, "beta": 0.5, "k": 1.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arrays", "options"), CASES)
def test_backward_is_the_gradient(name, arrays, options):
    forward = getattr(reference, f"{name}_forward")
    check_gradients(forward, getattr(reference, f"{name}_backward"), arrays, options, atol=1e-7)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.integers(2, 9), st.floats(0.1, 50), st.integers(0, 2**32 - 1))
def test_the_gradient_has_no_part_along_1_and_nearly_none_along_x(m, spread, seed):
    rng = np.random.default_rng(seed)
    x, dout = spread * rng.standard_normal((m, 1)) + 5, rng.standard_normal((m, 1))
    out, cache = reference.batch_norm_forward(x, None, None, training=True)
    dx, _, _ = reference.batch_norm_backward(dout, cache)
    assert abs(dx.sum()) < 1e-9 / spread
    # exactly ε / (σ² + ε) of it is left along x̂
    along = float(np.vdot(dout, out)) * 1e-5 / (x.var() + 1e-5) ** 1.5
    assert np.isclose(float(np.vdot(dx, out)), along, rtol=1e-6, atol=1e-10 / spread)


def test_a_sum_as_loss_has_no_gradient_at_all():
    x = RNG.standard_normal((8, 3))
    out, cache = reference.batch_norm_forward(x, None, None, training=True)
    dx, _, _ = reference.batch_norm_backward(np.ones_like(out), cache)
    assert np.abs(dx).max() < 1e-15


def test_the_jacobian_is_a_projection_over_sigma():
    x = RNG.standard_normal(7)
    J, normalized = jacobian(x), (x - x.mean()) / x.std()
    projection = np.eye(7) - np.ones((7, 7)) / 7 - np.outer(normalized, normalized) / 7
    assert np.allclose(J * x.std(), projection, atol=1e-4)
    assert np.allclose(projection @ projection, projection)
    assert np.linalg.matrix_rank(projection) == 5


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.floats(0.01, 100), st.integers(0, 2**32 - 1))
def test_weights_before_a_norm_are_scale_free(factor, seed):
    rng = np.random.default_rng(seed)
    x, w, dout = (rng.standard_normal(s) for s in ((9, 5), (5, 2), (9, 2)))

    def gradient(w):
        out, cache = reference.batch_norm_forward(x @ w, None, None, training=True, eps=0.0)
        return out, x.T @ reference.batch_norm_backward(dout, cache)[0]

    out, dw = gradient(w)
    scaled_out, scaled_dw = gradient(factor * w)
    assert np.allclose(scaled_out, out, rtol=1e-9, atol=1e-10)
    assert np.allclose(factor * scaled_dw, dw, rtol=1e-7, atol=1e-9)
    assert np.allclose((dw * w).sum(axis=0), 0, atol=1e-10)
