"""What only the PyTorch side of the activations promises: compile, autocast, devices."""

import pytest
import torch
from on_torch import assert_autocasts, assert_compiles, assert_stays_on_its_device, call

from cvlib.activations import accelerated

CALLS = {
    **{name: ([(2, 4, 3, 3)], {}) for name in ("sigmoid", "tanh", "relu")},
    "leaky_relu": ([(2, 4, 3, 3)], {"slope": 0.2}),
    "elu": ([(2, 4, 3, 3)], {"alpha": 0.5}),
    "prelu": ([(2, 4, 3, 3), (4,)], {}),
    "maxout": ([(3, 4), (2, 5, 4), (2, 5)], {}),
}


def made(name):
    return call(accelerated, name, *CALLS[name])


def test_every_function_is_called_here():
    assert set(CALLS) == set(accelerated.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_compiles_whole(name):
    assert_compiles(*made(name))


@pytest.mark.parametrize("name", CALLS)
def test_autocast(name):
    assert_autocasts(*made(name), atol=0.1)


@pytest.mark.parametrize("name", CALLS)
def test_stays_on_its_device(name):
    assert_stays_on_its_device(*made(name))


@pytest.mark.parametrize("name", [name for name in CALLS if name != "maxout"])
def test_channels_last_stays_channels_last(name):
    function, (x, *others) = made(name)
    out = function(x.to(memory_format=torch.channels_last), *others)
    assert out.is_contiguous(memory_format=torch.channels_last)
