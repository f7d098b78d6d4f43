"""What only the PyTorch side of the layers promises: compile, autocast, formats, devices."""

import pytest
import torch

from cvlib.layers import accelerated

CALLS = {
    "linear": ([(3, 4), (5, 4), (5,)], {}),
    "max_pool2d": ([(2, 4, 8, 9)], {"kernel": 3, "stride": 2, "padding": 1}),
    "sum_pool2d": ([(2, 4, 8, 9)], {"kernel": (2, 3)}),
    "avg_pool2d": ([(2, 4, 8, 9)], {"kernel": 2, "padding": 1, "count_include_pad": False}),
    "global_avg_pool2d": ([(2, 4, 8, 9)], {}),
}


def tensors(name):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator) for shape in CALLS[name][0]]


def test_every_function_is_called_here():
    assert set(CALLS) == set(accelerated.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_compiles_whole(name):
    torch._dynamo.reset()
    function, options = getattr(accelerated, name), CALLS[name][1]
    # aot_eager traces forward and backward and needs no C compiler
    compiled = torch.compile(
        lambda *arrays: function(*arrays, **options), fullgraph=True, backend="aot_eager"
    )
    plain = [tensor.requires_grad_() for tensor in tensors(name)]
    traced = [tensor.detach().clone().requires_grad_() for tensor in plain]
    expected, out = function(*plain, **options), compiled(*traced)
    torch.testing.assert_close(out, expected)
    expected.square().sum().backward()
    out.square().sum().backward()
    for ours, theirs in zip(traced, plain, strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("name", [name for name in CALLS if name.endswith("pool2d")])
def test_channels_last_gives_the_same(name):
    (x,) = tensors(name)
    last = x.to(memory_format=torch.channels_last)
    out = getattr(accelerated, name)(last, **CALLS[name][1])
    plain = getattr(accelerated, name)(x, **CALLS[name][1])
    torch.testing.assert_close(out, plain, check_stride=False)
    if out.ndim == 4:
        assert out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", CALLS)
def test_autocast(name):
    x, *others = tensors(name)
    with torch.autocast("cpu", torch.bfloat16):
        out = getattr(accelerated, name)(x.bfloat16(), *others, **CALLS[name][1])
    assert out.dtype == torch.bfloat16
    exact = getattr(accelerated, name)(x, *others, **CALLS[name][1])
    torch.testing.assert_close(out.float(), exact, rtol=0.05, atol=0.1)


@pytest.mark.parametrize("name", CALLS)
def test_stays_on_its_device(name):
    on_meta = [tensor.to("meta") for tensor in tensors(name)]
    out = getattr(accelerated, name)(*on_meta, **CALLS[name][1])
    assert out.device.type == "meta"
    assert out.shape == getattr(accelerated, name)(*tensors(name), **CALLS[name][1]).shape
