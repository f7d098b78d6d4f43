"""Polynomials, ridge, the shortest solution, and gradient descent that stops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.regularization import descent_fit, polynomial_features, ridge_fit

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)


@QUICK
@given(seed=st.integers(0, 9999), n=st.integers(1, 7), d=st.integers(1, 9))
def test_ridge_solves_its_normal_equations(seed, n, d):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, d)), rng.standard_normal((n, 2))
    w = ridge_fit(x, y, l2=0.3)
    assert np.allclose(x.T @ (x @ w - y) + 0.3 * w, 0)
    assert np.allclose(ridge_fit(x, y[:, 0], l2=0.3), w[:, 0])


@QUICK
@given(seed=st.integers(0, 9999), n=st.integers(1, 7), d=st.integers(1, 9))
def test_without_a_price_it_is_the_shortest_of_the_best(seed, n, d):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, d)), rng.standard_normal(n)
    assert np.allclose(ridge_fit(x, y), np.linalg.lstsq(x, y, rcond=None)[0])
    assert np.allclose(ridge_fit(x, y, l2=1e-10), ridge_fit(x, y), atol=1e-4)


def test_rank_deficient_features_are_no_problem():
    x = np.array([[1.0, 1.0], [2.0, 2.0]])
    assert np.allclose(ridge_fit(x, np.array([2.0, 4.0])), [1, 1])


def test_descent_is_what_a_loop_does():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 8)), rng.standard_normal(5)
    w = np.zeros(8)
    for steps in range(30):
        assert np.allclose(descent_fit(x, y, lr=0.03, steps=steps), w)
        w = w - 0.03 * x.T @ (x @ w - y)
    assert np.allclose(descent_fit(x, y, lr=0.03, steps=100_000), ridge_fit(x, y))


def test_descent_leaves_small_singular_values_for_later_as_ridge_does():
    sizes = np.array([3.0, 1.0, 0.1])
    y = np.ones(3)
    stopped = descent_fit(np.diag(sizes), y, lr=0.05, steps=20) * sizes
    priced = ridge_fit(np.diag(sizes), y, l2=1 / (0.05 * 20)) * sizes
    assert np.all(np.diff(stopped) < 0)
    assert np.all(np.diff(priced) < 0)
    assert np.abs(stopped - priced).max() < 0.2


def test_legendre_polynomials_are_orthonormal_and_span_the_monomials():
    nodes, weights = np.polynomial.legendre.leggauss(12)
    features = polynomial_features(nodes, 6)
    gram = features.T @ (weights[:, None] / 2 * features)
    assert np.allclose(gram, np.eye(7))
    x = np.linspace(-1, 1, 9)
    monomials = polynomial_features(x, 3, basis="monomial")
    assert np.allclose(monomials, np.stack([x**k for k in range(4)], axis=1))
    basis = polynomial_features(x, 3)
    assert np.allclose(basis @ ridge_fit(basis, monomials), monomials)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    x = np.linspace(-1, 1, 6).astype(dtype)
    for basis in ("monomial", "legendre"):
        features = polynomial_features(x, 2, basis=basis)
        assert features.dtype == dtype
        assert ridge_fit(features, x, l2=0.1).dtype == dtype
        assert descent_fit(features, x, lr=0.01, steps=5).dtype == dtype


def test_errors():
    x, y = np.ones((3, 2)), np.ones(3)
    with pytest.raises(ValueError, match=r"got \(3, 2\) and \(4,\)"):
        ridge_fit(x, np.ones(4))
    with pytest.raises(ValueError, match="l2 must be at least 0 and finite, got -1"):
        ridge_fit(x, y, l2=-1.0)
    with pytest.raises(ValueError, match=r"lr must be at most 2 / σ² = 0\.333, got 1"):
        descent_fit(x, y, lr=1.0, steps=3)
    with pytest.raises(ValueError, match="steps must be at least 0, got -1"):
        descent_fit(x, y, lr=0.1, steps=-1)
    with pytest.raises(ValueError, match="degree must be at least 0, got -1"):
        polynomial_features(y, -1)
    with pytest.raises(ValueError, match=r"basis must be one of .*got 'fourier'"):
        polynomial_features(y, 2, basis="fourier")
