"""What the PyTorch side of every room promises beyond its numbers, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import torch

Function = Callable[..., torch.Tensor]


def call(
    module: ModuleType, name: str, shapes: Sequence[tuple[int, ...]], options: dict[str, Any]
) -> tuple[Function, list[torch.Tensor]]:
    """A function of a room with its options, and the same random arguments each time."""
    function = getattr(module, name)
    generator = torch.Generator().manual_seed(0)
    arrays = [torch.randn(shape, generator=generator) for shape in shapes]
    return lambda *given: function(*given, **options), arrays


def assert_compiles(
    function: Function,
    arrays: Sequence[torch.Tensor],
    *,
    whole: bool = True,
    dynamic: bool | None = None,
) -> None:
    """Demand of the compiled function the same values and gradients, by default in one graph."""
    torch._dynamo.reset()
    # aot_eager traces forward and backward and needs no C compiler
    compiled = torch.compile(function, fullgraph=whole, backend="aot_eager", dynamic=dynamic)
    plain = [array.detach().clone().requires_grad_() for array in arrays]
    traced = [array.detach().clone().requires_grad_() for array in arrays]
    expected, out = function(*plain), compiled(*traced)
    torch.testing.assert_close(out, expected)
    expected.square().sum().backward()
    out.square().sum().backward()
    for ours, theirs in zip(traced, plain, strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def assert_autocasts(function: Function, arrays: Sequence[torch.Tensor], *, atol: float) -> None:
    """Demand bfloat16 where an activation in bfloat16 meets weights in float32."""
    x, *others = arrays
    with torch.autocast("cpu", torch.bfloat16):
        out = function(x.bfloat16(), *others)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), function(x, *others), rtol=0.05, atol=atol)


def assert_stays_on_its_device(function: Function, arrays: Sequence[torch.Tensor]) -> None:
    """Demand a result where the arguments are, worked out without a look at their values."""
    out = function(*(array.to("meta") for array in arrays))
    assert out.device.type == "meta"
    assert out.shape == function(*arrays).shape
