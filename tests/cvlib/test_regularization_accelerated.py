"""What only the PyTorch side promises: compile, autocast, devices; and the same errors."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from on_torch import assert_compiles, assert_stays_on_its_device

from cvlib.regularization import accelerated, reference, rotation

X = (2, 3, 6, 5)
MASK = np.array([[1, 0, 1], [1, 1, 0]])[..., None, None]
CALLS: dict[str, dict[str, Any]] = {  # name: (positional options after x, options)
    "elastic_net": {"l1": 0.1, "l2": 0.2},
    "l1_penalty": {},
    "l2_penalty": {},
    "soft_threshold": {"threshold": 0.2},
    "elastic_net_proximal": {"lr": 0.5, "l1": 0.1, "l2": 0.2},
    "dropout": {"mask": MASK, "rate": 0.5},
    "warp": {"moves": rotation(20.0)},
    "translate": {"rows": 1.5, "columns": np.array([0.5, 2.0])},
    "rotate": {"degrees": 30.0},
    "stretch": {"rows": 1.2, "columns": 0.9},
    "shear": {"columns": 0.3},
    "flip": {"chosen": np.array([True, False])},
    "crop": {"corners": np.array([[0, 1], [2, 0]]), "size": (3, 4)},
    "gamma": {"exponent": 0.7},
    "log_tone": {"strength": 3.0},
    "exp_tone": {"strength": 3.0},
    "color_cast": {"gains": np.array([1.0, 0.8, 1.3])},
}
OTHERS = {"ridge_fit", "smooth_labels", "replace_labels"}
ON_THE_HOST = {"crop"}  # looks at its corners before it cuts


def picture(dtype=torch.float32):
    return torch.rand(X, generator=torch.Generator().manual_seed(0)).to(dtype)


def made(name):
    return lambda x: getattr(accelerated, name)(x, **CALLS[name])


def test_every_function_is_called_here():
    assert set(CALLS) | OTHERS == set(accelerated.__all__)


@pytest.mark.parametrize("name", sorted(set(CALLS) - ON_THE_HOST))
def test_compiles(name):
    whole = not {"moves", "rows", "columns", "degrees"} & set(CALLS[name])  # matrices are NumPy's
    assert_compiles(made(name), [picture()], whole=whole)


@pytest.mark.parametrize("name", sorted(set(CALLS) - ON_THE_HOST))
def test_stays_on_its_device(name):
    assert_stays_on_its_device(made(name), [picture()])


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_is_kept(name, dtype):
    assert getattr(accelerated, name)(picture(dtype), **CALLS[name]).dtype == dtype


def test_a_masked_activation_stays_in_bfloat16():
    with torch.autocast("cpu", torch.bfloat16):
        out = accelerated.dropout(picture(torch.bfloat16), MASK, rate=0.5)
    assert out.dtype == torch.bfloat16


def test_smooth_labels_is_what_cross_entropy_does_inside():
    scores = torch.randn(5, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    labels = torch.tensor([0, 6, 2, 2, 5])
    targets = accelerated.smooth_labels(labels, 7, 0.3, dtype=torch.float64)
    ours = torch.nn.functional.cross_entropy(scores, targets)
    theirs = torch.nn.functional.cross_entropy(scores, labels, label_smoothing=0.3)
    torch.testing.assert_close(ours, theirs)


TABLE = [
    ("elastic_net", [X], {"l1": -1.0, "l2": 0.0}, "l1 must be at least 0 and finite, got -1.0"),
    ("soft_threshold", [X], {"threshold": float("nan")}, "threshold must be at least 0 and"),
    ("elastic_net_proximal", [X], {"lr": -0.1, "l1": 0.0, "l2": 0.0}, "lr must be at least 0"),
    ("dropout", [X], {"mask": MASK, "rate": 1.0}, "rate must be at least 0 and less than 1"),
    ("dropout", [X], {"mask": [1.0], "rate": 0.5}, "mask must have the shape of x, (2, 3, 6, 5)"),
    ("warp", [(3, 6, 5)], {"moves": np.eye(3)}, "x must have 4 axes (N, C, H, W), got 3"),
    ("warp", [X], {"moves": np.eye(2)}, "moves must be (3, 3) or (2, 3, 3), got (2, 2)"),
    ("stretch", [X], {"rows": 0.0, "columns": 1.0}, "moves must be invertible"),
    ("rotate", [X], {"degrees": np.ones(3)}, "degrees must be one number or one an image, (2,)"),
    ("shear", [X], {"columns": np.ones(3)}, "columns must be one number or one an image, (2,)"),
    ("translate", [X], {"rows": 0, "columns": np.ones(3)}, "columns must be one number or one"),
    ("flip", [X], {"chosen": [True]}, "chosen must be one bool or one an image, (2,), got (1,)"),
    ("flip", [X], {"chosen": True, "direction": "in"}, "direction must be one of"),
    ("crop", [X], {"corners": np.zeros((3, 2), int), "size": 3}, "corners must be (2, 2)"),
    ("crop", [X], {"corners": np.full((2, 2), 4), "size": 3}, "between 0 and 3 along the rows"),
    ("crop", [X], {"corners": np.zeros((2, 2), int), "size": 7}, "by 1 rows and 2 columns"),
    ("gamma", [X], {"exponent": np.ones(3)}, "exponent must be one number or one an image"),
    ("color_cast", [X], {"gains": [1.0]}, "gains must be (3,) or (2, 3), one a channel, got (1,)"),
    ("smooth_labels", [], {"labels": [0], "classes": 1, "alpha": 0.1}, "classes must be at least"),
    ("smooth_labels", [], {"labels": [0], "classes": 2, "alpha": -1.0}, "alpha must lie between"),
    ("replace_labels", [], {"labels": [0], "chosen": [True, True], "drawn": [1]}, "must all be"),
    ("ridge_fit", [(3, 2), (4,)], {}, "expected features (N, D) and y (N,) or (N, K), got (3, 2)"),
    ("ridge_fit", [(3, 2), (3,)], {"l2": -1.0}, "l2 must be at least 0"),
]


@pytest.mark.parametrize(("name", "shapes", "options", "message"), TABLE)
def test_the_same_error_in_both_backends(name, shapes, options, message):
    slow = getattr(reference, f"{name}_forward", None) or getattr(reference, name)
    with pytest.raises(ValueError, match=re.escape(message)):
        slow(*(np.ones(shape) for shape in shapes), **options)
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(accelerated, name)(*(torch.ones(shape) for shape in shapes), **options)


def test_penalties_want_weights_and_one_number():
    with pytest.raises(TypeError, match="w must be float32 or float64, got int64"):
        reference.l2_penalty_forward(np.ones(3, int))
    with pytest.raises(ValueError, match=r"dout must be one number, got shape \(3,\)"):
        reference.l2_penalty_backward(np.ones(3), reference.l2_penalty_forward(np.ones(3))[1])
    with pytest.raises(TypeError, match=r"w must be a torch\.Tensor, got ndarray"):
        accelerated.l2_penalty(np.ones(3))  # type: ignore[arg-type]
