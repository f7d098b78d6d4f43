"""The figures of the chapter on backpropagation: drawn, with alt text that is read off the data."""

import numpy as np
import pytest

from cvlib.activations import plots as activation_plots
from cvlib.figures import Plot
from cvlib.layers import Value
from cvlib.layers import plots as layer_plots
from cvlib.optim import SGD, constant, cosine, step_decay
from cvlib.training import plots
from cvlib.training.experiments.depth import Signals
from cvlib.training.experiments.descent import Sweep, ravine, walk
from cvlib.training.experiments.saddles import CriticalPoints
from cvlib.training.experiments.stopping import Stop, StoppingRun
from cvlib.training.history import History


def drawn(plot: Plot) -> str:
    """Render the figure and return its alt text, which the page must carry as well."""
    html = plot.to_html()
    assert "<figure" in html
    assert plot.alt
    return plot.alt


def test_the_graph_shows_every_number_and_its_gradient():
    x, y = Value(2, name="x"), Value(-3, name="y")
    product = x * y
    product.name = "p"
    result = (product + x).relu() + product * product
    result.backward()
    plot = layer_plots.graph(result)
    alt = drawn(plot)
    nodes = result.ancestors()
    assert f"graph of {len(nodes)} nodes" in alt
    for node in nodes:
        assert f"{node.data:.3g}, gradient {node.grad:.3g}" in alt
    slopes = [text.get_text() for text in plot.figure.axes[0].texts]
    assert slopes.count("-6") >= 2  # p's value, and both slopes of p · p


def test_no_two_nodes_of_a_graph_share_a_place():
    a = Value(1.0, name="a")
    b = a * a
    result = ((a + b) * b + a) * (b + 1)
    from cvlib.layers.plots.graph import _places

    places = _places(result)
    assert len(set(places)) == len(places) == len(result.ancestors())
    for parent, child, _ in result.edges():
        assert places[parent][0] < places[child][0]


def test_pooling_routes_count_who_gets_a_share():
    image = np.arange(16.0).reshape(4, 4)
    alt = drawn(layer_plots.pooling_routes(image, np.ones((2, 2))))
    assert "max: 4 of 16" in alt
    assert "average: 16 of 16" in alt


def test_difference_errors_name_the_best_step():
    steps = [1e-6, 1e-4, 1e-2]
    alt = drawn(layer_plots.difference_errors(steps, {"central": np.array([1e-5, 1e-9, 1e-4])}))
    assert "central: best at h = 1e-04, error 1e-09" in alt


def test_the_table_of_checks_counts_who_is_fooled():
    verdicts = {
        "right": {"sum": np.array([True, True]), "ours": np.array([True, True])},
        "zero": {"sum": np.array([True, True]), "ours": np.array([False, False])},
        "twice": {"sum": np.array([True, False]), "ours": np.array([False, False])},
    }
    plot = layer_plots.fooled(verdicts, right=["right"])
    assert "sum is fooled by 2 of 2; ours is fooled by 0 of 2" in drawn(plot)
    words = [text.get_text() for text in plot.figure.axes[0].texts]
    assert sorted(words) == ["accepts"] * 3 + ["accepts\n1 of 2"] + ["objects"] * 2


def test_the_table_of_checks_counts_a_false_alarm_too():
    one = {"sum": np.array([False])}
    alt = drawn(layer_plots.fooled({"right": one, "zero": one}, ["right"]))
    assert "sum is fooled by 1 of 1" in alt


def test_activation_curves_measure_the_saturated_share():
    shown = {"sigmoid": ("sigmoid", {}), "leaky": ("leaky_relu", {"slope": 0.3})}
    alt = drawn(activation_plots.curves(shown))
    assert "sigmoid: slope from 0.00665 to 0.25" in alt
    assert "leaky: slope from 0.3 to 1, below 0.05 for 0 %" in alt


def test_revivals_report_the_last_epoch():
    off = {"ReLU": np.ones((3, 5)), "slope 0.1": np.tile([1, 1, 0.5, 0.5, 0.4], (3, 1))}
    alt = drawn(activation_plots.revivals(off))
    assert "ReLU: 100 % still off after 4 epochs" in alt
    assert "slope 0.1: 40 % still off" in alt


def test_depth_reads_signal_and_gradient_off_the_ends():
    signals = Signals("half", np.full((2, 4), 0.5) ** np.arange(4), np.ones((2, 4)))
    alt = drawn(plots.depth({"a": [signals], "b": [signals]}))
    assert alt.count("half: signal at the top 1.3e-01, gradient at the bottom 1.0e+00") == 2


def test_forgotten_pieces_are_bars_and_zero_is_exact():
    plot = plots.forgotten({"nothing": 0.0, "order": 0.0123})
    assert "nothing: 0 %; order: 1.2 %" in drawn(plot)
    assert "exactly 0" in [text.get_text() for text in plot.figure.axes[0].texts]


