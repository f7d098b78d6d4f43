"""Every figure of the normalization room can be drawn, and its alt text is read off the data."""

import numpy as np
import pytest

from cvlib.figures import Plot
from cvlib.normalization import plots
from cvlib.normalization.experiments import DecayStudy, Staleness, facts

RNG = np.random.default_rng(7)


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text, which the page must carry as well."""
    html = plot.to_html()
    assert "<figure" in html
    assert plot.alt
    return plot.alt


def test_index_sets_count_images_channels_and_pixels():
    column, one = np.zeros((2, 4, 3, 3, 2), bool)
    column[:, 1] = True
    one[2, 0:2, 1, 0] = True
    alt = drawn(plots.index_sets({"column": column, "one": one}, (2, 1, 1, 0)))
    assert "column: 4 of 4 images, 1 of 3 channels, all pixels, 24 numbers." in alt
    assert "one: 1 of 4 images, 2 of 3 channels, one pixel, 2 numbers." in alt


def test_signals_say_where_they_end():
    plain = np.array([[1.0, 0.5, 0.25], [1.0, 2.0, 4.0]])
    alt = drawn(plots.signal_by_depth((0.5, 2.0), plain, np.ones((2, 3))))
    assert "Signals through 2 layers" in alt
    assert "plain, weights times 0.5: spread 0.25" in alt
    assert "normalized, weights times 2: spread 1" in alt


def test_the_projection_has_two_eigenvalues_near_zero():
    x = RNG.standard_normal(9)
    alt = drawn(plots.projection(x, facts.jacobian(x)))
    assert "7 eigenvalues near 1 and 2 near 0" in alt


def test_rivals_keep_shares():
    alt = drawn(plots.rivalry(np.array([1.0, 2.0, 4.0]), np.array([0.9, 1.0, 1.0])))
    assert "Channel 0 keeps 90% of its response, channel 2 25%" in alt


def test_styles_give_means_and_spreads():
    photo = np.full((4, 6, 3), [0.1, 0.5, 1.2])
    alt = drawn(plots.styles({"flat": photo}))
    assert "flat: mean of red, green and blue 0.10, 0.50, 1.20, spread 0.00, 0.00, 0.00." in alt


def test_learning_rates_name_the_best_and_the_range():
    errors = {
        "good": np.array([[0.2, 0.21], [0.05, 0.06], [0.07, 0.05], [0.9, 0.9]]),
        "bad": np.full((4, 2), 0.9) + RNG.uniform(0, 0.01, (4, 2)),
    }
    alt = drawn(plots.learning_rates(errors, (0.1, 0.3, 1.0, 3.0)))
    assert "good: best 5.5 % at 0.3, below 10 % from 0.3 to 1." in alt
    assert "bad: best" in alt
    assert "never below 10 %" in alt


def test_batch_sizes_list_every_error():
    curves = {"batch": np.array([[0.5, 0.52], [0.02, 0.03]])}
    alt = drawn(plots.batch_sizes(curves, (2, 64), {"group": np.array([0.05, 0.04])}))
    assert "batch: 51.0 % at 2, 2.5 % at 64." in alt
    assert "group: 4.5 %." in alt


def test_errors_by_statistics_report_intervals():
    errors = {"alone": np.array([0.9, 0.92]), "together": np.array([0.1, 0.1])}
    alt = drawn(plots.errors_by_statistics(errors))
    assert "alone: 91.0 ± 12.7 %." in alt
    assert "together: 10.0 ± 0.0 %." in alt


def test_staleness_compares_the_two():
    result = Staleness((5, 10), np.array([[0.6, 0.7], [0.3, 0.3]]), np.array([[0.4, 0.4]] * 2))
    alt = drawn(plots.staleness(result))
    assert "After 5 steps 65 % and 40 %. After 10 steps 30 % and 40 %." in alt


def test_decay_states_prediction_and_measurement():
    nines, tenths = np.full((100, 2, 2), 9.0), np.full((99, 2, 2), 0.1)
    study = DecayStudy(0.5, (0.0, 0.04), nines, tenths, nines, np.zeros((2, 2)))
    alt = drawn(plots.decay(study))
    assert "Decay 0.04: squared length from 9 to 9, 5.7 degrees a step at the end" in alt
    assert "predicted 11.5" in alt


def test_mean_spread_states_what_an_image_is_worth():
    sizes = (1, 4)
    alt = drawn(plots.mean_spread(sizes, {"deep": np.array([0.5, 0.25])}, {"deep": 4.0}, 64))
    assert "deep: the mean of 1 image wanders by 0.5 σ, of 4 by 0.25 σ" in alt
    assert "as if an image had 4 independent pixels" in alt


@pytest.mark.parametrize("name", plots.__all__)
def test_every_public_figure_is_documented(name):
    assert getattr(plots, name).__doc__
