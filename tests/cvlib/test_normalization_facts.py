"""The chapter's small computations: exact where a theorem says so."""

import numpy as np
import pytest

from cvlib.normalization import layer_norm_backward, layer_norm_forward
from cvlib.normalization.experiments import facts
from cvlib.normalization.reference.local_response import (
    local_response_norm_backward,
    local_response_norm_forward,
)


def test_influence_finds_what_an_output_depends_on():
    shape = (2, 3, 2, 2)
    mask = facts.influence(
        lambda x: layer_norm_forward(x, np.ones(shape[1:]), None),
        layer_norm_backward,
        shape,
        (1, 0, 0, 0),
        np.random.default_rng(0),
    )
    assert mask[1].all()
    assert not mask[0].any()
    mask = facts.influence(
        lambda x: local_response_norm_forward(x, size=3, alpha=1.0),
        local_response_norm_backward,
        (1, 5, 1, 1),
        (0, 4, 0, 0),
        np.random.default_rng(0),
    )
    assert mask.ravel().tolist() == [False, False, False, True, True]


def test_a_signal_keeps_its_spread_only_at_gain_one_or_normalized():
    gains = (0.5, 1.0, 2.0)
    options = {"depth": 8, "width": 100, "count": 100}
    plain, normalized = (
        facts.signal_depth(gains, normalized=on, rng=np.random.default_rng(2), **options)
        for on in (False, True)
    )
    assert plain.shape == (3, 9)
    assert np.allclose(plain[:, -1] / plain[1, -1], np.array(gains) ** 8)
    assert np.allclose(normalized[0], normalized[2], rtol=1e-2)
    assert np.all(np.abs(normalized[:, 1:] - np.sqrt(0.5 - 0.5 / np.pi)) < 0.05)


@pytest.mark.parametrize(("m", "kurtosis"), [(2, 3.0), (16, 3.0), (5, 1.8)])
def test_the_variance_of_a_batch_varies_as_cramer_says(m, kurtosis):
    rng = np.random.default_rng(3)
    size = (200_000, m)
    # variance 4: Gaussian, or uniform with kurtosis 9/5
    drawn = 2 * rng.standard_normal(size) if kurtosis == 3 else rng.uniform(-1, 1, size) * 12**0.5
    measured = drawn.var(axis=1)
    assert np.isclose(measured.mean(), 4 * (m - 1) / m, rtol=0.01)
    assert np.isclose(measured.var(), facts.variance_of_variance(m, 4.0, kurtosis), rtol=0.03)


def test_an_image_counts_for_its_independent_pixels():
    rng = np.random.default_rng(4)
    independent = rng.standard_normal((4000, 1, 4, 4))
    constant = np.broadcast_to(rng.standard_normal((4000, 1, 1, 1)), (4000, 1, 4, 4))
    halves = np.repeat(rng.standard_normal((4000, 1, 4, 2)), 2, axis=3)
    found = [facts.independent_pixels(maps).item() for maps in (independent, constant, halves)]
    assert np.allclose(found, [16, 1, 8], rtol=0.1)


def test_the_batch_mean_wanders_as_the_theorem_says():
    rng = np.random.default_rng(5)
    maps = rng.standard_normal((300, 2, 3, 3)) + rng.standard_normal((300, 2, 1, 1))
    sizes = (1, 4, 16)
    measured = facts.batch_mean_spread(maps, sizes, draws=20_000, rng=rng)
    predicted = 1 / np.sqrt(np.array(sizes)[:, None] * facts.independent_pixels(maps))
    assert np.allclose(measured, predicted, rtol=0.03)


def test_angles_between_steps():
    turn = np.array([[[1.0, 0.0]], [[0.0, 2.0]], [[0.0, 5.0]], [[-1e-8, 1.0]]])
    assert np.allclose(facts.angles(turn).ravel(), [np.pi / 2, 0, 1e-8], rtol=1e-6)
