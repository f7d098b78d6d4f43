"""The fast forms are the definitions with their loops, whatever the shape."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_cases_convolution import SEEDS, both, transposed
from twin_cases_layers import pools
from twins import Call

from cvlib.convolution import conv_transpose2d_forward, conv_transpose2d_naive
from cvlib.layers import avg_pool2d_forward, max_pool2d_forward, sum_pool2d_forward
from cvlib.layers.definition import avg_pool2d_naive, max_pool2d_naive
from cvlib.losses import softmax_cross_entropy_forward
from cvlib.losses.definition import softmax_cross_entropy_naive
from cvlib.normalization import (
    batch_norm_forward,
    group_norm_forward,
    instance_norm_forward,
    layer_norm_forward,
)
from cvlib.normalization.definition import (
    batch_norm_naive,
    group_norm_naive,
    instance_norm_naive,
    layer_norm_naive,
)
from cvlib.receptive_field import LayerGeometry, grow_backward, grow_forward
from cvlib.receptive_field.definition import pixels_naive
from cvlib.regularization import dropout_forward, dropout_mask
from cvlib.regularization.definition import dropout_naive

DRAWS = settings(max_examples=40, deadline=None, derandomize=True, database=None)


@DRAWS
@given(call=transposed())
def test_transposed_convolution(call: Call) -> None:
    fast, _ = conv_transpose2d_forward(*call.arrays.values(), **call.options)  # type: ignore[arg-type]
    slow = conv_transpose2d_naive(*call.arrays.values(), **call.options)  # type: ignore[arg-type]
    np.testing.assert_allclose(fast, slow, rtol=1e-10, atol=1e-12)


@DRAWS
@given(call=pools())
def test_pooling(call: Call) -> None:
    x = call.arrays["x"]
    assert x is not None
    np.testing.assert_array_equal(
        max_pool2d_forward(x, **call.options)[0], max_pool2d_naive(x, **call.options)
    )
    mean = avg_pool2d_naive(x, **call.options)
    np.testing.assert_allclose(avg_pool2d_forward(x, **call.options)[0], mean, atol=1e-12)
    cells = np.prod(both(call.options["kernel"]))
    np.testing.assert_allclose(sum_pool2d_forward(x, **call.options)[0], cells * mean, atol=1e-12)


@DRAWS
@given(
    seed=SEEDS,
    n=st.integers(1, 3),
    groups=st.integers(1, 3),
    size=st.integers(1, 3),
    pixels=st.tuples(st.integers(1, 4), st.integers(2, 4)),
)
def test_the_four_norms(seed: int, n: int, groups: int, size: int, pixels: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    shape = n, groups * size, *pixels
    x = 2 * rng.standard_normal(shape) + 3
    gamma, beta = rng.standard_normal((2, shape[1]))
    wide, high = rng.standard_normal((2, *shape[1:]))
    pairs = [
        (batch_norm_forward(x, gamma, beta, training=True)[0], batch_norm_naive(x, gamma, beta)),
        (layer_norm_forward(x, wide, high)[0], layer_norm_naive(x, wide, high)),
        (instance_norm_forward(x, gamma, beta)[0], instance_norm_naive(x, gamma, beta)),
        (group_norm_forward(x, gamma, beta, groups=groups)[0],
         group_norm_naive(x, gamma, beta, groups=groups)),
    ]  # fmt: skip
    for fast, slow in pairs:
        np.testing.assert_allclose(fast, slow, rtol=1e-8, atol=1e-8)


@DRAWS
@given(
    seed=SEEDS, shape=st.lists(st.integers(0, 4), min_size=1, max_size=4), rate=st.floats(0, 0.95)
)
def test_dropout(seed: int, shape: list[int], rate: float) -> None:
    x = np.random.default_rng(seed).standard_normal(shape)
    mask = dropout_mask(x.shape, rate, np.random.default_rng(seed + 1))
    slow = dropout_naive(x, rate, np.random.default_rng(seed + 1))
    np.testing.assert_allclose(dropout_forward(x, mask, rate=rate)[0], slow, rtol=1e-14)


@DRAWS
@given(seed=SEEDS, n=st.integers(1, 6), classes=st.integers(1, 6))
def test_softmax_cross_entropy(seed: int, n: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = 5 * rng.standard_normal((n, classes)), rng.integers(classes, size=n)
    fast, _ = softmax_cross_entropy_forward(scores, labels)
    assert fast == pytest.approx(softmax_cross_entropy_naive(scores, labels), rel=1e-10, abs=1e-12)


LAYERS = st.lists(
    st.builds(
        LayerGeometry,
        st.integers(1, 4),
        stride=st.integers(1, 3),
        padding=st.integers(0, 2),
        dilation=st.integers(1, 3),
    ),
    min_size=0,
    max_size=4,
)


@DRAWS
@given(layers=LAYERS, unit=st.integers(-5, 20))
def test_both_recursions_give_the_width_of_what_is_read(
    layers: list[LayerGeometry], unit: int
) -> None:
    seen = pixels_naive(layers, unit)
    width = max(seen) - min(seen) + 1
    recursions: list[Callable[[], int]] = [
        lambda: grow_forward(layers)[-1][0][0],
        lambda: grow_backward(layers)[0][0],
    ]
    assert [recursion() for recursion in recursions] == [width, width]
    stride = grow_forward(layers)[-1][1][0]
    assert {p + stride for p in seen} == pixels_naive(layers, unit + 1)
