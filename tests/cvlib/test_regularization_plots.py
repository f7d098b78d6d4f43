"""Every figure of the regularization room can be drawn, and its alt text is read off the data."""

import numpy as np
import pytest

from cvlib.figures import Plot
from cvlib.intervals import Interval
from cvlib.regularization import plots
from cvlib.regularization.experiments import Ensemble, Stops
from cvlib.regularization.experiments.choice import FoldStudy, SelectionStudy


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text."""
    assert "<figure" in plot.to_html()
    return plot.alt


def test_fits_report_their_two_errors():
    alt = drawn(plots.fits([1, 11], seed=0))
    assert "Degree 11: root mean square distance 0.00 from the points" in alt
    assert "l2 = 0.1" in drawn(plots.fits([11], seed=0, l2=[0.1]))


def test_error_curves_name_the_least():
    seen = np.array([[1.0, 0.5, 0.1], [1.2, 0.6, 0.2]])
    unseen = np.array([[1.0, 0.3, 0.9], [1.1, 0.4, 0.8]])
    alt = drawn(plots.error_curves([0, 1, 2], seen, unseen, label="degree", log=False))
    assert "on the points: least, 0.14, at 2" in alt
    assert "against the truth: least, 0.35, at 1" in alt


def test_exact_fits_leave_a_logarithmic_scale():
    seen = np.array([[1.0, 1e-14], [1.0, 1e-15]])
    alt = drawn(plots.error_curves([1, 2], seen, seen + 1, label="price", log=True))
    assert "on the points: least, 1, at 1" in alt


def test_the_second_descent_names_its_peak():
    errors = {"smooth": np.array([[1.0, 9.0, 0.5], [1.1, 8.0, 0.6]])}
    alt = drawn(plots.second_descent([2, 11, 30], errors, count=12))
    assert "smooth: largest, 8.5, at 12 coefficients; 0.55 at 31." in alt


def test_geometric_interval_and_signs():
    centre, low, high = plots.geometric(np.array([1.0, 4.0]))
    assert centre == pytest.approx(2)
    assert low < 2 < high
    assert plots.signed(Interval(-1.26, 0.3, 5), 1) == "−1.3 ± 0.3"
    assert plots.signed(Interval(0.5, 0.25, 5)) == "+0.50 ± 0.25"


def test_the_cheapest_weights_are_one_point_or_a_segment():
    alt = drawn(plots.cheapest([(1, 1), (1, 2)]))
    assert "least L2 is at (0.5, 0.5) and the least L1, 1, at every point of a segment" in alt
    assert "least L2 is at (0.2, 0.4) and the least L1, 0.5, at only (0, 0.5)" in alt


def test_shrinkage_counts_what_becomes_zero():
    alt = drawn(plots.shrinkage({"L1": (0.5, 0.0), "L2": (0.0, 1.0)}))
    assert "L1: 2 becomes 1.5, 25 % of the range becomes 0" in alt
    assert "L2: 2 becomes 1, 0 % of the range becomes 0" in alt


def test_galleries_say_how_far_pictures_are_apart():
    x = np.full((1, 3, 6, 8), 0.5)
    alt = drawn(plots.gallery({"first": x, "darker": x / 2, "cut": x[..., :4, :4]}))
    assert "darker: mean 0.25, on average 0.25 from the first" in alt
    assert "cut: 4 by 4 pixels" in alt
    assert "off: root mean square distance 0.250" in drawn(plots.attempts({"off": x / 2}, x))
    assert plots.as_picture(x[0, :1]).shape == (6, 8)


def test_digit_pairs_tell_the_answers():
    x = np.zeros((2, 1, 8, 8))
    alt = drawn(plots.digit_pairs(x, x, np.array([3, 8]), np.array([5, 8]), "mirrored"))
    assert "3 is called 5, 8 is called 8" in alt


def test_bars_by_class():
    changes = {0: Interval(-2.0, 0.5, 9), 1: Interval(0.1, 0.5, 9), 2: Interval(1.0, 0.2, 9)}
    alt = drawn(plots.by_class(changes, ylabel="change"))
    assert "0: −2.0 ± 0.5, 1: +0.1 ± 0.5, 2: +1.0 ± 0.2" in alt


def test_the_histogram_of_an_ensemble():
    single = np.stack([np.linspace(10, 80, 16), np.zeros(16)])
    scaled, mean = np.array([82.0, 10.0]), np.array([83.0, 10.0])
    e = Ensemble(single, scaled, mean, scaled, np.zeros(2), np.full(2, 0.1))
    alt = drawn(plots.ensemble_histogram({"ten": e}))
    assert "ten: 16 networks from 10 to 80 %, on average 45 %; without dropout 82.0 %" in alt


def test_losses_margins_and_stops():
    rng = np.random.default_rng(0)
    losses = np.exp(-np.arange(5.0))[:, None] * rng.uniform(0.9, 1.1, (5, 4))
    assert "after 3" in drawn(plots.training_losses({"a": losses}, shown=3))
    assert "a: median 2.0" in drawn(plots.margins({"a": np.array([1.0, 2.0, 3.0])}, bound=4.5))
    loss = np.array([[3.0, 3.1], [1.0, 1.1], [2.0, 2.1]])
    right = np.array([[50.0, 51.0], [80.0, 81.0], [70.0, 71.0]])
    one = np.array([80.0, 81.0])
    r = Stops(one, one, one, one, one, {"held-out loss": loss, "test accuracy": right})
    alt = drawn(plots.stops({"wrong": r}))
    assert "lowest at epoch 2; test accuracy there 80.5 %, at the end 70.5 %" in alt


def test_the_forest_shows_every_gain():
    tables = {
        "few": {"a": Interval(1.0, 0.5, 9), "b": Interval(-1.0, 0.5, 9)},
        "many": {"a": Interval(0.1, 0.5, 9)},
    }
    alt = drawn(plots.forest(tables))
    assert "few, a: +1.00 ± 0.50. few, b: −1.00 ± 0.50. many, a: +0.10 ± 0.50." in alt


def test_choices():
    surface = np.outer(np.linspace(0, 90, 8), np.ones(8))
    grid = np.array([[x, y] for x in (0.2, 0.5, 0.8) for y in (0.2, 0.5, 0.8)])
    random = np.random.default_rng(0).random((9, 2))
    alt = drawn(plots.search_map(surface, grid, random))
    assert "varies by 90 points along the learning rate and by 0 along the strength" in alt
    assert "grid: 9 trials, 3 different learning rates" in alt
    assert "random: 9 trials, 9 different learning rates" in alt
    truth = np.array([80.0, 82.0, 84.0])
    folds = FoldStudy(truth, {5: truth - [2.0, 3.0, 4.0]})
    assert "5 folds: bias -3.0" in drawn(plots.fold_errors(folds))
    half = np.array([49.0, 51.0])
    luck = SelectionStudy({1: half, 100: half + 14}, half, half)
    assert "1: 50.0 ± 12.7; 100: 64.0 ± 12.7" in drawn(plots.best_of_many(luck))
    both = (np.array([80.0, 81.0]), np.array([82.0, 83.5]))
    assert "two: +2.25 ±" in drawn(plots.advantage({"two": both}))
