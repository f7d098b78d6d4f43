"""Bad input gets an error that names what was expected, what came and where: in both backends."""

import re

import numpy as np
import pytest
import torch

from cvlib.normalization import accelerated, reference

X = (2, 4, 3, 3)
TRAINING = {"training": True}

# name, shapes of the arrays, options, error, message
TABLE = [
    ("batch_norm", [(5,), None, None], TRAINING, ValueError,
     "x must have axes (N, C), (N, C, L) or (N, C, H, W), got 1: shape (5,)"),
    ("batch_norm", [(2, 3, 4, 5, 6), None, None], TRAINING, ValueError,
     "got 5: shape (2, 3, 4, 5, 6)"),
    ("batch_norm", [(2, 0, 4), None, None], TRAINING, ValueError,
     "x must have at least 1 along C, got 0 (x.shape[1])"),
    ("batch_norm", [(2, 3, 0), None, None], TRAINING, ValueError,
     "x must have at least 1 along L, got 0 (x.shape[2])"),
    ("batch_norm", [X, (3,), None], TRAINING, ValueError,
     "gamma must have shape (4,), one number a channel of x (x.shape[1]), got (3,) (gamma.shape)"),
    ("batch_norm", [X, None, (4, 1)], TRAINING, ValueError,
     "beta must have shape (4,), one number a channel of x (x.shape[1]), got (4, 1) (beta.shape)"),
    ("batch_norm", [X, None, None, (2,), (4,)], TRAINING, ValueError,
     "running_mean must have shape (4,)"),
    ("batch_norm", [X, None, None, (4,), (9,)], {"training": False}, ValueError,
     "running_var must have shape (4,)"),
    ("batch_norm", [X, None, None, (4,), None], TRAINING, ValueError,
     "expected both running statistics or neither, got no running_var"),
    ("batch_norm", [X, None, None, None, (4,)], {"training": False}, ValueError,
     "expected both running statistics or neither, got no running_mean"),
    ("batch_norm", [X, None, None], {"training": False}, ValueError,
     "expected running_mean and running_var when training=False, got None"),
    ("batch_norm", [(1, 4), None, None], TRAINING, ValueError,
     "training needs at least 2 numbers a channel, got N = 1 (x.shape = (1, 4))"),
    ("batch_norm", [(1, 4, 1), None, None], TRAINING, ValueError,
     "got N · L = 1 (x.shape = (1, 4, 1))"),
    ("batch_norm", [(1, 4, 1, 1), None, None], TRAINING, ValueError,
     "training needs at least 2 numbers a channel, got N · H · W = 1 (x.shape = (1, 4, 1, 1)): "
     "one number alone minus its mean is 0, whatever it was"),
    ("batch_norm", [(0, 4, 2, 2), None, None], TRAINING, ValueError,
     "got N · H · W = 0"),
    ("batch_norm", [X, None, None], {**TRAINING, "eps": -1e-5}, ValueError,
     "eps must be at least 0, got -1e-05"),
    ("batch_norm", [X, None, None], {**TRAINING, "eps": "small"}, TypeError,
     "eps must be a number, got 'small'"),
    ("batch_norm", [X, None, None], {**TRAINING, "momentum": 1.1}, ValueError,
     "momentum must lie between 0 and 1, got 1.1: it is the share of the new batch"),
    ("batch_norm", [X, None, None], {**TRAINING, "momentum": True}, TypeError,
     "momentum must be a number, got True"),
    ("group_norm", [(2, 4, 3), None, None], {"groups": 2}, ValueError,
     "x must have 4 axes (N, C, H, W), got 3: shape (2, 4, 3)"),
    ("group_norm", [(2, 4, 0, 3), None, None], {"groups": 2}, ValueError,
     "x must have at least 1 along H, got 0 (x.shape[2])"),
    ("group_norm", [X, None, None], {"groups": 3}, ValueError,
     "groups must divide the 4 channels of x, got groups=3 (x.shape[1])"),
    ("group_norm", [X, None, None], {"groups": 0}, ValueError,
     "groups must divide the 4 channels of x, got groups=0 (x.shape[1])"),
    ("group_norm", [X, None, None], {"groups": 2.0}, TypeError,
     "groups must be an int, got 2.0"),
    ("group_norm", [X, (2,), None], {"groups": 2}, ValueError,
     "gamma must have shape (4,)"),
    ("group_norm", [X, None, None], {"groups": 2, "eps": -1.0}, ValueError,
     "eps must be at least 0"),
    ("instance_norm", [(2, 4), None, None], {}, ValueError,
     "x must have 4 axes (N, C, H, W), got 2: shape (2, 4)"),
    ("instance_norm", [X, None, (3,)], {}, ValueError,
     "beta must have shape (4,)"),
    ("layer_norm", [X, None, None], {}, ValueError,
     "expected gamma or beta, whose axes say what to normalize over, got neither"),
    ("layer_norm", [X, (3, 4), None], {}, ValueError,
     "gamma must have the shape of the last axes of x, all but N at most: x has (2, 4, 3, 3), "
     "got (3, 4) (gamma.shape)"),
    ("layer_norm", [(3, 3), None, (3, 3)], {}, ValueError,
     "beta must have the shape of the last axes of x, all but N at most"),
    ("layer_norm", [X, (), None], {}, ValueError,
     "gamma must have the shape of the last axes of x"),
    ("layer_norm", [X, (3, 3), (3,)], {}, ValueError,
     "gamma and beta must have one shape, got (3, 3) and (3,) (beta.shape)"),
    ("layer_norm", [(2, 0), (0,), None], {}, ValueError,
     "x must have at least 1 along each axis but N, got (2, 0)"),
    ("layer_norm", [X, (3,), None], {"eps": None}, TypeError,
     "eps must be a number, got None"),
    ("normalize", [X], {"axes": 4}, ValueError,
     "x has 4 axes, got axis 4 (axes)"),
    ("normalize", [X], {"axes": (1, -3)}, ValueError,
     "axes must name at least one axis, and each once, got (1, -3)"),
    ("normalize", [X], {"axes": ()}, ValueError,
     "axes must name at least one axis, and each once, got ()"),
    ("normalize", [X], {"axes": (1.0,)}, TypeError,
     "axes must be ints, got 1.0"),
    ("normalize", [(2, 0, 3)], {"axes": (0, 1)}, ValueError,
     "x must have at least 1 along a normalized axis, got 0 (x.shape[1])"),
    ("local_response_norm", [(2, 4, 3)], {}, ValueError,
     "x must have 4 axes (N, C, H, W), got 3: shape (2, 4, 3)"),
    ("local_response_norm", [X], {"size": 0}, ValueError,
     "size must be at least 1, got 0"),
    ("local_response_norm", [X], {"size": 2.5}, TypeError,
     "size must be an int, got 2.5"),
    ("local_response_norm", [X], {"alpha": -1.0}, ValueError,
     "alpha must be at least 0, got -1.0"),
    ("local_response_norm", [X], {"k": 0}, ValueError,
     "k must be above 0, got 0: it keeps the denominator from 0"),
    ("local_response_norm", [X], {"beta": "0.75"}, TypeError,
     "beta must be a number, got '0.75'"),
    ("update_running", [(3,), (3,)], {"momentum": -0.1}, ValueError,
     "momentum must lie between 0 and 1, got -0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "options", "error", "message"), TABLE)
def test_the_same_error_in_both_backends(name, shapes, options, error, message):
    slow = getattr(reference, f"{name}_forward", None) or getattr(reference, name)
    with pytest.raises(error, match=re.escape(message)):
        slow(*(None if s is None else np.ones(s) for s in shapes), **options)
    with pytest.raises(error, match=re.escape(message)):
        getattr(accelerated, name)(
            *(None if s is None else torch.ones(s) for s in shapes), **options
        )


FOLD = [(6, 4, 3, 3), (6,), (6,), (6,), (6,), (6,)]


@pytest.mark.parametrize(
    ("place", "shape", "message"),
    [
        (0, (6,), "w must have at least 2 axes (K, …), got 1: shape (6,)"),
        (1, (4,), "b must have shape (6,), one number an output of w (w.shape[0]), got (4,)"),
        (2, (4,), "gamma must have shape (6,)"),
        (5, (6, 1), "var must have shape (6,), one number an output of w (w.shape[0]), got (6, 1)"),
    ],
)
def test_folding_checks_shapes(place, shape, message):
    shapes = [*FOLD]
    shapes[place] = shape
    with pytest.raises(ValueError, match=re.escape(message)):
        reference.fold_batch_norm(*map(np.ones, shapes))


def test_dtypes():
    x, one = np.ones(X), np.ones(4)
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        reference.batch_norm_forward(np.ones(X, int), None, None, training=True)
    with pytest.raises(TypeError, match="gamma has dtype float32, x has float64"):
        reference.group_norm_forward(x, one.astype(np.float32), None, groups=2)
    with pytest.raises(TypeError, match="running_var has dtype float32, x has float64"):
        reference.batch_norm_forward(x, None, None, one, one.astype(np.float32), training=True)
    with pytest.raises(TypeError, match="x must be a NumPy array, got list"):
        reference.local_response_norm_forward(x.tolist())
    with pytest.raises(TypeError, match=r"x must be a torch\.Tensor, got ndarray"):
        accelerated.normalize(x, axes=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"x must have a floating dtype, got torch\.int64"):
        accelerated.layer_norm(torch.ones(X).long(), torch.ones(3), None)


FORWARDS = [
    ("batch_norm", (None, None), TRAINING),
    ("layer_norm", (np.ones(3), None), {}),
    ("group_norm", (None, None), {"groups": 2}),
    ("instance_norm", (None, None), {}),
    ("normalize", (), {"axes": (1, 2)}),
    ("local_response_norm", (), {}),
]


@pytest.mark.parametrize(("name", "others", "options"), FORWARDS)
def test_upstream_gradients(name, others, options):
    out, cache = getattr(reference, f"{name}_forward")(np.ones(X), *others, **options)
    backward = getattr(reference, f"{name}_backward")
    expected = re.escape(f"dout must have the output's shape {X}, got (1, 1, 1, 1)")
    with pytest.raises(ValueError, match=expected):
        backward(np.ones((1, 1, 1, 1)), cache)
    with pytest.raises(TypeError, match="dout must be float64 like the input, got float32"):
        backward(out.astype(np.float32), cache)
    with pytest.raises(TypeError, match="dout must be a NumPy array, got float"):
        backward(1.0, cache)
