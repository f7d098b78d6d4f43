"""What only the PyTorch side promises: compile, autocast, memory formats, devices."""

import pytest
import torch
from on_torch import assert_autocasts, assert_compiles, assert_stays_on_its_device, call

from cvlib.convolution import accelerated

CALLS = {
    "conv2d": ([(2, 4, 8, 9), (6, 2, 3, 3), (6,)], {"stride": 2, "padding": (1, 2), "groups": 2}),
    "conv_transpose2d": (
        [(2, 4, 8, 9), (4, 3, 3, 3), (6,)],
        {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2},
    ),
    "depthwise_conv2d": ([(2, 4, 8, 9), (8, 1, 3, 3)], {"padding": 1}),
    "depthwise_separable": ([(2, 4, 8, 9), (8, 1, 3, 3), (5, 8, 1, 1), (5,)], {"dilation": 2}),
    "two_3x3": ([(2, 4, 8, 9), (3, 4, 3, 3), (5, 3, 3, 3)], {"padding": 2}),
    "separable_pair": ([(2, 4, 8, 9), (3, 4, 3, 1), (5, 3, 1, 3)], {"stride": (1, 2)}),
    "compose_kernels": ([(3, 4, 3, 3), (5, 3, 1, 3)], {}),
    "im2col": ([(2, 4, 8, 9)], {"kernel_size": 3, "padding": 1}),
    "flatten": ([(2, 4, 8, 9)], {}),
    "unflatten": ([(2, 24)], {"shape": (2, 3, 4)}),
}
LAYERS = [
    name for name in CALLS if name not in ("compose_kernels", "im2col", "flatten", "unflatten")
]


def made(name):
    return call(accelerated, name, *CALLS[name])


def test_every_function_is_called_here():
    assert set(CALLS) | {"convolution_matrix"} == set(accelerated.__all__)


@pytest.mark.parametrize(
    ("name", "dynamic"),
    [*((name, False) for name in CALLS), ("conv2d", True), ("conv_transpose2d", True)],
)
def test_compiles_whole(name, dynamic):
    assert_compiles(*made(name), dynamic=dynamic)


@pytest.mark.parametrize("name", LAYERS)
def test_channels_last_stays_channels_last(name):
    function, (x, *others) = made(name)
    x = x.to(memory_format=torch.channels_last)
    out = function(x, *others)
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, function(x.contiguous(), *others), check_stride=False)


@pytest.mark.parametrize("name", LAYERS)
def test_autocast_chooses_the_precision(name):
    assert_autocasts(*made(name), atol=0.3)


@pytest.mark.parametrize("name", CALLS)
def test_stays_on_its_device(name):
    assert_stays_on_its_device(*made(name))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_matrix_carries_gradients(dtype):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 2, 5, 5, dtype=dtype, generator=generator)
    w = torch.randn(3, 2, 3, 3, dtype=dtype, generator=generator)
    by_matrix, by_conv = w.clone().requires_grad_(), w.clone().requires_grad_()
    matrix = accelerated.convolution_matrix(by_matrix, (2, 5, 5), stride=2, padding=1)
    assert matrix.dtype == dtype
    out = accelerated.conv2d(x, by_conv, stride=2, padding=1)
    flat = matrix @ accelerated.flatten(x).T
    torch.testing.assert_close(flat.T, accelerated.flatten(out))
    flat.square().sum().backward()
    out.square().sum().backward()
    torch.testing.assert_close(by_matrix.grad, by_conv.grad)
