"""What only the PyTorch side promises: compile, autocast, devices, labels of any kind."""

import numpy as np
import pytest
import torch
from on_torch import assert_compiles, assert_stays_on_its_device

from cvlib.losses import accelerated

LABELS = torch.tensor([0, 3, 1, 1, 2])
ROWS = torch.softmax(torch.arange(20.0).reshape(5, 4) % 7, dim=1)
CALLS = {
    "softmax": (),
    "log_softmax": (0,),
    "softmax_cross_entropy": (LABELS,),
    "softmax_cross_entropy_losses": (ROWS,),
    "hinge": (LABELS,),
    "hinge_losses": (LABELS, 0.5),
    "squared_error": (ROWS,),
    "squared_error_losses": (ROWS,),
}
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def scores():
    return torch.randn((5, 4), generator=torch.Generator().manual_seed(0))


def made(name):
    return lambda x: getattr(accelerated, name)(x, *CALLS[name])


def test_every_function_is_called_here():
    assert set(CALLS) == set(accelerated.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_compiles_whole(name):
    assert_compiles(made(name), [scores()])


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("device", DEVICES)
def test_runs_on_a_device_and_under_autocast(name, device):
    function = getattr(accelerated, name)
    options = [o.to(device) if isinstance(o, torch.Tensor) else o for o in CALLS[name]]
    exact = function(scores().to(device), *options)
    assert exact.device.type == device
    half = scores().to(device, torch.bfloat16).requires_grad_()
    with torch.autocast(device, dtype=torch.bfloat16):
        loss = function(half, *options)
    loss.sum().backward()
    assert half.grad.dtype == torch.bfloat16
    torch.testing.assert_close(loss.float(), exact, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("kind", [list, tuple, np.array, np.uint8, torch.tensor])
def test_labels_may_come_as_anything(kind):
    labels = kind(LABELS.tolist())
    for name in ("softmax_cross_entropy", "hinge"):
        function = getattr(accelerated, name)
        torch.testing.assert_close(function(scores(), labels), function(scores(), LABELS))
    torch.testing.assert_close(
        accelerated.softmax_cross_entropy(scores(), ROWS.double().numpy()),
        accelerated.softmax_cross_entropy(scores(), ROWS),
    )


@pytest.mark.parametrize("name", CALLS)
def test_looks_at_no_value(name):
    assert_stays_on_its_device(made(name), [scores()])


def test_second_derivatives_exist():
    x = scores().double().requires_grad_()
    for name, targets in (("softmax_cross_entropy", LABELS), ("squared_error", ROWS.double())):
        function = getattr(accelerated, name)
        assert torch.autograd.gradgradcheck(lambda s, f=function, t=targets: f(s, t), x)
