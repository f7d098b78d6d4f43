"""What the text of problem set 4 claims in passing, and what its judge relies on."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from cvlib.training.lenet_1998 import C3_TABLE

PROBLEM_SET = "ps04_backpropagation"
NOTEBOOK = (Path(__file__).parents[2] / "assignments" / PROBLEM_SET / "notebook.md").read_text(
    "utf-8"
)


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


def test_saturation_is_where_the_slope_is_a_hundredth(loaded):
    answer = loaded.problem_set["saturation"].reference

    def slope(f, x, h=1e-6):
        return (f(x + h) - f(x - h)) / (2 * h)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    assert np.isclose(slope(sigmoid, 0.0), answer["sigmoid_peak"])
    assert np.isclose(answer["ten_sigmoids"], slope(sigmoid, 0.0) ** 10)
    assert np.isclose(slope(sigmoid, answer["sigmoid_edge"]), 0.01, rtol=1e-5)
    assert np.isclose(slope(np.tanh, answer["tanh_edge"]), 0.01, rtol=1e-5)
    assert np.isclose(slope(np.expm1, answer["elu_edge"]), 0.01, rtol=1e-5)
    assert answer["elu_edge"] < 0


# --- the table of 1998 --------------------------------------------------------------------------


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
    assert loaded.problem_set["c3_table"].reference["table"].tolist() == table
    assert np.array_equal(C3_TABLE.T, table)


def test_lenet_has_the_parameters_and_connections_of_the_paper(loaded):
    answer = loaded.problem_set["c3_table"].reference
    assert (answer["c3"], answer["network"]) == (1516, 60_000)
    # LeCun et al. count 340,908 connections: each multiplication, each bias, S2's and S4's sums
    # of four with their bias, and the 84 · 10 of the output
    biases = 28 * 28 * 6 + 10 * 10 * 16 + 120 + 84
    pooling = 5 * (14 * 14 * 6 + 5 * 5 * 16)
    assert answer["multiplications"] + biases + pooling + 84 * 10 == 340_908


# --- the checker's checker ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_one_backward_of_each_pair_is_right_and_the_others_are_clearly_wrong(loaded, seed):
    exercise = loaded.problem_set["gradient_check"]
    for case in exercise.draw(np.random.default_rng(seed)):
        answers: list[tuple] = []

        def keep(forward, backward, arrays, rng, answers=answers):
            out, cache = forward(*arrays)
            answers.append(backward(np.random.default_rng(0).normal(size=out.shape), cache))
            return True

        verdicts = exercise.expected(case)
        found = dict(zip(exercise.driver(keep, *case.args), answers, strict=True))
        for name, verdict in verdicts.items():
            right = found[f"{name.split(',')[0]}, right"]
            assert verdict == name.endswith(", right") == all(map(agree, found[name], right)), name
        assert not all(verdicts.values())
        assert any(verdicts.values())


def agree(gradient, right):
    if np.shape(gradient) != np.shape(right):
        return False
    off = np.abs(gradient - right).max() / np.abs(right).max()
    assert off == 0 or off >= 0.0099
    return off == 0


# --- the references against PyTorch -------------------------------------------------------------


def cases_of(loaded, name, seed=6):
    exercise = loaded.problem_set[name]
    for case in exercise.draw(np.random.default_rng(seed)):
        yield case.args, exercise.expected(case)


def test_gradients_agree_with_torch(loaded):
    import torch
    from torch.nn import functional

    def gradients(out, dout, *inputs):
        return [g.numpy() for g in torch.autograd.grad(out, inputs, torch.from_numpy(dout))]

    def leaf(array):
        return torch.from_numpy(array).requires_grad_()

    for (which, dout, x, w), expected in cases_of(loaded, "linear_backward"):
        leaves = leaf(x), leaf(w), leaf(np.zeros(len(w)))
        found = gradients(functional.linear(*leaves), dout, *leaves)
        assert np.allclose(found[("dx", "dw", "db").index(which)], expected)
    bends = {
        "sigmoid": lambda x, a: x.sigmoid(),
        "tanh": lambda x, a: x.tanh(),
        "relu": lambda x, a: x.relu(),
        "leaky_relu": functional.leaky_relu,
        "elu": functional.elu,
    }
    for (name, dout, x, slope), expected in cases_of(loaded, "activation_backward"):
        z = leaf(x)
        expected = expected[0] if isinstance(expected, tuple) else expected
        assert np.allclose(gradients(bends[name](z, slope), dout, z)[0], expected, atol=1e-9)
    for (which, dout, x, alpha), expected in cases_of(loaded, "prelu_backward"):
        z, a = leaf(x), leaf(alpha)
        found = gradients(functional.prelu(z, a), dout, z, a)
        assert np.allclose(found[("dx", "dalpha").index(which)], expected)
    for (which, dout, x, w, b), expected in cases_of(loaded, "maxout_backward"):
        leaves = leaf(x), leaf(w), leaf(b)
        pieces = torch.einsum("pmd,nd->pnm", leaves[1], leaves[0]) + leaves[2][:, None]
        found = gradients(pieces.max(dim=0).values, dout, *leaves)
        assert np.allclose(found[("dx", "dw", "db").index(which)], expected)


def test_pooling_agrees_with_torch_also_at_ties(loaded):
    import torch
    from torch.nn import functional

    for (kind, kernel, stride, batches, dout), expected in cases_of(loaded, "Pool2d"):
        x = torch.from_numpy(batches[-1]).requires_grad_()
        if kind == "max":
            out = functional.max_pool2d(x, kernel, stride)
        else:
            divisor = 1 if kind == "sum" else None
            out = functional.avg_pool2d(x, kernel, stride, divisor_override=divisor)
        found = out if dout is None else torch.autograd.grad(out, x, torch.from_numpy(dout))[0]
        assert np.allclose(found.detach().numpy(), expected)


def test_steps_agree_with_torch(loaded):
    import torch

    def descend(optimizer, parameters, gradients, lrs):
        for lr, step in zip(lrs, gradients, strict=True):
            optimizer.param_groups[0]["lr"] = lr
            for p, g in zip(parameters, step, strict=True):
                p.grad = torch.from_numpy(np.array(g))
            optimizer.step()

    for (w, v, gradients, lrs, momentum, nesterov), expected in cases_of(loaded, "momentum_step"):
        if not v.any():
            p = torch.from_numpy(w.copy()).requires_grad_()
            options = {"momentum": momentum, "nesterov": nesterov}
            descend(torch.optim.SGD([p], 1.0, **options), [p], gradients[:, None], lrs)
            assert np.allclose(p.detach().numpy(), expected["w"])
    for (arrays, gradients, lrs, betas, eps), expected in cases_of(loaded, "Adam"):
        parameters = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
        descend(torch.optim.Adam(parameters, 1.0, betas, eps), parameters, gradients, lrs)
        for p, e in zip(parameters, expected, strict=True):
            assert np.allclose(p.detach().numpy(), e)


# --- the networks -------------------------------------------------------------------------------


def test_the_file_holds_what_the_text_says(loaded):
    content = loaded.problem_set.files["digits.npz"]()
    with np.load(io.BytesIO(content)) as file:
        images, labels = file["images"], file["labels"]
    assert images.shape == (1000, 8, 8)
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 16)
    assert (np.diff(labels) >= 0).all()
    assert len(set(labels.tolist())) == 10
    assert content == loaded.problem_set.files["digits.npz"]()
    assert len(content) < 100_000


@pytest.mark.parametrize("name", ["predict_digits", "predict_scattered"])
def test_no_hidden_image_is_in_the_file(loaded, name):
    with np.load(io.BytesIO(loaded.problem_set.files["digits.npz"]())) as file:
        released = file["images"].reshape(-1, 64).astype(int)
    for case in loaded.problem_set[name].draw(np.random.default_rng(5)):
        for image in case.args[0].astype(int):
            rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
            top, left = (min(k[0], len(image) - 8) for k in (rows, columns))
            near = np.abs(released - image[top : top + 8, left : left + 8].reshape(-1)).max(axis=1)
            assert near.min() > 2, "as good as one of the file"


def test_the_network_that_the_text_describes_has_so_many_parameters(model):
    count = sum(p.size for p in model["lenet"].parameters)
    assert f"It has {count:,} parameters" in NOTEBOOK


def test_a_network_without_convolutions_is_lost_on_the_sheet(loaded, model):
    case = next(iter(loaded.problem_set["predict_scattered"].draw(np.random.default_rng(1))))
    centre = case.args[0][:, 3:11, 3:11]
    assert np.mean(model["predict_digits"](centre) == case.truth) < 0.6
    assert np.mean(model["predict_scattered"](case.args[0]) == case.truth) > 0.9


def test_the_given_convolution_passes_the_checker(model):
    def forward(x, w, b):
        conv = model["Conv2d"](w, b)
        return conv.forward(x), conv

    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in ((2, 3, 5, 4), (4, 3, 2, 3), (4,))]
    assert model["gradient_check"](forward, lambda dout, conv: conv.backward(dout), arrays, rng)


# --- the written answer -------------------------------------------------------------------------


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
