"""Every figure of the room can be drawn, and its alt text is read off the data."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from cvlib.architecture_search import all_codes, decode_stage, parse_code, plots
from cvlib.architecture_search.experiments import Table, networks
from cvlib.architecture_search.experiments.salesman import SalesmanStudy
from cvlib.architecture_search.experiments.searches import Searches
from cvlib.figures import Plot


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text."""
    assert "<figure" in plot.to_html()
    return plot.alt


def test_a_network_is_told_stage_by_stage():
    alt = drawn(plots.network("1-00-111 0-10-000-0011 0-00"))
    assert (
        "Stage 1, 4 nodes, connections 1 to 2, 1 to 4, 2 to 4, 3 to 4; the input feeds 1, 3; the "
        "output adds 4." in alt
    )
    assert "the input feeds 1, 4; the output adds 5; left out: 2." in alt
    assert "Stage 3, 3 nodes, no connection: one convolution." in alt


def test_each_connection_is_one_arrow():
    for code in [*all_codes((2, 3)), parse_code("1-11-111-1111-11111"), ((),)]:
        plot = plots.network(code)
        graphs = [decode_stage(stage) for stage in code]
        arrows = [
            p for ax in plot.figure.axes for p in ax.patches if isinstance(p, FancyArrowPatch)
        ]
        wanted = sum(len(g.edges) + len(g.sources) + len(g.sinks) for g in graphs)
        assert len(arrows) == wanted
        names = [t.get_text() for ax in plot.figure.axes for t in ax.texts]
        assert len(names) == sum(g.nodes + 2 for g in graphs)


def test_arrows_stay_in_the_picture():
    plot = plots.network("1-11-111-1111")
    plot.to_html()
    ax = plot.figure.axes[0]
    box = ax.get_window_extent()
    for patch in ax.patches:
        assert isinstance(patch, FancyArrowPatch)
        path = patch.get_path().vertices
        assert path is not None
        y = ax.transData.transform(np.asarray(path))[:, 1]
        assert y.max() <= box.y1 + 1e-6 + (y.max() - y.min()) / 2  # a control point, twice as high


def test_tours_are_told_with_their_lengths():
    square = np.array([[0.0, 0], [0, 1], [1, 1], [1, 0]])
    paths = {"round": (0, 1, 2, 3), "cross": (0, 2, 1, 3)}
    alt = drawn(plots.tours(square, paths))
    assert "round, length 4.00: 0 1 2 3 0; cross, length 4.83: 0 2 1 3 0." in alt
    alt = drawn(plots.tours(square, paths, closed=False))
    assert "Open paths through 4 towns. round, length 3.00: 0 1 2 3;" in alt


def test_arms_are_told():
    study = SalesmanStudy(2.0, {"a": np.array([1, 1, 1.2, 1.4]), "b": np.array([1.1, 1, 1.1, 1])},
                          (0, 1, 2, 3))  # fmt: skip
    alt = drawn(plots.salesman_arms(study))
    assert "4 runs each. a: found in 50 % of the runs, 15.0 % longer on average; b: found" in alt


def test_the_table_names_the_best_and_the_worst():
    codes = networks()
    test = np.linspace(0.95, 0.99, 36)[:, None] + [[-0.005, 0.005]]
    table = Table(codes, (0, 1), test, test)
    alt = drawn(plots.table_of_networks(table))
    assert "of 36 networks over 2 seeds" in alt
    assert "median 3.0, best 1-11 1-11 at 1.0, worst 0-00 0-00 at 5.0." in alt


def searches(shift: float) -> Searches:
    """Three groups of two searches with simple numbers."""
    base = np.array([[0.9, 0.9], [0.91, 0.91], [0.92, 0.92]])
    climb = base[..., None] + shift * np.arange(3)
    return Searches(base + shift, base, base + 0.02, base + 0.03, base + 0.05, base, climb, base)


def test_searches_are_told():
    found = {"r − r_min": searches(0.02), "r": searches(0.0)}
    alt = drawn(plots.climbs(found))
    assert "r − r_min: from 91.00 to 95.00 %; r: from 91.00 to 91.00 %." in alt
    alt = drawn(plots.gains(found))
    assert "r − r_min: mean of the population 2.00 ± 0.00, best −1.00 ± 0.00; r: mean" in alt
    alt = drawn(plots.winners_curse({1: searches(0.02), 3: searches(0)}))
    assert "1 training: 96.00 when chosen, 91.00 from fresh seeds; 3 trainings: 96" in alt


def test_an_empty_text_is_no_network():
    with pytest.raises(ValueError, match="at least one stage"):
        plots.network("")
