"""Finds every operation that a room has twice, and compares the two on drawn calls.

A room is a folder of cvlib with a `reference.py` and an `accelerated.py`. Two public names are a
pair when the reference has `op_forward` and `op_backward` and the accelerated module has `op`, or
when both have the same name. `tests/cvlib/twin_cases_<room>.py` holds CASES, a hypothesis strategy
of `Call` for each pair; a pair without one fails.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import torch
from hypothesis.strategies import SearchStrategy

import cvlib

RTOL, ATOL = 1e-9, 1e-10


@dataclass(frozen=True)
class Call:
    """One call of both twins: arrays by name in their order, a None where one is left out."""

    arrays: Mapping[str, np.ndarray | None]
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True)
class Pair:
    """An operation with a reference and an accelerated twin."""

    room: str
    name: str
    reference: Callable[..., Any]
    backward: Callable[..., Any] | None
    accelerated: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.room}.{self.name}"


def rooms() -> list[str]:
    """Name every room of cvlib that has both modules."""
    names = []
    for module in pkgutil.iter_modules(cvlib.__path__):
        if module.ispkg:
            inside = {m.name for m in pkgutil.iter_modules([f"{cvlib.__path__[0]}/{module.name}"])}
            if {"reference", "accelerated"} <= inside:
                names.append(module.name)
    return names


def public(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return a module's public functions: those in `__all__`, or all that do not start with _."""
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    found = {name: getattr(module, name) for name in names}
    return {name: value for name, value in found.items() if inspect.isfunction(value)}


def modules(room: str) -> tuple[ModuleType, ModuleType]:
    """Import a room's reference and accelerated modules."""
    reference = importlib.import_module(f"cvlib.{room}.reference")
    return reference, importlib.import_module(f"cvlib.{room}.accelerated")


def pairs_of(room: str, reference: ModuleType, accelerated: ModuleType) -> list[Pair]:
    """List every pair of twins of two modules."""
    slow, fast = public(reference), public(accelerated)
    found = []
    for name, function in slow.items():
        operation = name.removesuffix("_forward")
        if name.endswith("_forward") and operation in fast:
            backward = slow[f"{operation}_backward"]
            found.append(Pair(room, operation, function, backward, fast[operation]))
        elif name in fast:
            found.append(Pair(room, name, function, None, fast[name]))
    return found


def without_twin(reference: ModuleType, accelerated: ModuleType) -> list[str]:
    """List operations that stand alone: a forward, a backward or a torch function with no other."""
    slow, fast = public(reference), public(accelerated)
    alone = [
        f"reference.{name}"
        for name in slow
        if name.endswith(("_forward", "_backward"))
        and not {
            name.replace("_backward", "_forward"),
            name.replace("_forward", "_backward"),
        }
        <= set(slow)
    ]
    alone += [
        f"reference.{name}"
        for name in slow
        if name.endswith("_forward") and name.removesuffix("_forward") not in fast
    ]
    alone += [
        f"accelerated.{name}" for name in fast if name not in slow and f"{name}_forward" not in slow
    ]
    return alone


def case_for(pair: Pair) -> SearchStrategy[Call]:
    """Return the registered strategy of a pair, or fail and say where to register one."""
    file = f"twin_cases_{pair.room}"
    try:
        cases = importlib.import_module(file).CASES
    except ModuleNotFoundError as missing:
        raise AssertionError(
            f"cvlib.{pair.room} has twins and no tests/cvlib/{file}.py"
        ) from missing
    if pair.name not in cases:
        raise AssertionError(f"no case for the twins {pair}: add one to tests/cvlib/{file}.py")
    return cases[pair.name]


def compare(pair: Pair, call: Call) -> None:
    """Run both twins in float64 and demand the same result and, with a backward, all gradients."""
    tensors = {
        name: None if array is None else torch.from_numpy(array.copy()).requires_grad_()
        for name, array in call.arrays.items()
    }
    fast = pair.accelerated(*tensors.values(), **call.options)
    if pair.backward is None:
        slow = pair.reference(*call.arrays.values(), **call.options)
        assert_same(f"{pair}", dense(slow), dense(fast))
        return
    slow, cache = pair.reference(*call.arrays.values(), **call.options)
    assert_same(f"{pair}", slow, dense(fast))
    # a random upstream gradient: a sum would hide a backward that is zero wherever sums cancel
    upstream = np.random.default_rng(call.seed).standard_normal(slow.shape)
    fast.backward(torch.from_numpy(upstream))
    gradients = pair.backward(upstream, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for (name, tensor), gradient in zip(tensors.items(), gradients, strict=True):
        if tensor is None:
            assert gradient is None, f"{pair}: gradient of {name} without {name}"
        else:
            assert tensor.grad is not None, f"{pair}: torch has no gradient of {name}"
            assert_same(f"{pair}: gradient of {name}", gradient, tensor.grad.numpy())


def dense(value: Any) -> Any:
    """Return a result of either library as an array: sparse ones filled in, tuples stacked."""
    if isinstance(value, tuple):
        return np.stack([dense(part) for part in value])
    if isinstance(value, torch.Tensor):
        value = value.detach()
        return (value.to_dense() if value.layout != torch.strided else value).numpy()
    return value.toarray() if hasattr(value, "toarray") else value


def assert_same(what: str, ours: Any, theirs: Any) -> None:
    """Demand equal shape, dtype and values up to rounding."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, torch has {theirs.shape}"
    assert ours.dtype == theirs.dtype, f"{what}: dtype {ours.dtype}, torch has {theirs.dtype}"
    np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=ATOL, err_msg=what)
