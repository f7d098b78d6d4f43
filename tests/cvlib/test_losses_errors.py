"""Bad input gets an error that names what was expected, what came and where: in both backends."""

import re

import numpy as np
import pytest
import torch

from cvlib.losses import accelerated, reference

S = np.zeros((3, 4))
Y = np.array([0, 1, 2])

CROSS, HINGE, SQUARE = "softmax_cross_entropy", "hinge", "squared_error"

# name, arguments, error, message
TABLE = [
    ("softmax", (S, 2), ValueError, "scores have 2 axes, got axis 2: shape (3, 4)"),
    ("softmax", (S, -3), ValueError, "scores have 2 axes, got axis -3: shape (3, 4)"),
    ("softmax", (S, 1.0), TypeError, "axis must be an int, got 1.0"),
    ("log_softmax", (S, True), TypeError, "axis must be an int, got True"),
    ("log_softmax", (S[:, :0], -1), ValueError,
     "scores must have at least 1 class, got 0 (scores.shape[-1])"),
    (CROSS, (S[0], Y), ValueError, "scores must have 2 axes (N, K), got 1: shape (4,)"),
    (CROSS, (S[:0], Y[:0]), ValueError,
     "scores must have at least 1 along N, got 0 (scores.shape[0])"),
    (CROSS, (S[:, :0], Y), ValueError,
     "scores must have at least 1 along K, got 0 (scores.shape[1])"),
    (CROSS, (S, Y[:2]), ValueError,
     "labels must be integers (3,) or probabilities (3, 4), got shape (2,): one label for each "
     "row of scores (labels.shape)"),
    (CROSS, (S, Y[:, None]), ValueError,
     "labels must be integers (3,) or probabilities (3, 4), got shape (3, 1)"),
    (CROSS, (S, Y * 1.0), TypeError,
     "labels must be integers (3,) or probabilities (3, 4), got {float64} (labels.dtype)"),
    (CROSS, (S, Y > 0), TypeError,
     "labels must be integers (3,) or probabilities (3, 4), got {bool} (labels.dtype)"),
    (CROSS, (S, S[:, :3]), ValueError,
     "rows of probabilities must have the shape of scores (3, 4), got (3, 3) (labels.shape)"),
    (HINGE, (S, S), TypeError, "labels must be integers (3,), got {float64} (labels.dtype)"),
    (HINGE, (S, Y[:1]), ValueError, "labels must be integers (3,), got shape (1,)"),
    (HINGE, (S[None], Y), ValueError, "scores must have 2 axes (N, K), got 3: shape (1, 3, 4)"),
    (HINGE, (S, Y, 0), ValueError, "margin must be greater than 0, got 0"),
    (HINGE, (S, Y, float("nan")), ValueError, "margin must be greater than 0, got nan"),
    (HINGE, (S, Y, "1"), TypeError, "margin must be a number, got '1'"),
    (SQUARE, (S, S[:, :3]), ValueError,
     "targets must have the shape of scores (3, 4), got (3, 3) (targets.shape)"),
    (SQUARE, (S[:0], S[:0]), ValueError,
     "scores must have at least 1 along N, got (0, 4) (scores.shape[0])"),
    (SQUARE, (S, S > 0), TypeError, "targets must be real numbers, got {bool} (targets.dtype)"),
    (SQUARE, (S, S + 0j), TypeError,
     "targets must be real numbers, got {complex128} (targets.dtype)"),
]  # fmt: skip


def tensor(value):
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def test_the_table_covers_every_operation():
    named = {row[0] for row in TABLE}
    assert named | {f"{name}_losses" for name in named} >= set(accelerated.__all__)


@pytest.mark.parametrize(("name", "arguments", "error", "message"), TABLE)
def test_both_backends_say_what_is_wrong(name, arguments, error, message):
    def pattern(prefix):
        return re.escape(re.sub(r"\{(\w+)\}", rf"{prefix}\1", message))

    for suffix in ("_forward", "_losses", ""):
        if name + suffix in reference.__all__:
            with pytest.raises(error, match=pattern("")):
                getattr(reference, name + suffix)(*arguments)
        if name + suffix in accelerated.__all__:
            with pytest.raises(error, match=pattern("torch.")):
                getattr(accelerated, name + suffix)(*map(tensor, arguments))


