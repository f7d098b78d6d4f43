"""Every figure of the second-order room can be drawn, and its alt text is read off the data."""

import numpy as np
import pytest

from cvlib.figures import Plot
from cvlib.second_order import plots, survival_probabilities
from cvlib.second_order.experiments import Growth, Trained


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text, which the page must carry as well."""
    html = plot.to_html()
    assert "<figure" in html
    assert plot.alt
    return plot.alt


def test_growth_says_what_is_dead_and_what_has_overflowed():
    sizes = {
        "tame": np.array([[1.0, 2.0], [1.0, 3.5]]),
        "dead": np.array([[1.0, 0.0], [1.0, 1e-30]]),
        "wild": np.array([[1.0, np.inf], [1.0, np.inf]]),
    }
    alt = drawn(plots.growth(Growth((0, 54), sizes)))
    assert "after 54 untrained blocks" in alt
    assert "tame: 2 to 3.5. dead: dead. wild: overflowed." in alt
    assert "dashed line" in alt
    assert "dashed" not in drawn(plots.growth(Growth((0, 54), {"tame": sizes["tame"]})))


def test_training_reports_intervals_and_losses():
    result = Trained(
        30,
        {"sum": np.full((2, 30), 0.5), "product": np.full((2, 30), 2.0)},
        {"sum": np.array([0.02, 0.04]), "product": np.array([0.7, 0.7])},
    )
    alt = drawn(plots.training(result))
    assert "after 30 steps" in alt
    assert "sum: error 3.0 ± 12.7 %, training loss 0.5 at the end." in alt
    assert "product: error 70.0 ± 0.0 %, training loss 2 at the end." in alt


def test_bytes_are_told_in_units_of_the_first():
    alt = drawn(plots.kept_bytes({"sum": 2000, "root": 3300}))
    assert "root: 3,300 bytes, 1.65 times those of the sum." in alt


def test_terms_say_where_they_are_curved():
    alt = drawn(plots.terms(("max", "product", "rectified_root_product"), count=41))
    assert "max: from -2 to 2, flat but for creases." in alt
    assert "product: from -4 to 4, curved in 100% of the square." in alt
    assert "rectified root product: from 0.1 to 2, curved in 2" in alt  # one quadrant of four


def test_slopes_are_bounded_by_eps():
    alt = drawn(plots.root_slopes((1e-2, 1e-4)))
    assert "ε = 0.01: a slope of 6 at 1e-08" in alt
    assert "ε = 0.0001: a slope of 51 at 1e-08" in alt


def test_survival_adds_up():
    alt = drawn(plots.survival(survival_probabilities(54)))
    assert "from 0.99 to 0.50; on average 40.25 blocks are" in alt


def test_the_mirror_names_where_the_largest_number_went():
    patch = np.zeros((8, 8))
    patch[:2, :2] = 0.5, 1
    # the strongest change is from column 1 to column 3: down, so it points to the left, in the
    # second column of cells; mirrored it points to the right, in the third
    alt = drawn(plots.mirror(patch))
    assert "row 0, column 1, at 180° and row 0, column 2, at 0°" in alt


@pytest.mark.parametrize("name", plots.__all__)
def test_every_public_figure_is_documented(name):
    assert getattr(plots, name).__doc__
