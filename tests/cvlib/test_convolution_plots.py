"""Every figure of the convolution room can be drawn, and its alt text is read off the data."""

import re

import numpy as np
import pytest

from cvlib.convolution import experiments, plots
from cvlib.figures import Plot

KERNEL = plots.numbered_kernel(3, 3)


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text, which the page must carry as well."""
    html = plot.to_html()
    assert "<figure" in html
    assert plot.alt
    return plot.alt


@pytest.fixture(scope="module")
def photo():
    rows, cols = np.mgrid[0:40, 0:60]
    return 0.5 + 0.3 * np.sin(rows / 3) * np.cos(cols / 5)


def test_the_gallery_says_what_each_filter_does_to_brightness(photo):
    blur, edges = np.full((3, 3), 1 / 9), np.array([[-1, 0, 1]] * 3)
    alt = drawn(plots.filter_gallery(photo, {"blur": blur, "edges": edges}))
    mean = plots.filter_image(photo, blur).mean()
    assert f"blur: mean {mean:.2f}" in alt
    assert "edges: mean" in alt


@pytest.mark.parametrize(("kernel", "words"), [(KERNEL, "half a turn"), (np.eye(3) + 1, "changed")])
def test_the_direction_figure_reads_the_turn_off_the_output(kernel, words):
    alt = drawn(plots.kernel_direction(kernel))
    turned = np.array_equal(kernel, kernel[::-1, ::-1])
    assert ("turned by half a turn" in alt) == (words == "half a turn" or turned)


def test_window_counts_are_the_coverage_a_loop_finds():
    expected = np.zeros((7, 9), dtype=int)
    for i in range(-1, 7 + 1 - 3 + 1, 2):
        for j in range(-1, 9 + 1 - 3 + 1, 2):
            expected[max(i, 0) : i + 3, max(j, 0) : j + 3] += 1
    assert np.array_equal(plots.window_counts((7, 9), (3, 3), stride=2, padding=1), expected)


def test_the_coverage_figure_counts_the_pixels_nobody_sees():
    alt = drawn(plots.coverage(8, [{"kernel": 3, "stride": 2}, {"kernel": 3, "padding": 1}]))
    assert "15 pixels of 64 never seen" in alt
    assert "4 to 9; corner 4, 0 pixels" in alt


def test_the_matrix_figure_reports_shape_and_sparsity():
    settings = {
        "padded": {"size": (5, 5), "kernel": (3, 3), "padding": 1},
        "strided": {"size": (6, 6), "kernel": (3, 3), "stride": 2},
    }
    alt = drawn(plots.convolution_matrices(settings))
    assert "padded: 25 by 25, 169 non-zero entries, 4 to 9 in a row, 0 empty columns" in alt
    assert "strided: 4 by 36, 36 non-zero entries, always 9 in a row, 11 empty columns" in alt


def test_one_matrix_alone_fills_the_figure():
    plot = plots.convolution_matrices({"A": {"size": (4, 4), "kernel": (3, 3)}})
    assert "A: 4 by 16" in drawn(plot)
    assert len(plot.figure.axes) == 1


@pytest.mark.parametrize(("groups", "blocks"), [(1, 16), (2, 8), (4, 4)])
def test_groups_leave_that_many_blocks(groups, blocks):
    setting = {"channels": (4, 4), "kernel": (3, 3), "padding": 1, "groups": groups}
    alt = drawn(plots.block_matrix({"layer": setting}, size=(3, 3)))
    assert f"{blocks} of the 16 blocks not zero" in alt


def test_the_two_matrices_have_the_shapes_they_claim():
    alt = drawn(plots.two_matrices(np.arange(1.0, 21).reshape(4, 5), KERNEL))
    assert "6 by 20 matrix of weights with 54 non-zero entries" in alt
    assert "6 by 9 matrix of pixels" in alt


def test_stamps_and_zero_insertion_show_the_same_output():
    y = np.array([[1.0, 2.0], [3.0, 4.0]])
    out = plots.spread_image(y, KERNEL, 2)
    assert f"from {out.min():g} to {out.max():g}" in drawn(plots.stamps(y, KERNEL, stride=2))
    alt = drawn(plots.zero_insertion(y, KERNEL, stride=2))
    assert "becomes 7 by 7" in alt
    assert "gives 5 by 5" in alt


def test_overlap_is_even_exactly_when_the_stride_divides_the_kernel():
    alt = drawn(plots.overlap_counts([(3, 2), (4, 2), (5, 3), (6, 3)]))
    spreads = re.findall(r"Kernel (\d), stride (\d): inside, ([^.]+)\.", alt)
    assert len(spreads) == 4
    for kernel, stride, spread in spreads:
        assert spread.startswith("always") == (int(kernel) % int(stride) == 0)


def test_ripple_is_the_spread_of_the_sublattice_means():
    board = np.tile([[1.0, 2.0], [2.0, 3.0]], (5, 5))
    assert plots.ripple(board, 2) == pytest.approx(1.0)
    assert plots.ripple(np.ones((9, 9)), 3) == 0
    assert "board: ripple 100.0 %" in drawn(plots.checkerboards({"board": board / 3}, stride=2))


def test_equivariance_maps_tell_rim_from_inside():
    nothing, rim, inside = np.zeros((9, 9)), np.zeros((9, 9)), np.zeros((9, 9))
    rim[:, 0], inside[4, 4] = 1, 1
    alt = drawn(plots.equivariance_error({"a": nothing, "b": rim, "c": inside}))
    assert "a: 0.0 % of pixels differ, nowhere" in alt
    assert "b: 11.1 % of pixels differ, only on the rim" in alt
    assert "c: 1.2 % of pixels differ, inside too" in alt


def test_equal_dilations_leave_gaps_and_growing_ones_do_not():
    alt = drawn(plots.dilated_reach([(2, 2, 2), (1, 2, 4)]))
    assert "dilations 2, 2, 2: reads 49 of the 169" in alt
    assert "dilations 1, 2, 4: reads 225 of the 225" in alt
    assert plots.reach_of((1, 1), 7, 3)[3].tolist() == [0, 3, 6, 9, 6, 3, 0]


def test_undoing_reports_the_error_it_measures():
    truth = np.full((8, 8), 0.5)
    alt = drawn(plots.deblurring({"truth": truth, "half": truth / 2}, truth))
    assert "half: relative error 50 %" in alt


def test_singular_values_report_the_condition():
    assert "over smallest 100." in drawn(plots.singular_values({"a": np.array([1.0, 0.1, 0.01])}))
    assert "or more" in drawn(plots.singular_values({"a": np.array([1.0, 0.0])}))


def test_the_interval_covers_the_mean_of_log_normal_samples_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        _, low, high = plots.interval(np.exp(rng.standard_normal(10)))
        hits += low < 1 < high
    # five standard errors of a share of 95 % in 2,000
    assert abs(hits / 2000 - 0.95) < 0.0244


def test_the_penalty_is_chosen_on_the_validation_part():
    x, z = np.random.default_rng(0).standard_normal((2, 1, 30, 5))
    sums = np.ones((5, 1))
    truth, nothing = (z, z @ sums), (z, np.zeros((1, 30, 1)))
    # without noise the least penalty is right, unless validation says that the answer is always 0
    assert experiments.ridge_error((x, x @ sums), truth, truth) < 1e-6
    assert experiments.ridge_error((x, x @ sums), nothing, truth) > 0.1


def test_needed_reads_and_continues_straight_lines_on_logarithmic_axes():
    errors = np.array([[1, 0.1, 0.01], [0.01, 1, 0.1], [1e-3, 1e-4, 1e-5]])
    curves = experiments.LearningCurves((1, 10, 100), {"a": errors}, {"a": 1})
    found = curves.needed("a", 10**-1.5)
    np.testing.assert_allclose(found, [10**1.5, 10**2.5, 1])


def test_learning_curves_rank_the_three_models(photo):
    rng = np.random.default_rng(1)
    noisy = photo + 0.1 * rng.standard_normal(photo.shape)
    curves = experiments.learn_a_filter(
        noisy, noisy.T, sizes=(5, 400), seeds=range(3), patch=8, test_patches=100
    )
    assert list(curves.parameters.values()) == [9, 324, 2304]
    shared, local, dense = (plots.interval(curves.errors[n][:, 1])[0] for n in experiments.MODELS)
    # the unknowns are in the ratios 1 : 36 : 256
    assert 3 * shared < local
    assert 2 * local < dense
    alt = drawn(plots.priors({"plain": curves}, {8: curves}, error=0.1))
    assert alt.count("patches.") == 3
    assert "counted 36.0." in alt
    assert "counted 7.1." in alt


def test_rank_one_share_is_one_for_products_and_half_for_a_diagonal_pair():
    product = np.outer([1.0, 2, 1], [1, 0, -1])
    assert experiments.rank_one_share(product) == pytest.approx(1)
    assert experiments.rank_one_share(np.eye(2)) == pytest.approx(0.5)
    bank = np.stack([product, np.eye(3)])
    assert "from 33 % to 100 %" in drawn(plots.rank_one_filters(bank, shown=2))


def test_learned_filters_are_unit_and_reproducible(photo):
    noisy = photo + 0.05 * np.random.default_rng(2).standard_normal(photo.shape)
    first, second = (
        experiments.learn_filters([noisy], count=8, size=5, patches=400, seed=3) for _ in range(2)
    )
    assert first.shape == (8, 5, 5)
    assert np.allclose(np.linalg.norm(first, axis=(1, 2)), 1)
    assert np.array_equal(first, second)
