"""What only the PyTorch side of the layers promises: compile, autocast, formats, devices."""

import pytest
import torch
from on_torch import assert_autocasts, assert_compiles, assert_stays_on_its_device, call

from cvlib.layers import accelerated

CALLS = {
    "linear": ([(3, 4), (5, 4), (5,)], {}),
    "max_pool2d": ([(2, 4, 8, 9)], {"kernel": 3, "stride": 2, "padding": 1}),
    "sum_pool2d": ([(2, 4, 8, 9)], {"kernel": (2, 3)}),
    "avg_pool2d": ([(2, 4, 8, 9)], {"kernel": 2, "padding": 1, "count_include_pad": False}),
    "global_avg_pool2d": ([(2, 4, 8, 9)], {}),
}


def made(name):
    return call(accelerated, name, *CALLS[name])


def test_every_function_is_called_here():
    assert set(CALLS) == set(accelerated.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_compiles_whole(name):
    assert_compiles(*made(name))


@pytest.mark.parametrize("name", [name for name in CALLS if name.endswith("pool2d")])
def test_channels_last_gives_the_same(name):
    function, (x,) = made(name)
    out = function(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(out, function(x), check_stride=False)
    if out.ndim == 4:
        assert out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", CALLS)
def test_autocast(name):
    assert_autocasts(*made(name), atol=0.1)


@pytest.mark.parametrize("name", CALLS)
def test_stays_on_its_device(name):
    assert_stays_on_its_device(*made(name))
