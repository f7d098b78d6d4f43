"""What the text of problem set 4 claims in passing."""

from __future__ import annotations

import numpy as np
import pytest

from cvlib.training.lenet_1998 import C3_TABLE

PROBLEM_SET = "ps04_backpropagation"


def test_the_graph_of_the_first_exercise(model):
    graph = [("input",), ("input",), ("mul", 0, 1), ("add", 2, 0), ("mul", 3, 2)]
    assert model["graph_gradients"](graph, [2.0, 3.0]) == [48, 28, 14, 6, 1]


def test_worked_examples(model):
    x, dout = np.array([[[[-2.0, 3], [4, -1]]]]), np.array([[[[10.0, 20], [40, 30]]]])
    assert model["prelu_backward"](dout, x, np.array([0.1]))[1].tolist() == [-50]

    pool = model["Pool2d"]("max", (2, 2), (2, 2))
    out = pool.forward(np.array([[[[1.0, 5, 2, 0], [4, 3, 3, 1]]]]))
    dx = pool.backward(np.array([[[[10.0, 20]]]]))
    assert out.tolist() == [[[[5, 3]]]]
    assert dx[0, 0].tolist() == [[0, 10, 0, 0], [0, 0, 20, 0]]

    maxout, x = model["maxout_backward"], np.array([[-3.0], [2.0]])
    relu = maxout(np.ones((2, 1)), x, np.array([[[1.0]], [[0.0]]]), np.zeros((2, 1)))[0]
    absolute = maxout(np.ones((2, 1)), x, np.array([[[1.0]], [[-1.0]]]), np.zeros((2, 1)))[0]
    assert relu.tolist() == [[0], [1]]
    assert absolute.tolist() == [[-1], [1]]


def test_the_first_step_of_adam_is_the_rate(model):
    w, g = np.zeros(3), np.array([1e-3, -5.0, 1e4])
    model["Adam"]([w], 0.1).step([g])
    assert np.allclose(w, -0.1 * np.sign(g), rtol=1e-4)


def test_his_weights_keep_the_variance_and_others_do_not(model):
    rng = np.random.default_rng(0)
    for slope in (0.0, 0.5):
        std = model["weight_std"]((400, 400), "he", slope)
        for scale, kept in ((1.0, True), (0.5, False)):
            sums = rng.normal(size=(400, 200))
            for _ in range(10):
                bent = np.where(sums > 0, sums, slope * sums)
                sums = rng.normal(0, scale * std, (400, 400)) @ bent
            assert (0.5 < sums.var() < 2) == kept


@pytest.mark.parametrize(("flat", "layers", "a"), [(0.02, 6, 0.4), (0.06, 15, 1.6)])
def test_saturation_is_where_the_slope_has_fallen(loaded, flat, layers, a):
    answer = loaded.problem_set["saturation"].reference(flat, layers, a)

    def slope(f, x, h=1e-6):
        return (f(x + h) - f(x - h)) / (2 * h)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    assert np.isclose(slope(sigmoid, 0.0), answer["sigmoid_peak"])
    assert np.isclose(answer["deep_sigmoids"], slope(sigmoid, 0.0) ** layers)
    assert np.isclose(slope(sigmoid, answer["sigmoid_edge"]), flat, rtol=1e-5)
    assert np.isclose(slope(np.tanh, answer["tanh_edge"]), flat, rtol=1e-5)
    assert np.isclose(slope(lambda x: a * np.expm1(x), answer["elu_edge"]), flat, rtol=1e-5)
    assert answer["elu_edge"] < 0


def test_the_table_is_the_one_of_the_paper(loaded):
    printed = """
    X . . . X X X . . X X X X . X X
    X X . . . X X X . . X X X X . X
    X X X . . . X X X . . X . X X X
    . X X X . . X X X X . . X . X X
    . . X X X . . X X X X . X X . X
    . . . X X X . . X X X X . X X X
    """
    table = [[int(mark == "X") for mark in line.split()] for line in printed.strip().split("\n")]
    assert loaded.problem_set["c3_table"].reference(36, 96)["table"].tolist() == table
    assert np.array_equal(C3_TABLE.T, table)


def test_lenet_has_the_parameters_and_connections_of_the_paper(loaded):
    answer = loaded.problem_set["c3_table"].reference(32, 32)  # the image of the paper
    assert (answer["c3"], answer["network"]) == (1516, 60_000)
    # LeCun et al. count 340,908 connections: each multiplication, each bias, S2's and S4's sums
    # of four with their bias, and the 84 · 10 of the output
    biases = 28 * 28 * 6 + 10 * 10 * 16 + 120 + 84
    pooling = 5 * (14 * 14 * 6 + 5 * 5 * 16)
    assert answer["multiplications"] + biases + pooling + 84 * 10 == 340_908


@pytest.mark.parametrize(("height", "width"), [(36, 96), (80, 192)])
def test_a_sheet_takes_what_its_layers_multiply(loaded, height, width):
    answer = loaded.problem_set["c3_table"].reference(height, width)
    x, done = np.zeros((1, height, width)), 0
    for maps, kernels, rows in ((6, 6, 5), (16, 60, 5), (120, 1920, 5), (84, 84 * 120, 1)):
        windows = np.lib.stride_tricks.sliding_window_view(x[0], (rows, rows))
        done += windows.size * kernels
        x = np.zeros((maps, *windows.shape[:2]))
        if maps < 100:  # S2 and S4, none after F6
            x = x[:, ::2, ::2]
    assert answer["multiplications"] == done


def test_the_walk_off_the_saddle():
    u, loss = 1e-6, [1.0]
    steps = 0
    while u < 0.1:
        u -= 0.1 * 2 * (u * u - 1) * u
        loss.append((u * u - 1) ** 2)
        steps += 1
    assert steps == 64
    assert np.isclose(np.log(1e5) / np.log(1.2), 63.1, atol=0.1)
    assert np.isclose(loss[50], 0.9998, atol=5e-5)
    for _ in range(75 - steps):
        u -= 0.1 * 2 * (u * u - 1) * u
    assert np.isclose((u * u - 1) ** 2, 0.28, atol=0.005)
    assert np.allclose(np.linalg.eigvalsh([[0, -2], [-2, 0]]), [-2, 2])
