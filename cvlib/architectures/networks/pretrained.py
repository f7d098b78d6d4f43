"""Load published weights into a network of the room: all is checked first, then all is loaded."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cvlib.architectures.networks.checkpoint_file import read_state
from cvlib.architectures.networks.network import Network
from cvlib.architectures.networks.registry import create, entry

#: How many names an error lists of each kind.
LISTED = 6


@dataclass
class Mismatch:
    """Where a file and a network differ: names, (file's shape, network's shape), broken tensors.

    `num_batches_tracked`, which old files lack, is not asked for.
    """

    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.shapes or self.broken)

    def __str__(self) -> str:
        shapes = [
            f"{k} ({list(a)} in the file, {list(b)} here)" for k, (a, b) in self.shapes.items()
        ]
        broken = [f"{key} ({why})" for key, why in self.broken.items()]
        kinds = {
            "missing in the file": self.missing,
            "not in the network": self.unexpected,
            "of another shape": shapes,
            "unusable": broken,
        }
        return "; ".join(
            f"{len(names)} {kind}: {', '.join(names[:LISTED])}{', …' * (len(names) > LISTED)}"
            for kind, names in kinds.items()
            if names
        )


def compare(
    network: nn.Module, state: Mapping[str, Tensor], *, without: tuple[str, ...] = ()
) -> Mismatch:
    """Say where a state dict and a network differ, except in the layers named in `without`.

    The network may be on the meta device.
    """
    left_out = tuple(f"{layer}." for layer in without)
    wanted = {k: v for k, v in network.state_dict().items() if not k.startswith(left_out)}
    found = Mismatch()
    for key, tensor in wanted.items():
        if key not in state:
            if not key.endswith("num_batches_tracked"):
                found.missing.append(key)
        elif state[key].shape != tensor.shape:
            found.shapes[key] = tuple(state[key].shape), tuple(tensor.shape)
        elif tensor.is_floating_point() and not state[key].is_floating_point():
            found.broken[key] = f"{state[key].dtype}"
        elif tensor.is_floating_point() and not torch.isfinite(state[key]).all():
            found.broken[key] = "not all numbers are finite"
    found.unexpected = [k for k in state if k not in wanted and not k.startswith(left_out)]
    return found


def load_pretrained(
    name: str,
    path: str | Path,
    *,
    num_classes: int | None = None,
    new_head: bool = False,
    **options: Any,
) -> Network:
    """Build a network and give it the weights of a file, in evaluation mode.

    Reads what torchvision publishes, and state dicts that training scripts save: see `read_state`.
    Half precision is widened. Auxiliary heads are built if the file has them; `aux_logits=False`
    leaves the file's out. `transform_input` is on for GoogLeNet and Inception-v3 unless you say
    otherwise, as their published weights want it. With `new_head=True` the layers that give scores
    keep their fresh weights, whatever the file has there, for another number of classes.

    Raises what `read_state` and `create` raise; ValueError for a file that does not fit, with all
    that differs. Everything is checked before anything is loaded.
    """
    state = read_state(path)
    choices = entry(name).options()
    if "aux_logits" in choices:
        options.setdefault("aux_logits", any(key.lower().startswith("aux") for key in state))
    if "transform_input" in choices:
        options.setdefault("transform_input", options.get("in_channels", 3) == 3)
    with torch.device("meta"):
        plan = create(name, num_classes=num_classes, **options)
    without = tuple(plan.live_heads()) if new_head else ()
    if plan.num_classes == 0:
        without += plan.heads[:1]
    if plan.num_classes == 0 or options.get("aux_logits") is False:
        without += tuple(head.split(".")[0] for head in plan.heads[1:])
    found = compare(plan, state, without=without)
    if found:
        raise ValueError(f"{path} does not fit {name}: {found}{_advice(plan, found)}")
    model = create(name, num_classes=num_classes, **options)
    fresh = model.state_dict()
    left_out = tuple(f"{layer}." for layer in without)
    taken = {k: v for k, v in state.items() if k in fresh and not k.startswith(left_out)}
    model.load_state_dict({**fresh, **taken})
    if name == "googlenet" and options["aux_logits"] and not new_head and model.num_classes:
        warnings.warn(
            "the heads aux1 and aux2 of the published file of googlenet are not trained",
            stacklevel=2,
        )
    return model.eval()


def _advice(plan: Network, found: Mismatch) -> str:
    """Say what to do about the differences that have a usual cause."""
    advice = ""
    weights = {head: f"{head}.weight" for head in plan.live_heads()}
    for head, key in weights.items():
        if key in found.shapes:
            theirs = found.shapes[key][0][0]
            advice += (
                f". {head} has {theirs} classes in the file and {plan.num_classes} here: give "
                f"num_classes={theirs}, or new_head=True to keep a fresh {head} and load the rest"
            )
            break
    heads = {head.split(".")[0] for head in plan.heads[1:]}
    if any(key.split(".")[0] in heads for key in found.missing):
        advice += ". The file has no auxiliary heads: give aux_logits=False"
    return advice
