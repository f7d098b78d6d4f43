"""What the text of problem set 2 claims in passing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cvlib.check.own_numbers import draw_numbers
from cvlib.convolution import conv2d_forward

PROBLEM_SET = "ps02_convolution"
NOTEBOOK = (Path(__file__).parents[2] / "assignments" / PROBLEM_SET / "notebook.md").read_text(
    "utf-8"
)


def test_exactly_one_layer_fits_each_camera(loaded, model):
    def sees_everything(pixels, windows, k, s, p):
        seen = {q for i in range(windows) for q in range(i * s - p, i * s - p + k)}
        return seen >= set(range(pixels))

    output_size = model["output_size"]
    exercise = loaded.problem_set["camera_layer"]
    for image, grid in exercise.numbers["camera"][::25]:
        cell = image[0] // grid[0]
        fits = [
            (k, p, s)
            for k in range(1, cell + 4, 2)
            for s in range(1, cell + 4)
            for p in range(k)
            if output_size(image, (k, k), (s, s), (p, p), (1, 1)) == grid
            and sees_everything(image[0], grid[0], k, s, p)
            and sees_everything(image[1], grid[1], k, s, p)
        ]
        best = [f for f in fits if f[:2] == min(fits)[:2]]
        wanted = exercise.reference((image, grid))
        assert best == [(wanted["kernel"], wanted["padding"], wanted["stride"])]


def test_the_narrow_way_is_always_narrower_than_the_widest_that_pays(loaded):
    exercise = loaded.problem_set["one_by_one_macs"]
    for student in range(200):
        numbers = draw_numbers(exercise.id, exercise.numbers, student)
        answer = exercise.reference(**numbers)
        assert numbers["narrow"] < answer["widest"]
        assert answer["detour"] < answer["direct"]


def test_worked_examples(model):
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    w = np.array([[1.0, 0], [0, 10]])[None, None]
    out = model["conv2d_forward"](x, w, np.zeros(1), (1, 1), (0, 0))
    assert out[0, 0].tolist() == [[51, 62], [84, 95]]

    a, b, c, d = kernel = np.array([2.0, 3, 5, 7])
    kernel = kernel.reshape(2, 2)
    matrix = model["convolution_matrix"](kernel, (3, 3), (1, 1), (0, 0))
    assert matrix.tolist() == [
        [a, b, 0, c, d, 0, 0, 0, 0],
        [0, a, b, 0, c, d, 0, 0, 0],
        [0, 0, 0, a, b, 0, c, d, 0],
        [0, 0, 0, 0, a, b, 0, c, d],
    ]
    small = np.array([[[[1.0, 2.0]]]])
    apart = model["conv_transpose2d"](small, kernel[None, None], (2, 2), (0, 0), (0, 0))
    assert apart[0, 0].tolist() == [[a, b, 2 * a, 2 * b], [c, d, 2 * c, 2 * d]]
    overlap = model["conv_transpose2d"](small, kernel[None, None], (1, 1), (0, 0), (0, 0))
    assert overlap[0, 0].tolist() == [[a, b + 2 * a, 2 * b], [c, d + 2 * c, 2 * d]]
    assert 3 * 3 * 128 * 128 == 147_456
    layer = (3, 3), (2, 2), (1, 1)
    encoded = model["output_size"]((224, 224), *layer, (1, 1))
    assert model["transposed_output_size"](encoded, *layer, (0, 0)) == (223, 223)


def test_the_pixels_of_the_cat_are_hers():
    from skimage import data

    cat = np.round(data.chelsea().mean(axis=2))[110:113, 140:145]
    rows = [70, 94, 112, 114, 109], [74, 88, 112, 116, 112], [75, 86, 105, 113, 117]
    assert cat.tolist() == [*map(list, rows)]
    assert str(rows)[1:-1] in NOTEBOOK


def test_worked_examples_of_stamps_and_compositions(model):
    a, b, c = kernel = np.array([2.0, 3, 5])
    assert model["checkerboard"](kernel[None], (1, 2)).tolist() == [[a + c, b]]
    d, e = 7.0, 11.0
    composed = model["compose"](kernel[None, :2], np.array([[d, e]]))
    assert composed.tolist() == [[a * d, b * d + a * e, b * e]]
    image = np.random.default_rng(1).normal(size=(1, 1, 3, 4))
    answers, _ = conv2d_forward(image, np.ones((1, 1, 2, 2)))
    assert answers.size == 6
    column, row = model["column_and_row"](np.eye(3))
    assert np.isclose(np.linalg.norm(np.eye(3) - column @ row), np.sqrt(2))


def test_the_written_model_answer_computes_right():
    matrix = np.array([[1, -1, 0], [0, 1, -1]])
    x, same = np.array([1, 2, 4]), np.array([5, 6, 8])
    assert (matrix @ x).tolist() == (matrix @ same).tolist() == [-1, -2]
    assert (matrix.T @ matrix @ x).tolist() == [-1, -1, 2]


def test_the_references_agree_with_torch(loaded):
    import torch
    from torch.nn import functional

    torch_answers = {
        "conv2d_forward": lambda x, w, b, s, p: functional.conv2d(x, w, b, s, p),
        "conv_transpose2d": lambda x, w, s, p, e: functional.conv_transpose2d(x, w, None, s, p, e),
    }
    for name, function in torch_answers.items():
        exercise = loaded.problem_set[name]
        for case in exercise.draw(np.random.default_rng(6)):
            args = [a for a in case.args if not isinstance(a, str)]  # what is looked at
            tensors = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in args]
            expected = exercise.reference(*args)
            assert np.allclose(function(*tensors).numpy(), expected, rtol=1e-12, atol=1e-12)
