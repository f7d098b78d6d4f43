"""Parameters and multiplications are counted as they are kept and done."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from twin_cases_convolution import grouped

from cvlib.convolution import (
    conv2d_forward,
    convolution_matrix,
    count_macs,
    count_parameters,
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(call=grouped())
def test_counts(call):
    x, w, b = call.arrays.values()
    groups = call.options["groups"]
    layer = torch.nn.Conv2d(
        x.shape[1], len(w), w.shape[2:], groups=groups, bias=b is not None, device="meta"
    )
    sizes = x.shape[1], len(w), w.shape[2:]
    counted = count_parameters(*sizes, groups=groups, bias=b is not None)
    assert counted == sum(p.numel() for p in layer.parameters())
    out, _ = conv2d_forward(x, w, b, **call.options)
    # one multiplication an entry of the matrix, if the padding were pixels
    options = {**call.options, "padding": 0}
    padding = call.options["padding"]
    rows, columns = padding if isinstance(padding, tuple) else (padding, padding)
    padded = x.shape[1], x.shape[2] + 2 * rows, x.shape[3] + 2 * columns
    matrix = convolution_matrix(np.ones_like(w), padded, **options)
    assert count_macs(out.shape[2:], *sizes, groups=groups) == matrix.nnz


def test_known_layers():
    # AlexNet's first layer and VGG-16's second, as their papers' shapes give them
    assert count_parameters(3, 96, 11) == 34_944
    assert count_macs(55, 3, 96, 11) == 105_415_200
    assert count_parameters(64, 64, 3) == 36_928
    assert count_macs(224, 64, 64, 3) == 1_849_688_064
    # a 1×1 layer is one dense layer a pixel
    assert count_parameters(256, 64, 1, bias=False) == 256 * 64
    assert count_macs((28, 14), 256, 64, 1) == 28 * 14 * 256 * 64


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((6, 4, 3), {"groups": 4}, "groups must divide in_channels, got groups=4, in_channels=6"),
        ((4, 6, 3), {"groups": 4}, "groups must divide out_channels, got groups=4, out_channels=6"),
        ((0, 6, 3), {}, "in_channels must be at least 1, got 0"),
        ((4, 6, 0), {}, "kernel_size must be at least 1, got 0"),
    ],
)
def test_errors(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        count_parameters(*arguments, **options)
    with pytest.raises(ValueError, match=message):
        count_macs(5, *arguments, **options)
