"""What the text of problem set 1 claims in passing."""

from __future__ import annotations

import io

import numpy as np

from cvlib.check.own_numbers import draw_numbers

PROBLEM_SET = "ps01_image_classification"


def test_the_number_of_a_box(model):
    pixel = np.array([1.5, 0.5, 2.5]).reshape(1, 3, 1, 1) / 3  # bins 1, 0 and 2 of three
    assert model["color_histogram"](pixel, 3)[0].argmax() == (1 * 3 + 0) * 3 + 2 == 11


def test_the_drawing_of_the_edges(model):
    gx, gy = np.array([[2.0, 0.0]]), np.array([[0.0, -1.0]])
    assert np.allclose(model["orientation_histogram"](gx, gy, 4), [2 / 3, 0, 1 / 3, 0])


def test_a_probability_of_zero_with_a_good_logarithm(model):
    loss, _ = model["cross_entropy"](np.array([[0.0, 800.0]]), np.array([0]))
    assert loss == 800
    assert model["softmax"](np.array([[0.0, 800.0]]))[0, 0] == 0


def test_cat_car_and_frog(loaded, model):
    exercise = loaded.problem_set["cat_car_frog"]
    for student in map(str, range(20)):
        numbers = draw_numbers(exercise.id, exercise.numbers, student)
        answer = model["cat_car_frog"](**numbers)
        a, b, c = numbers.values()
        table = np.array([[a, 3.1, -0.5], [1.3, 4.0, b], [0.4, 1.5, c]])
        losses = [model["hinge"](table[[k]], np.array([k]))[0] for k in range(3)]
        assert np.allclose(losses, answer["hinge"])
        assert losses[1] == 0 < min(losses[0], losses[2])
        assert np.isclose(model["hinge"](table, np.arange(3))[0], answer["mean_hinge"])
        entropy, _ = model["cross_entropy"](table, np.arange(3))
        assert np.isclose(entropy, answer["mean_cross_entropy"])
        for less, expected in ((answer["least_change"], 0.0), (answer["least_change"] + 0.1, 0.1)):
            lower = table[[1]] - np.array([0, less, 0])
            assert np.isclose(model["hinge"](lower, np.array([1]))[0], expected)


def test_the_released_digits_are_those_of_the_text(loaded):
    with np.load(io.BytesIO(loaded.problem_set.files["digits.npz"]())) as file:
        images, labels = file["images"], file["labels"]
    assert images.shape == (1000, 8, 8)
    assert (images.dtype, images.min(), images.max()) == (np.uint8, 0, 240)
    assert set(labels) == set(range(10))


def test_the_light_of_both_machines_is_that_of_the_text(loaded):
    noise = 9
    lights = {"scanner": ((60, 84), (0, 150)), "copier": ((36, 60), (60, 180))}
    for case in loaded.problem_set["predict"].draw(np.random.default_rng(5)):
        (pale, dark), (least, most) = lights[case.part]
        rows = case.args[0].astype(float)
        assert least - noise < rows.min() < rows.max() < most + dark + noise
        ink = np.ptp(rows, axis=2).max(axis=1)  # a digit has white and black in some row
        assert pale - noise < np.median(ink) < dark + noise
        paper = rows[:, :, 0]  # the first column is white in nearly every row
        assert paper.min() < least + 10
        assert paper.max() > most - 10


def test_the_model_solution_has_room_to_spare(loaded, model):
    exercise = loaded.problem_set["predict"]
    for seed in range(5):
        for case in exercise.draw(np.random.default_rng(seed)):
            right = np.mean(model["predict"](*case.args) == case.truth)
            assert right > exercise.measures([case.part])[case.part].at_least + 0.02
