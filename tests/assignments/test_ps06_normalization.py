"""What the text of problem set 6 claims in passing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from cvlib.normalization import batch_norm_forward, fold_batch_norm, layer_norm_forward

PROBLEM_SET = "ps06_normalization"
NOTEBOOK = (Path(__file__).parents[2] / "assignments" / PROBLEM_SET / "notebook.md").read_text(
    "utf-8"
)
X = np.array([[[[1.0, 3.0]]], [[[5.0, 7.0]]]])


def test_worked_examples_of_batch_norm(model):
    one, zero = np.ones(1), np.zeros(1)
    assert X.mean() == 4
    assert X.var() == 5
    out = model["batch_norm"](X, one, zero, 4.0)
    assert np.allclose(out.ravel(), [-1, -1 / 3, 1 / 3, 1])
    mean, var = model["running_statistics"](zero, one, X, 0.1)
    assert np.allclose([mean.item(), var.item()], [0.4, 0.9 + 2 / 3])


def test_a_gradient_of_ones_tests_nothing(model):
    x = np.random.default_rng(0).normal(size=(3, 2, 4, 4))
    dx, _, _ = model["batch_norm_backward"](np.ones_like(x), x, np.ones(2), 0.1)
    assert np.abs(dx).max() < 1e-15


def test_each_channel_of_dx_sums_to_zero(model, loaded):
    for case in loaded.problem_set["batch_norm_backward"].draw(np.random.default_rng(1)):
        _, *args = case.args
        dx = model["batch_norm_backward"](*args)[0]
        assert np.abs(dx.sum(axis=tuple(a for a in range(dx.ndim) if a != 1))).max() < 1e-12


def test_the_post_office_describes_its_file(loaded):
    with np.load(io.BytesIO(loaded.problem_set.files["digits.npz"]())) as file:
        images, labels = file["images"], file["labels"]
    assert images.shape == (1000, 8, 8)
    assert images.dtype == np.uint8
    assert images.max() == 16
    assert np.all(np.diff(labels) >= 0)
    assert np.bincount(labels).min() > 80


def test_no_hidden_digit_is_in_the_file(loaded):
    with np.load(io.BytesIO(loaded.problem_set.files["digits.npz"]())) as file:
        known = {image.tobytes() for image in file["images"]}
    for case in loaded.problem_set["predict"].draw(np.random.default_rng(2)):
        assert not known & {image.tobytes() for image in case.args[0]}


def test_the_reference_has_room_to_spare(loaded):
    exercise = loaded.problem_set["predict"]
    for seed in range(5):
        for case in exercise.draw(np.random.default_rng(seed)):
            answers = exercise.driver(exercise.reference, *case.args)
            assert np.mean(answers == case.truth) > 0.92


def test_the_written_model_answer_computes_right():
    batch = np.array([[1.0], [3.0]])
    mean, var = np.zeros(1), np.ones(1)
    trained, _ = batch_norm_forward(batch, None, None, training=True, eps=0.0)
    tested, _ = batch_norm_forward(batch, None, None, mean, var, training=False, eps=0.0)
    assert trained.ravel().tolist() == [-1, 1]
    assert tested.ravel().tolist() == [1, 3]
    channels = np.array([[[[0.0]], [[2.0]]]])
    normalized, _ = layer_norm_forward(channels, np.ones((2, 1, 1)), None, eps=0.0)
    assert normalized.ravel().tolist() == [-1, 1]


def test_the_references_agree_with_torch(loaded):
    torch_answers: dict[str, Callable[..., torch.Tensor]] = {
        "batch_norm": lambda x, g, b, eps: functional.batch_norm(
            x, None, None, g, b, True, eps=eps
        ),
        "batch_norm_test": lambda x, g, b, m, v, eps: functional.batch_norm(
            x, m, v, g, b, False, eps=eps
        ),
        "local_response_norm": lambda _, x, size, alpha, beta, k: functional.local_response_norm(
            x, size, alpha * size, beta, k
        ),
    }
    for name, function in torch_answers.items():
        exercise = loaded.problem_set[name]
        for case in exercise.draw(np.random.default_rng(6)):
            tensors = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in case.args]
            arguments = case.args[1:] if name == "local_response_norm" else case.args
            expected = exercise.reference(*arguments)
            assert np.allclose(function(*tensors).numpy(), expected, rtol=1e-5, atol=1e-6)


def test_the_folded_layer_is_the_two_layers(model, loaded):
    for case in loaded.problem_set["fold"].draw(np.random.default_rng(7)):
        _, w, b, gamma, beta, mean, var, eps = case.args
        x = torch.randn(2, w.shape[1], 6, 6, dtype=torch.float64)
        middle = functional.conv2d(x, torch.from_numpy(w), torch.from_numpy(b)).numpy()
        expected, _ = batch_norm_forward(middle, gamma, beta, mean, var, training=False, eps=eps)
        folded = (torch.from_numpy(np.asarray(a)) for a in model["fold"](*case.args[1:]))
        kernels, shifts = folded
        assert np.allclose(functional.conv2d(x, kernels, shifts).numpy(), expected)
        assert np.allclose(kernels.numpy(), fold_batch_norm(*case.args[1:-1], eps=eps)[0])


def test_what_is_counted_is_what_the_text_asks(model, loaded):
    exercise = loaded.problem_set["count_them"]
    asked = re.search("## 4 ·.*?## 5 ·", NOTEBOOK, re.DOTALL)
    assert asked is not None
    for name in exercise.numbers:
        assert f"`{name}`" in asked[0]
    layout = exercise.draw(np.random.default_rng(0), "ann")[0].kwargs
    x = np.zeros([layout[name] for name in ("images", "channels", "height", "width")])
    n, c, h, w = x.shape
    counted = exercise.reference(**layout)
    assert counted["batch"] == x.mean(axis=(0, 2, 3)).size
    assert counted["layer"] == x.mean(axis=(1, 2, 3)).size
    assert counted["instance"] == x.mean(axis=(2, 3)).size
    split = x.reshape(n, layout["groups"], c // layout["groups"], h, w)
    assert counted["group"] == split.mean(axis=(2, 3, 4)).size
    assert counted["averaged by group"] == split[0, 0].size
    assert counted["learned"] == 2 * c


def test_the_steps_are_the_first_and_no_rounding_decides_them(loaded):
    exercise = loaded.problem_set["count_them"]
    others = {name: values[0] for name, values in exercise.numbers.items() if name != "momentum"}
    for momentum in exercise.numbers["momentum"]:
        steps = exercise.reference(**others, momentum=momentum)["steps"]
        assert (1 - momentum) ** steps < 0.9999 * 0.01
        assert (1 - momentum) ** (steps - 1) > 1.0001 * 0.01


def test_a_wrong_count_is_wrong_for_everybody(loaded):
    exercise = loaded.problem_set["count_them"]
    for k in range(200):
        layout = exercise.draw(np.random.default_rng(0), f"student {k}")[0].kwargs
        right = exercise.reference(**layout)
        for mutant in exercise.variants.mutants:
            assert mutant.target(**layout) != right, (mutant.name, layout)


def test_bundles_are_mostly_of_a_kind_and_no_vote_in_one_is_enough(loaded):
    exercise = loaded.problem_set["predict"]
    for seed in range(5):
        cases = {case.part: case for case in exercise.draw(np.random.default_rng(seed))}
        truth = cases["sorted by digit"].truth.reshape(20, 10)
        most = np.array([np.bincount(bundle).max() for bundle in truth])
        assert most.mean() > 6
        assert most.sum() / 200 < 0.85
        assert np.any(np.diff([np.bincount(bundle).argmax() for bundle in truth]) < 0)
