"""The names of the networks, and building one by its name."""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from cvlib.architectures.networks.network import Network


@dataclass(frozen=True)
class Entry:
    """How a network is built: its class, what its name fixes, and what its paper fed it."""

    build: Callable[..., Network]
    fixed: Mapping[str, Any]
    size: int
    num_classes: int
    in_channels: int

    def options(self) -> list[str]:
        """Name what may be chosen freely."""
        taken = {*self.fixed, "num_classes", "in_channels"}
        return [name for name in inspect.signature(self.build).parameters if name not in taken]


_ENTRIES: dict[str, Entry] = {}


def register(
    name: str,
    build: Callable[..., Network],
    *,
    size: int = 224,
    num_classes: int = 1000,
    in_channels: int = 3,
    **fixed: Any,
) -> None:
    """Give a name to a class with some of its arguments fixed."""
    if name in _ENTRIES:
        raise ValueError(f"there is a network {name!r} already")
    _ENTRIES[name] = Entry(build, fixed, size, num_classes, in_channels)


def entry(name: str) -> Entry:
    """Look a name up; KeyError names the nearest ones."""
    if name not in _ENTRIES:
        raise KeyError(f"no network {name!r}; {nearest(name, list(_ENTRIES), 'available()')}")
    return _ENTRIES[name]


def nearest(name: str, names: list[str], all_by: str) -> str:
    """Say which names resemble one that is not there, or how to list them all."""
    close = difflib.get_close_matches(name, names, n=5, cutoff=0.5)
    return f"did you mean {', '.join(close)}?" if close else f"{all_by} lists what there is"


def available(pattern: str = "*") -> list[str]:
    """List the names that match a pattern with * and ?, in alphabetical order.

    >>> available("resnet*_paper")
    ['resnet101_paper', 'resnet152_paper', 'resnet50_paper']
    """
    return sorted(fnmatch.filter(_ENTRIES, pattern))


def usual_size(name: str) -> int:
    """Return the height and width of the images that the network was made for.

    Raises KeyError for an unknown name.
    """
    return entry(name).size


def create(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    seed: int | None = None,
    **options: Any,
) -> Network:
    """Build a network with fresh weights.

    `num_classes` and `in_channels` are by default those of the paper: 1000 and 3 for ImageNet, 10
    and 3 for CIFAR, 10 and 1 for LeNet-5; `num_classes=0` leaves the last layer out, so that the
    network gives one vector of features an image. With a seed the weights are a function of it, and
    PyTorch's own random numbers stay as they were. Other options are those of the family's class.
    On another device: `with torch.device("meta"): create(name)`.

    Raises KeyError for an unknown name, TypeError for an unknown option, naming what there is;
    ValueError for a value that will not do.
    """
    found = entry(name)
    if unknown := [option for option in options if option not in found.options()]:
        raise TypeError(
            f"{name} has no option {', '.join(map(repr, unknown))}; it has "
            f"{', '.join(found.options()) or 'none'}"
        )
    with contextlib.ExitStack() as stack:
        if seed is not None:
            stack.enter_context(torch.random.fork_rng())
            torch.manual_seed(seed)
        return found.build(
            num_classes=found.num_classes if num_classes is None else num_classes,
            in_channels=found.in_channels if in_channels is None else in_channels,
            **found.fixed,
            **options,
        )
