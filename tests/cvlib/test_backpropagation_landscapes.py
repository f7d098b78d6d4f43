"""The experiments on landscapes: their derivatives, critical points, and where descent is stuck."""

import numpy as np
import pytest

from cvlib.training import experiments
from cvlib.training.experiments.saddles import Surface, small_problem
from cvlib.training.experiments.width import descend, network, taught


def test_random_symmetric_matrices_are_as_rarely_positive_as_known():
    shares, errors = experiments.share_all_positive((1, 2, 3), draws=20_000)
    exact = [experiments.EXACT_ALL_POSITIVE[n] for n in (1, 2, 3)]
    assert np.all(np.abs(shares - exact) < 4 * errors)
    shifted, _ = experiments.share_all_positive((10,), draws=500, shift=2.0)
    assert shifted[0] > 0.99


def test_critical_points_are_minima_maxima_or_saddles_and_nothing_undecided():
    points = experiments.critical_points(hidden=2, runs=8, steps=40)
    assert len(points.loss) >= 2
    assert points.eigenvalues.shape == (len(points.loss), 9)
    assert np.all(np.diff(points.eigenvalues, axis=1) >= 0)
    assert np.all(np.abs(points.eigenvalues) > 1e-6)
    assert np.all(points.loss > 0)
    assert np.array_equal(points.minima, points.index == 0)


def test_gradient_and_hessian_of_the_surface_are_its_derivatives():
    surface = Surface(*small_problem(seed=1), 3, 0.01)
    w = np.random.default_rng(0).standard_normal((2, 13))
    steps = 1e-5 * np.eye(13)
    slopes = [(surface.loss(w + s) - surface.loss(w - s)) / 2e-5 for s in steps]
    assert np.allclose(np.transpose(slopes), surface.gradient(w), atol=1e-8)
    bends = [(surface.gradient(w + s) - surface.gradient(w - s)) / 2e-5 for s in steps]
    assert np.allclose(np.swapaxes(bends, 0, 1), surface.hessian(w), atol=1e-7)


def test_a_student_as_wide_as_its_teacher_can_reach_zero():
    rng = np.random.default_rng(0)
    x, y = taught(2, rng)
    assert y.mean() == pytest.approx(0, abs=1e-12)
    assert y.std() == pytest.approx(1)
    errors = descend(x, y, 3, 10, rng)
    assert errors.min() < 1e-6
    shares = experiments.share_stuck([2], [2], starts=5, seeds=(0, 1))
    assert shares.shape == (1, 2)
    assert np.all((shares >= 0) & (shares <= 1))


def test_the_students_jacobian_is_the_derivative_of_its_residual():
    rng = np.random.default_rng(2)
    x, y = taught(2, rng)
    w, step = rng.standard_normal((1, 9)), 1e-6 * rng.standard_normal(9)
    _, before, jacobian = network(w, x, y, 2)
    _, after, _ = network(w + step, x, y, 2)
    assert np.allclose(after - before, jacobian @ step, atol=1e-10)
