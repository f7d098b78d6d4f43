"""The networks of problem set 4, and the digits that they see and do not see."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

PROBLEM_SET = "ps04_backpropagation"
NOTEBOOK = (Path(__file__).parents[2] / "assignments" / PROBLEM_SET / "notebook.md").read_text(
    "utf-8"
)


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


def test_no_hidden_image_is_in_the_file(loaded):
    with np.load(io.BytesIO(loaded.problem_set.files["digits.npz"]())) as file:
        released = file["images"].reshape(-1, 64).astype(int)
    for case in loaded.problem_set["predict_scattered"].draw(np.random.default_rng(5)):
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
    with np.errstate(all="ignore"):  # some windows are empty
        assert np.mean(model["predict_digits"](centre) == case.truth) < 0.6
    assert np.mean(model["predict_scattered"](case.args[0]) == case.truth) > 0.9


def test_the_given_convolution_passes_the_checker(model):
    def forward(x, w, b):
        conv = model["Conv2d"](w, b)
        return conv.forward(x), conv

    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in ((2, 3, 5, 4), (4, 3, 2, 3), (4,))]
    assert model["gradient_check"](forward, lambda dout, conv: conv.backward(dout), arrays, rng)
