"""What only the PyTorch side of the activations promises: compile, autocast, devices."""

import pytest
import torch

from cvlib.activations import accelerated

CALLS = {
    **{name: ([(2, 4, 3, 3)], {}) for name in ("sigmoid", "tanh", "relu")},
    "leaky_relu": ([(2, 4, 3, 3)], {"slope": 0.2}),
    "elu": ([(2, 4, 3, 3)], {"alpha": 0.5}),
    "prelu": ([(2, 4, 3, 3), (4,)], {}),
    "maxout": ([(3, 4), (2, 5, 4), (2, 5)], {}),
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


@pytest.mark.parametrize("name", [name for name in CALLS if name != "maxout"])
def test_channels_last_stays_channels_last(name):
    x, *others = tensors(name)
    out = getattr(accelerated, name)(
        x.to(memory_format=torch.channels_last), *others, **CALLS[name][1]
    )
    assert out.is_contiguous(memory_format=torch.channels_last)