def test_paths_count_the_steps_until_a_walk_stays_close():
    walks = {
        "fast": walk(lambda p: SGD(p, 0.5), ravine(1), (1, 1), 20),
        "slow": walk(lambda p: SGD(p, 0.001), ravine(1), (1, 1), 20),
    }
    alt = drawn(plots.paths(walks, lambda x, y: x**2 + y**2, x=(-1, 1), y=(-1, 1)))
    assert "fast: 4 steps" in alt  # √2 / 2⁴ < 0.1
    assert "slow: not in 20 steps" in alt


@pytest.mark.parametrize(
    ("distances", "steps"), [([9, 0.05, 0.05], 1), ([9, 0.05, 9], None), ([0.01, 0.01, 0.02], 0)]
)
def test_close_means_to_stay(distances, steps):
    points = np.array([[d, 0.0] for d in distances])
    assert plots.steps_until_close(points, [(0.0, 0.0)], 0.1) == steps


def test_convergence_fits_the_power():
    conditions = (4, 16, 64)
    alt = drawn(plots.convergence(conditions, {"root": np.array([20, 40, 80])}))
    assert "root: from 20 to 80 steps, like κ to the 0.50" in alt


def test_the_sweep_names_the_best_rate():
    sweep = Sweep((0.01, 0.1, 1.0), {"SGD": np.array([[1.0, 1.2], [0.3, 0.5], [100, 100]])})
    assert "SGD: lowest, 0.4, at 0.1" in drawn(plots.sweep(sweep))


def test_batch_noise_leaves_out_the_full_batch():
    alt = drawn(plots.batch_noise((1, 4, 10), np.array([9.0, 2.0, 0]), np.array([9.1, 2.1, 0])))
    assert "B = 1: 9. B = 4: 2." in alt
    assert "B = 10" not in alt


def test_all_positive_says_the_shares():
    alt = drawn(plots.all_positive((1, 2, 4), np.array([0.5, 0.15, 0.003]), np.full(3, 1e-3)))
    assert "n = 1: 50 %. n = 2: 15 %. n = 4: 0.3 %." in alt


def test_heights_count_minima_and_correlate():
    points = CriticalPoints(
        np.array([0.1, 0.2, 0.5, 0.9]),
        np.array([[1.0, 2], [1, 2], [-1, 2], [-2, -1]]),
    )
    assert points.index.tolist() == [0, 0, 0.5, 1]
    assert plots.correlation(points) == pytest.approx(
        np.corrcoef([0, 0, 0.5, 1], points.loss)[0, 1]
    )
    alt = drawn(plots.heights([points]))
    assert "4 critical points of 1 small networks; 2 are minima" in alt
    assert "from 0.10 to 0.20" in alt


def test_stuck_reports_each_place():
    shares = np.array([[0.4, 0.2], [0.0, 0.0]])
    alt = drawn(plots.stuck({"wider": ((3, 6), shares)}, marks={"wider": "width"}))
    assert "wider: 30 % at 3, 0 % at 6." in alt


def test_schedules_are_sampled():
    shown = {"cosine": cosine(10), "step": step_decay(4, 0.5), "constant": constant()}
    alt = drawn(plots.schedules(shown, total=10))
    assert "cosine: 1, half-way 0.5, at last 0." in alt
    assert "step: 1, half-way 0.5, at last 0.25." in alt


def history(accuracy):
    return History(loss=[1.0, 0.5, 0.2], accuracy=accuracy, lr=[0.1] * 3)


def test_stopping_says_where_each_rule_stopped():
    run = StoppingRun(history([0.5, 0.7, 0.6]), {"patience": Stop(2, 0.31), "epochs": Stop(3, 0.4)})
    errors = {name: stop.error for name, stop in run.stops.items()}
    alt = drawn(plots.stopping(run, errors, target=0.05))
    assert "never falls below 30 %" in alt
    assert "patience stops after epoch 2 with a test error of 31 %" in alt


def test_learning_curves_end_with_an_interval():
    runs = [history([0.5, 0.9, 0.96]), history([0.6, 0.9, 0.98])]
    alt = drawn(plots.over_seeds(runs))
    assert "2 runs of 3 epochs" in alt
    assert "from 45 % after the first epoch to 3.0 ± 12.7 %" in alt


def test_misread_digits_are_named():
    images = np.random.default_rng(0).random((8, 1, 6, 6))
    alt = drawn(plots.misread(images, np.arange(8), np.arange(8) + 1, shown=7))
    assert "7 of 8 misread digits: 0 as 1, 1 as 2" in alt
    assert "7 as 8" not in alt
