"""The gradient check of a layer: it leaves the layer alone, and names what was forgotten."""

import numpy as np
import pytest
from gradient_check_inputs import X, rng

from cvlib.layers import Flatten, Layer, Linear, Parameter, Sequential, gradient_check_layer


class Noisy(Layer):
    """A layer that draws numbers, counts its calls, and forgets a gradient when told to."""

    def __init__(self, forget=False):
        super().__init__()
        self.own["w"] = Parameter(np.array([2.0, 3.0, -1.0]))
        self.buffers["calls"] = np.zeros(())
        self.rng = np.random.default_rng(1)
        self.forget = forget

    def forward(self, x, *, training=False):
        self.buffers["calls"] += 1
        mask = self.rng.random(x.shape) < 0.5 if training else np.ones(x.shape)
        self.cache = x, mask
        return x * self.own["w"].value * mask

    def backward(self, dout):
        x, mask = self.recall()
        if not self.forget:
            self.own["w"].grad = (dout * x * mask).sum(axis=0)
        return dout * self.own["w"].value * mask


def test_a_random_layer_with_state_is_checked_and_left_alone():
    layer = Noisy()
    report = gradient_check_layer(layer, X, rng=rng(), training=True)
    assert report["w"].ok
    assert report["x"].agrees
    assert layer.buffers["calls"] == 0
    assert layer.cache is None
    assert (layer.own["w"].grad == 0).all()
    assert layer.own["w"].value.tolist() == [2, 3, -1]


def test_a_layer_that_forgets_a_parameter_is_caught_by_name():
    rng_ = rng()
    network = Sequential(Flatten(), Linear(4, 3, rng=rng_, dtype=np.float64), Noisy(forget=True))
    report = gradient_check_layer(network, rng_.standard_normal((3, 1, 2, 2)), rng=rng_)
    assert [array.name for array in report.arrays] == ["x", "1.w", "1.b", "2.w"]
    assert report["1.w"].ok
    assert not report["2.w"].agrees


def test_a_layer_in_float32_is_refused():
    with pytest.raises(TypeError, match="w must be float64 for a gradient check, got float32"):
        gradient_check_layer(Linear(3, 2, rng=rng()), X, rng=rng())
