"""Every backward of the layers is the gradient of its forward, by two independent measures."""

from typing import Any

import numpy as np
import pytest
from gradients import check_gradients

from cvlib.layers import (
    AvgPool2d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    MaxPool2d,
    Sequential,
    SumPool2d,
    gradient_check,
    gradient_check_layer,
    reference,
)

CHECKS: dict[str, tuple[dict[str, tuple[int, ...]], dict[str, Any]]] = {
    "linear": ({"x": (3, 4), "w": (5, 4), "b": (5,)}, {}),
    "max_pool2d": ({"x": (2, 2, 5, 6)}, {"kernel": 2}),
    "max_pool2d overlapping": (
        {"x": (2, 2, 5, 6)},
        {"kernel": 3, "stride": (1, 2), "padding": 1},
    ),
    "sum_pool2d": ({"x": (2, 2, 5, 6)}, {"kernel": 3, "stride": 2, "padding": (1, 0)}),
    "avg_pool2d": ({"x": (2, 2, 5, 6)}, {"kernel": (2, 3), "stride": 1, "padding": 1}),
    "avg_pool2d of real pixels": (
        {"x": (2, 2, 5, 6)},
        {"kernel": 3, "padding": 1, "count_include_pad": False},
    ),
    "global_avg_pool2d": ({"x": (2, 3, 4, 2)}, {}),
}


@pytest.mark.parametrize("name", CHECKS)
def test_numeric_gradients(name):
    shapes, options = CHECKS[name]
    operation = name.split()[0]
    forward = getattr(reference, f"{operation}_forward")
    backward = getattr(reference, f"{operation}_backward")
    rng = np.random.default_rng(3)
    arrays = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
    check_gradients(forward, backward, arrays, options)
    report = gradient_check(lambda *a: forward(*a, **options), backward, arrays, rng=rng)
    assert report.ok, report


LAYERS = {
    "Linear": (lambda rng: Linear(6, 4, rng=rng, dtype=np.float64), (3, 6)),
    "Linear without bias": (
        lambda rng: Linear(6, 4, rng=rng, bias=False, dtype=np.float64),
        (3, 6),
    ),
    "Conv2d": (
        lambda rng: Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2, rng=rng, dtype=np.float64),
        (2, 4, 5, 4),
    ),
    "MaxPool2d": (lambda rng: MaxPool2d(3, stride=2, padding=1), (2, 2, 5, 5)),
    "AvgPool2d": (lambda rng: AvgPool2d(2, padding=1, count_include_pad=False), (2, 2, 5, 5)),
    "SumPool2d": (lambda rng: SumPool2d((2, 1)), (2, 2, 4, 3)),
    "GlobalAvgPool2d": (lambda rng: GlobalAvgPool2d(), (2, 3, 4, 3)),
    "Flatten": (lambda rng: Flatten(), (2, 3, 2, 2)),
    "a network": (
        lambda rng: Sequential(
            Conv2d(1, 2, 3, padding=1, rng=rng, dtype=np.float64),
            MaxPool2d(2),
            Flatten(),
            Linear(8, 3, rng=rng, dtype=np.float64),
        ),
        (2, 1, 4, 4),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_have_the_gradients_of_their_functions(name):
    build, shape = LAYERS[name]
    rng = np.random.default_rng(1)
    layer = build(rng)
    report = gradient_check_layer(layer, rng.standard_normal(shape), rng=rng)
    assert report.ok, report
    assert len(report.arrays) == 1 + sum(1 for _ in layer.parameters())
