"""A factorized convolution is one convolution with the composed kernel."""

import numpy as np
import pytest
from hypothesis import given, settings
from twin_cases_convolution import depthwise, two_kernels

from cvlib.convolution import (
    compose_kernels,
    conv2d_forward,
    count_macs,
    count_parameters,
    depthwise_conv2d_forward,
    depthwise_separable_forward,
    separable_pair_forward,
    two_3x3_forward,
)

DRAWS = settings(max_examples=40, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("forward", "square"), [(two_3x3_forward, True), (separable_pair_forward, False)]
)
def test_two_kernels_are_one(forward, square):
    @DRAWS
    @given(call=two_kernels(square=square))
    def equal(call):
        x, w1, w2 = call.arrays.values()
        out, _ = forward(x, w1, w2, **call.options)
        kernel = compose_kernels(w1, w2)
        assert kernel.shape[2:] == ((5, 5) if square else (w1.shape[2], w2.shape[3]))
        np.testing.assert_allclose(out, conv2d_forward(x, kernel, **call.options)[0], atol=1e-10)

    equal()


def test_a_separable_kernel_is_an_outer_product():
    rng = np.random.default_rng(0)
    column, row = rng.standard_normal(4), rng.standard_normal(3)
    kernel = compose_kernels(column.reshape(1, 1, 4, 1), row.reshape(1, 1, 1, 3))
    np.testing.assert_allclose(kernel[0, 0], np.outer(column, row))


def test_padding_each_of_two_3x3_differs_along_the_border_only():
    rng = np.random.default_rng(0)
    x, w1, w2 = (rng.standard_normal(shape) for shape in ((1, 1, 8, 8), (1, 1, 3, 3), (1, 1, 3, 3)))
    once, _ = two_3x3_forward(x, w1, w2, padding=2)
    middle, _ = conv2d_forward(x, w1, padding=1)
    twice, _ = conv2d_forward(middle, w2, padding=1)
    differs = ~np.isclose(once, twice)[0, 0]
    assert differs[0].all()
    assert not differs[1:-1, 1:-1].any()


@DRAWS
@given(call=depthwise(pointwise=True))
def test_depthwise_separable_is_one_convolution(call):
    x, depthwise_w, pointwise_w, b = call.arrays.values()
    out, _ = depthwise_separable_forward(x, depthwise_w, pointwise_w, b, **call.options)
    # w[k, c] = Σ_q pointwise[k, c·m + q] · depthwise[c·m + q]
    mixed = pointwise_w[:, :, 0, 0, None, None] * depthwise_w[None, :, 0]
    w = mixed.reshape(len(mixed), x.shape[1], -1, *mixed.shape[2:]).sum(axis=2)
    np.testing.assert_allclose(out, conv2d_forward(x, w, b, **call.options)[0], atol=1e-10)


@DRAWS
@given(call=depthwise())
def test_depthwise_is_one_convolution_a_channel(call):
    x, w, b = call.arrays.values()
    out, _ = depthwise_conv2d_forward(x, w, b, **call.options)
    multiplier = len(w) // x.shape[1]
    for c in range(x.shape[1]):
        mine = slice(c * multiplier, (c + 1) * multiplier)
        bias = None if b is None else b[mine]
        alone, _ = conv2d_forward(x[:, c : c + 1], w[mine], bias, **call.options)
        np.testing.assert_allclose(out[:, mine], alone, atol=1e-10)


def test_counts_of_the_factorizations():
    # 5×5 as two 3×3: 18 / 25; n×n as n×1 and 1×n: 2 / n; depthwise-separable: 1 / K + 1 / n²
    def weights(*arguments, **options):
        return count_parameters(*arguments, bias=False, **options)

    assert 25 * 2 * weights(64, 64, 3) == 18 * weights(64, 64, 5)
    assert 7 * (weights(64, 64, (7, 1)) + weights(64, 64, (1, 7))) == 2 * weights(64, 64, 7)
    separable = weights(64, 64, 3, groups=64) + weights(64, 128, 1)
    assert separable == 64 * 9 + 64 * 128
    assert np.isclose(separable / weights(64, 128, 3), 1 / 128 + 1 / 9)
    macs = count_macs(56, 64, 64, 3, groups=64) + count_macs(56, 64, 128, 1)
    assert np.isclose(macs / count_macs(56, 64, 128, 3), 1 / 128 + 1 / 9)
