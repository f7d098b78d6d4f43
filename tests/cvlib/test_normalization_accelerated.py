"""The twins beyond their numbers: autocast, compile, memory format, half precision."""

import pytest
import torch

from cvlib.normalization import accelerated

CALLS = {
    "batch_norm": lambda x, v: accelerated.batch_norm(x, v, v, training=True),
    "batch_norm outside training": lambda x, v: accelerated.batch_norm(
        x, v, v, v, v.abs() + 1, training=False
    ),
    "layer_norm": lambda x, v: accelerated.layer_norm(x, x[0].detach(), None),
    "group_norm": lambda x, v: accelerated.group_norm(x, v, v, groups=2),
    "group_norm, shift alone": lambda x, v: accelerated.group_norm(x, None, v, groups=2),
    "instance_norm": lambda x, v: accelerated.instance_norm(x, v, v),
    "normalize": lambda x, v: accelerated.normalize(x, axes=(0, 2, 3)),
    "local_response_norm": lambda x, v: accelerated.local_response_norm(x, size=3),
}


def inputs(dtype=torch.float32):
    torch.manual_seed(0)
    return torch.randn(3, 4, 5, 6).to(dtype), torch.randn(4).to(dtype)


@pytest.mark.parametrize("name", CALLS)
def test_each_traces_whole(name):
    x, v = inputs()
    compiled = torch.compile(CALLS[name], backend="eager", fullgraph=True)
    assert torch.equal(compiled(x, v), CALLS[name](x, v))


@pytest.mark.parametrize("name", CALLS)
def test_each_runs_under_autocast_and_in_half_precision(name):
    x, v = inputs()
    expected = CALLS[name](x, v)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = CALLS[name](x, v)
    assert torch.allclose(out.float(), expected, atol=0.1)
    half = CALLS[name](x.bfloat16(), v.bfloat16())
    assert half.dtype == torch.bfloat16
    assert torch.allclose(half.float(), expected, atol=0.2, rtol=0.05)


@pytest.mark.parametrize("name", ["batch_norm", "batch_norm outside training", "normalize"])
def test_channels_last_stays_channels_last(name):
    x, v = inputs()
    out = CALLS[name](x.contiguous(memory_format=torch.channels_last), v)
    assert out.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(out, CALLS[name](x, v), atol=1e-6)


def test_half_precision_batches_keep_single_precision_statistics():
    x = torch.randn(64, 2, 8, 8).bfloat16()
    mean, var = torch.zeros(2), torch.ones(2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = accelerated.batch_norm(x, torch.ones(2), torch.zeros(2), mean, var, training=True)
    assert out.dtype == torch.bfloat16
    assert (mean != 0).all()


def test_statistics_that_do_not_fit_are_named():
    x, v = inputs()
    with pytest.raises(TypeError, match=r"running_mean has dtype torch\.float64, gamma has"):
        accelerated.batch_norm(x, v, v, v.double(), v.double(), training=True)
