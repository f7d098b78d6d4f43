"""Modules that import and hold nothing, in the place of the modules that an exercise withholds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class HollowModule(ModuleType):
    """A withheld module: it can be imported, and every use of it raises ImportError."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)  # protocols of Python itself, such as __file__
        caller = sys._getframe(1)
        if caller.f_code.co_name == "_handle_fromlist":
            raise AttributeError(name)  # `from torch import nn` then imports torch.nn
        if "-packages" in caller.f_code.co_filename:
            # Libraries ask `isinstance(x, sys.modules["torch"].Tensor)` of every array.
            if name[:1].isupper():
                return type(name, (), {"__module__": self.__name__})
            raise AttributeError(name)
        __tracebackhide__ = True  # IPython then shows the student's line only
        raise withheld(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        raise withheld(self)


def withheld(module: ModuleType) -> ImportError:
    """The error that using a withheld module raises."""
    name = module.__spec__.loader_state if module.__spec__ else module.__name__
    return ImportError(f"{name} is withheld in this exercise", name=module.__name__)


class HollowFinder:
    """The first finder on ``sys.meta_path``: makes withheld names, and all under them, hollow."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Claim a name that is withheld or lies under one that is."""
        parts = name.split(".")
        for k in range(1, len(parts) + 1):
            if (withheld_name := ".".join(parts[:k])) in self.names:
                return ModuleSpec(name, self, loader_state=withheld_name, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the empty module."""
        return HollowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is executed."""


def install(names: Sequence[str]) -> None:
    """Make these modules hollow from now on."""
    for loaded in list(sys.modules):
        if any(loaded == name or loaded.startswith(f"{name}.") for name in names):
            del sys.modules[loaded]
    sys.meta_path.insert(0, HollowFinder(names))  # type: ignore[arg-type]
