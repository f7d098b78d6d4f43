"""What the text of problem set 5 claims in passing."""

from __future__ import annotations

import io

import numpy as np
import pytest

from cvlib.grading.spec.digits import for_checks, grey_values
from cvlib.regularization import flip, rotate

PROBLEM_SET = "ps05_regularization"


@pytest.fixture
def file(loaded):
    with np.load(io.BytesIO(loaded.problem_set.files["digits.npz"]())) as found:
        return dict(found)


def variant(loaded, exercise: str, name: str):
    (found,) = [v for v in loaded.problem_set[exercise].variants.all if v.name == name]
    return found.target


def test_a_small_weight_is_thrown_to_and_fro_by_the_slope_and_rests_by_the_proximal_step(
    loaded, model
):
    along = variant(loaded, "proximal_step", "steps_along_the_slope")
    w, still = np.array([0.01]), np.zeros(1)
    there = along(w, still, 0.1, 1.0, 0.0)
    assert there == pytest.approx(-0.09)
    assert along(there, still, 0.1, 1.0, 0.0) == pytest.approx(0.01)
    assert model["proximal_step"](w, still, 0.1, 1.0, 0.0) == 0


def test_the_proximal_step_minimizes_what_the_text_says(model):
    v, lr, l1, l2 = 0.8, 0.3, 0.5, 0.7
    u = np.linspace(-2, 2, 400_001)
    costs = (u - v) ** 2 / (2 * lr) + l1 * np.abs(u) + l2 / 2 * u**2
    step = model["proximal_step"](np.array([v]), np.zeros(1), lr, l1, l2)
    assert step[0] == pytest.approx(u[costs.argmin()], abs=1e-5)


def test_the_shortest_exact_fit_is_where_ridge_tends(model):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 7)), rng.normal(size=3)
    assert np.allclose(model["ridge"](x, y, 0.0), model["ridge"](x, y, 1e-9), atol=1e-6)


def test_twenty_one_is_reached_and_nothing_is_cheaper(loaded):
    exercise = loaded.problem_set["least_weights"]
    rng = np.random.default_rng(1)
    for pixels in exercise.numbers["x"]:
        wanted, x = exercise.reference(pixels), np.array(pixels)
        l2, l1 = np.array(wanted["l2"]), np.array(wanted["l1"])
        assert l2 @ x == pytest.approx(21)
        assert l1 @ x == pytest.approx(21)
        others = rng.normal(size=(2000, 3)) * 3
        others += ((21 - others @ x) / (x @ x))[:, None] * x
        assert np.square(others).sum(axis=1).min() >= np.square(l2).sum() - 1e-9
        assert np.abs(others).sum(axis=1).min() >= np.abs(l1).sum() - 1e-9


@pytest.mark.parametrize("name", ["least_weights", "label_keepers"])
def test_a_wrong_answer_is_wrong_for_everybody(loaded, name):
    exercise = loaded.problem_set[name]
    (asked,) = exercise.numbers
    for drawn in exercise.numbers[asked]:
        right = exercise.reference(**{asked: drawn})
        for mutant in exercise.variants.mutants:
            assert mutant.target(**{asked: drawn}) != right, mutant.name


def test_the_first_example_of_dropout(model):
    uniform = np.array([0.1, 0.6, 0.3, 0.9])
    out, _ = model["dropout"](np.full(4, 4.0), np.zeros(4), uniform, 0.5, True)
    assert out.tolist() == [0, 8, 0, 8]


def test_one_of_the_two_means_is_the_network_without_dropout(model):
    rng = np.random.default_rng(2)
    h, w, b = rng.normal(size=(4, 6)), rng.normal(size=(3, 6)), rng.normal(size=3)
    for rate in (0.5, 0.3):
        arithmetic, geometric = model["mean_of_networks"](h, w, b, rate)
        plain = model["softmax"](h @ w.T + b)
        assert np.allclose(geometric, plain)
        assert not np.allclose(arithmetic, plain, atol=1e-3)


def test_every_move_of_the_text_is_a_warp(model):
    picture = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(model["warp"](picture, np.eye(2), np.zeros(2)), picture)
    assert np.allclose(model["warp"](picture, -np.eye(2), np.zeros(2)), picture[::-1, ::-1])


def test_half_a_turn_is_two_mirrors():
    x = np.random.default_rng(3).normal(size=(1, 1, 6, 6))
    twice = flip(flip(x, True), True, direction="up-down")
    assert np.allclose(rotate(x, 180), twice)


def test_the_disturbed_label_of_the_text(model):
    targets, _ = model["disturbed"](np.zeros((1, 4)), np.array([2]), 0.4)
    assert np.allclose(targets, [[0.1, 0.1, 0.7, 0.1]])


def test_the_patience_of_the_text(model):
    losses = [5, 4, 3, 4, 5, 2]
    assert model["stop_early"](losses, 2) == (2, 5)
    assert model["stop_early"](losses, 3) == (5, 6)


def test_the_file_is_what_the_text_says(loaded, file):
    images = file["images"]
    assert images.shape == (400, 12, 12)
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 16)
    assert np.all(np.bincount(file["labels"], minlength=10) > 20)
    border = np.ones((12, 12), bool)
    border[2:-2, 2:-2] = False
    assert not images[:, border].any()


def test_no_hidden_digit_is_in_the_file(loaded, file):
    known = {i.tobytes() for i in file["images"]}
    for case in loaded.problem_set["predict"].draw(np.random.default_rng(4)):
        assert not known & {i.tobytes() for i in case.args[0]}


def test_what_networks_that_do_not_move_get_is_what_the_text_says(loaded):
    still = variant(loaded, "predict", "never_moves")
    pixels = np.pad(grey_values(for_checks().images), ((0, 0), (2, 2), (2, 2)))
    assert np.mean(still(pixels) == for_checks().labels) == pytest.approx(0.95, abs=0.03)
    found: dict[str, list[float]] = {}
    for seed in range(10):
        for case in loaded.problem_set["predict"].draw(np.random.default_rng(seed)):
            right = np.mean(still(case.args[0]) == case.truth)
            found.setdefault(case.part, []).append(float(right))
    assert np.mean(found["by one pixel"]) == pytest.approx(0.30, abs=0.04)
    assert np.mean(found["anywhere"]) == pytest.approx(0.14, abs=0.04)


def test_the_numbers_in_the_model_report():
    error = np.sqrt(0.97 * 0.03 / 1200)
    best = np.random.default_rng(5).normal(size=(4000, 300)).max(axis=1).mean()
    assert 100 * error == pytest.approx(0.5, abs=0.02)
    assert best == pytest.approx(2.9, abs=0.05)
    assert 100 * best * error == pytest.approx(1.4, abs=0.05)
    assert 6600 * 0.2 >= 1200