@pytest.mark.parametrize(
    "name", ["softmax", "log_softmax", f"{CROSS}_forward", f"{HINGE}_forward", f"{SQUARE}_forward"]
)
@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[1.0, 2.0]], "scores must be a NumPy array, got list"),
        (
            np.zeros((3, 4), int),
            "scores must be float32 or float64, got int64 (scores.dtype); "
            "convert with scores.astype(np.float32)",
        ),
        (np.zeros((3, 4), np.float16), "scores must be float32 or float64, got float16"),
    ],
)
def test_the_reference_wants_floats(name, scores, message):
    arguments = () if "softmax" in name and "_forward" not in name else (Y,)
    with pytest.raises(TypeError, match=re.escape(message)):
        getattr(reference, name)(scores, *arguments)


@pytest.mark.parametrize("name", accelerated.__all__)
def test_the_twins_want_floating_tensors(name):
    arguments = () if name in ("softmax", "log_softmax") else (Y,)
    function = getattr(accelerated, name)
    with pytest.raises(TypeError, match=re.escape("scores must be a torch.Tensor, got ndarray")):
        function(S, *arguments)
    message = "scores must have a floating dtype, got torch.int64 (scores.dtype)"
    with pytest.raises(TypeError, match=re.escape(message)):
        function(torch.zeros((3, 4), dtype=torch.int64), *arguments)


@pytest.mark.parametrize(
    ("name", "labels", "message"),
    [
        (CROSS, [0, 4, 5], "labels must lie in 0 … 3 for 4 classes (scores.shape[1]), "
         "got 4 (labels[1])"),
        (HINGE, [0, 1, -1], "labels must lie in 0 … 3 for 4 classes (scores.shape[1]), "
         "got -1 (labels[2])"),
        (CROSS, S + 0.3, "each row of labels must be probabilities that add up to 1, got a sum of "
         "1.2 and a minimum of 0.3 (labels[0])"),
        (CROSS, [[1, 0, 0, 0.0], [2, -1, 0, 0], [1, 0, 0, 0]], "each row of labels must be "
         "probabilities that add up to 1, got a sum of 1 and a minimum of -1 (labels[1])"),
        (CROSS, S + float("nan"), "got a sum of nan and a minimum of nan (labels[0])"),
    ],
)  # fmt: skip
def test_the_reference_looks_at_every_label(name, labels, message):
    for suffix in ("_forward", "_losses"):
        with pytest.raises(ValueError, match=re.escape(message)):
            getattr(reference, name + suffix)(S, labels)


def test_torch_notices_a_class_that_does_not_exist():
    for function in (accelerated.hinge, accelerated.softmax_cross_entropy):
        with pytest.raises((IndexError, RuntimeError), match="out of bounds"):
            function(torch.zeros(3, 4), torch.tensor([0, 1, 4]))


@pytest.mark.parametrize(
    ("dout", "got"),
    [
        (np.ones(3), "ndarray of shape (3,) and dtype float64"),
        (np.ones((3, 4)), "ndarray of shape (3, 4) and dtype float64"),
        (1j, "complex of shape () and dtype complex128"),
        (None, "NoneType of shape () and dtype object"),
    ],
)
def test_the_upstream_gradient_is_one_number(dout, got):
    message = (
        "dout must be one real number, the gradient of the loss (1.0 for the loss itself), got "
    )
    for name, targets in ((CROSS, Y), (HINGE, Y), (SQUARE, S)):
        _, cache = getattr(reference, f"{name}_forward")(S, targets)
        with pytest.raises(ValueError, match=re.escape(message + got)):
            getattr(reference, f"{name}_backward")(dout, cache)
