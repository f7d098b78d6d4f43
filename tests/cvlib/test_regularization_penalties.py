"""The price of weights: values, slopes, proximal steps, and what each price prefers."""

import numpy as np
import pytest
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.regularization import (
    elastic_net_backward,
    elastic_net_forward,
    elastic_net_proximal,
    l1_penalty_backward,
    l1_penalty_forward,
    l2_penalty_backward,
    l2_penalty_forward,
    ridge_fit,
    soft_threshold,
)

W = np.random.default_rng(0).standard_normal((3, 4))
QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def test_values_by_hand():
    w = np.array([[1.0, -2.0], [0.0, 3.0]])
    assert l1_penalty_forward(w)[0] == 6
    assert l2_penalty_forward(w)[0] == 7
    assert elastic_net_forward(w, l1=0.5, l2=0.2)[0] == pytest.approx(3 + 1.4)
    assert elastic_net_backward(2.0, elastic_net_forward(w, l1=0.5, l2=0.2)[1]).tolist() == [
        [2 * (0.5 + 0.2), 2 * (-0.5 - 0.4)],
        [0, 2 * (0.5 + 0.6)],
    ]


def test_gradients():
    check_gradients(l1_penalty_forward, l1_penalty_backward, {"w": W})
    check_gradients(l2_penalty_forward, l2_penalty_backward, {"w": W})
    check_gradients(elastic_net_forward, elastic_net_backward, {"w": W}, {"l1": 0.3, "l2": 0.7})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    w = W.astype(dtype)
    value, cache = elastic_net_forward(w, l1=0.1, l2=0.2)
    assert value.dtype == dtype
    assert value.shape == ()
    assert elastic_net_backward(1.0, cache).dtype == dtype
    assert elastic_net_proximal(w, lr=0.1, l1=0.1, l2=0.1).dtype == dtype


@QUICK
@given(
    v=st.floats(-5, 5),
    lr=st.floats(0.01, 2),
    l1=st.floats(0, 2),
    l2=st.floats(0, 2),
    other=st.floats(-6, 6),
)
def test_the_proximal_step_is_the_best_compromise(v, lr, l1, l2, other):
    def cost(w):
        return (w - v) ** 2 / (2 * lr) + l1 * abs(w) + l2 / 2 * w**2

    best = float(elastic_net_proximal(np.array([v]), lr=lr, l1=l1, l2=l2)[0])
    assert cost(best) <= cost(other) + 1e-9


def test_the_proximal_step_stops_at_zero_and_the_gradient_step_does_not():
    w = np.array([0.3, -0.05, 0.02, -1.0])
    lr, l1 = 0.5, 0.2
    slope = elastic_net_backward(1.0, elastic_net_forward(w, l1=l1, l2=0.0)[1])
    stepped, proximal = w - lr * slope, elastic_net_proximal(w, lr=lr, l1=l1, l2=0.0)
    assert np.any(np.sign(stepped) == -np.sign(w))
    assert proximal.tolist() == pytest.approx([0.2, 0.0, 0.0, -0.9])
    assert np.array_equal(proximal, soft_threshold(w, lr * l1))


@QUICK
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 6))
def test_of_all_weights_with_one_score_the_multiple_of_x_is_shortest(seed, size):
    rng = np.random.default_rng(seed)
    x, score = rng.standard_normal(size), rng.standard_normal()
    best = score * x / (x @ x)
    other = rng.standard_normal(size)
    other += (score - other @ x) / (x @ x) * x  # the same score
    assert other @ x == pytest.approx(best @ x)
    assert l2_penalty_forward(best)[0] <= l2_penalty_forward(other)[0] + 1e-12
    assert np.allclose(ridge_fit(x[None], np.array([score])), best)
    # and L1 puts everything on the largest entry
    sparse = np.zeros(size)
    k = np.abs(x).argmax()
    sparse[k] = score / x[k]
    assert l1_penalty_forward(sparse)[0] <= l1_penalty_forward(other)[0] + 1e-12


def test_l1_cannot_choose_between_the_lectures_two_weights():
    one, equal = np.array([1.0, 0, 0, 0]), np.full(4, 0.25)
    assert l1_penalty_forward(one)[0] == l1_penalty_forward(equal)[0] == 1
    assert l2_penalty_forward(one)[0] == 4 * l2_penalty_forward(equal)[0]
