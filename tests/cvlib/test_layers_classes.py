"""Layers as objects: parameters, state, order, and the two ways backward."""

import re

import numpy as np
import pytest

from cvlib.activations import Activation
from cvlib.layers import (
    AvgPool2d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    MaxPool2d,
    Sequential,
    SumPool2d,
)


def rng():
    return np.random.default_rng(0)


def network(seed=0):
    draw = np.random.default_rng(seed)
    return Sequential(
        Flatten(),
        Activation("tanh"),
        Linear(8, 6, rng=draw, dtype=np.float64),
        Activation("relu"),
        Linear(6, 3, rng=draw, dtype=np.float64, bias=False),
    )


def test_shapes_of_parameters_and_outputs():
    x = rng().standard_normal((2, 4, 9, 8)).astype(np.float32)
    conv = Conv2d(4, 6, (3, 2), stride=(2, 1), padding=1, groups=2, rng=rng())
    assert conv.own["w"].value.shape == (6, 2, 3, 2)
    out = conv.forward(x)
    assert out.shape == (2, 6, 5, 9)
    assert conv.backward(np.ones_like(out)).shape == x.shape
    linear = Linear(4, 7, rng=rng())
    assert linear.own["w"].value.shape == (7, 4)
    assert GlobalAvgPool2d().forward(x).shape == (2, 4)
    assert Flatten().forward(x).shape == (2, 4 * 9 * 8)
    assert Flatten().forward(x[:0]).shape == (0, 4 * 9 * 8)
    assert MaxPool2d(3, stride=2, padding=1).forward(x).shape == (2, 4, 5, 4)
    assert AvgPool2d((1, 2)).forward(x).shape == (2, 4, 9, 4)
    assert SumPool2d(2).forward(x).shape == (2, 4, 4, 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_are_drawn_and_biases_start_at_zero_without_decay(dtype):
    for layer in (
        Linear(300, 200, rng=rng(), dtype=dtype),
        Conv2d(30, 50, 3, rng=rng(), dtype=dtype),
    ):
        w, b = layer.own["w"], layer.own["b"]
        assert w.value.dtype == b.value.dtype == dtype
        inputs = w.value[0].size
        assert w.value.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.05)
        assert (b.value == 0).all()
        assert w.decay
        assert not b.decay
    assert (Linear(3, 2, rng=rng(), init="zeros").own["w"].value == 0).all()
    assert "b" not in Conv2d(3, 2, 1, rng=rng(), bias=False).own


def test_parameters_only_backward_gives_the_same_gradients():
    x = rng().standard_normal((4, 2, 2, 2))
    first, second = network(), network()
    dout = np.random.default_rng(1).standard_normal((4, 3))
    for net in (first, second):
        net.forward(x)
    first.backward(dout)
    second.backward_parameters(dout)
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert np.abs(ours.grad).max() > 0
        np.testing.assert_array_equal(ours.grad, theirs.grad)


@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_learns_the_same_without_the_image_gradient(bias):
    x = rng().standard_normal((3, 4, 7, 6))
    layer = Conv2d(4, 6, 3, stride=2, padding=1, groups=2, bias=bias, rng=rng(), dtype=np.float64)
    out = layer.forward(x)
    dout = np.random.default_rng(1).standard_normal(out.shape)
    layer.backward(dout)
    expected = [parameter.grad for parameter in layer.parameters()]
    assert len(expected) == 1 + bias
    for parameter in layer.parameters():
        parameter.grad = np.zeros_like(parameter.grad)
    layer.backward_parameters(dout)
    for parameter, gradient in zip(layer.parameters(), expected, strict=True):
        np.testing.assert_allclose(parameter.grad, gradient)
    with pytest.raises(ValueError, match="dout must have the output's shape"):
        layer.backward_parameters(dout[:, :, 1:])


def test_nothing_to_learn_is_no_error():
    net = Sequential(Flatten(), Activation("relu"))
    net.forward(np.ones((2, 1, 2, 2)))
    net.backward_parameters(np.ones((2, 4)))
    assert list(net.parameters()) == []


def test_gradients_are_set_not_added():
    net, x = network(), rng().standard_normal((4, 2, 2, 2))
    for _ in range(2):
        out = net.forward(x)
        net.backward(np.ones_like(out))
        seen = [parameter.grad.copy() for parameter in net.parameters()]
    net.forward(x)
    net.backward(np.ones_like(out))
    for parameter, gradient in zip(net.parameters(), seen, strict=True):
        np.testing.assert_array_equal(parameter.grad, gradient)


def test_state_and_back():
    net, other = network(0), network(1)
    x = rng().standard_normal((4, 2, 2, 2))
    state = net.state()
    assert sorted(state) == ["2.b", "2.w", "4.w"]
    assert not np.allclose(net.forward(x), other.forward(x))
    other.load_state(state)
    np.testing.assert_array_equal(net.forward(x), other.forward(x))
    # copies: what happens to the network later does not reach the state
    net.layers[2].own["w"].value[...] = 0
    assert np.abs(state["2.w"]).max() > 0


def test_a_wrong_state_is_named_and_changes_nothing():
    net = network()
    before = net.state()
    with pytest.raises(
        ValueError, match=re.escape("expected the arrays ['2.b', '2.w', '4.w'], got")
    ):
        net.load_state({"2.w": before["2.w"]})
    bad = {**{name: array + 1 for name, array in before.items()}, "4.w": np.zeros((2, 2))}
    with pytest.raises(ValueError, match=re.escape("4.w: expected shape (3, 6), got (2, 2)")):
        net.load_state(bad)
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    "layer",
    [
        Linear(2, 2, rng=rng()),
        Conv2d(1, 1, 1, rng=rng()),
        MaxPool2d(2),
        GlobalAvgPool2d(),
        Flatten(),
        Activation("relu"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_backward_needs_a_forward(layer):
    name = type(layer).__name__
    with pytest.raises(RuntimeError, match=f"{name}.backward needs a forward pass before it"):
        layer.backward(np.ones((1, 2)))


def test_a_bare_layer_does_nothing():
    with pytest.raises(NotImplementedError):
        Layer().forward(np.ones(1))
    with pytest.raises(NotImplementedError):
        Layer().backward(np.ones(1))


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: Linear(0, 2, rng=rng()), ValueError, "inputs must be at least 1, got 0"),
        (lambda: Linear(2, 2.0, rng=rng()), TypeError,  # type: ignore[arg-type]
         "outputs must be an int, got 2.0"),
        (lambda: Linear(2, 2, rng=rng(), init="good"), ValueError, "got 'good' (scheme)"),
        (lambda: Conv2d(0, 2, 3, rng=rng()), ValueError, "channels must be at least 1, got 0"),
        (lambda: Conv2d(2, 2, 0, rng=rng()), ValueError, "kernel must be at least 1, got 0"),
        (lambda: Conv2d(2, 2, 3, stride=0, rng=rng()), ValueError, "stride must be at least 1"),
        (lambda: Conv2d(3, 4, 3, groups=2, rng=rng()), ValueError,
         "groups must divide the 3 channels, got groups=2"),
        (lambda: Conv2d(4, 3, 3, groups=2, rng=rng()), ValueError,
         "groups must divide the 3 kernels, got groups=2"),
    ],
)  # fmt: skip
def test_bad_layers_are_refused(build, error, message):
    with pytest.raises(error, match=re.escape(message)):
        build()
