"""A row of the ledger: one network, counted on the meta device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from cvlib.architectures.counting import count
from cvlib.architectures.ledger.depth import depth
from cvlib.architectures.ledger.table import Cell, Table
from cvlib.architectures.networks import (
    Features,
    Network,
    available,
    create,
    smallest_size,
    usual_size,
)
from cvlib.architectures.networks.registry import entry
from cvlib.receptive_field import Graph, receptive_field
from cvlib.receptive_field.module_graph import module_graph
from cvlib.saved_tensors import saved_bytes


@dataclass(frozen=True)
class Row:
    """What one network, without auxiliary heads, costs on one image of `size` × `size` pixels.

    `saved` are the bytes that a training step of one image keeps for its backward pass, beyond
    parameters, running statistics and the image, in float32 as on a CPU. `field` and `stride` are
    those of the last maps, in pixels, and None where the graph cannot be read: then `no_field` says
    why. `smallest` is the side of the smallest square image in evaluation.
    """

    name: str
    size: int
    parameters: int
    macs: int
    activations: int
    saved: int
    depth: int
    field: int | None
    stride: int | None
    smallest: int
    no_field: str = ""


def ledger(names: Iterable[str] | None = None) -> list[Row]:
    """Count networks, by default all of `available()`, one row each.

    Raises KeyError for an unknown name.
    """
    return [ledger_row(name) for name in (available() if names is None else names)]


def ledger_row(name: str) -> Row:
    """Count one network with the options and the image size that its name stands for.

    Raises KeyError for an unknown name.
    """
    network, size = bare(name), usual_size(name)
    cost = count(network, size, in_channels=network.in_channels)
    saved, layers = _saved_and_depth(network, size)
    field, stride, guess, no_field = _geometry(network, size)
    with torch.no_grad():
        smallest = smallest_size(network, guess=guess)
    return Row(name, size, cost.parameters, cost.macs, cost.activations, saved, layers, field,
               stride, smallest, no_field)  # fmt: skip


def bare(name: str) -> Network:
    """Build a network on the meta device, without auxiliary heads, in evaluation."""
    heads = {"aux_logits": False} if "aux_logits" in entry(name).options() else {}
    with torch.device("meta"):
        return create(name, **heads).eval()


def _saved_and_depth(network: Network, size: int) -> tuple[int, int]:
    image = torch.empty(1, network.in_channels, size, size, device="meta")
    found = []

    def step() -> torch.Tensor:
        scores: torch.Tensor = network.train()(image)
        found.append(depth(scores))
        return scores

    there = [image, *network.parameters(), *network.buffers()]
    saved = saved_bytes(step, leave_out=there)
    network.eval()
    return saved, found[0]


def _geometry(network: Network, size: int) -> tuple[int | None, int | None, int | None, str]:
    """Read field, stride and the smallest image with a last map off the module graph, or why not.

    All networks of the room treat their axes alike. The head may want a larger image.
    """
    try:
        graph = module_graph(Features(network))
    except ValueError as error:
        return None, None, None, str(error)
    found = receptive_field(graph)
    (field, _), (stride, _) = found.size, found.stride
    smallest = next((side for side in range(1, size) if _fits(graph, side)), size)
    return int(field), int(stride), smallest, ""


def _fits(graph: Graph, side: int) -> bool:
    try:
        graph.sizes((side, side))
    except ValueError:
        return False
    return True


def costs_table(rows: Iterable[Row]) -> Table:
    """Lay rows out: millions with their unit in the head, sorted on the exact counts."""
    columns = ("network", "image", "parameters, M", "MACs, M", "activations, M", "kept, MB",
               "field", "stride", "depth", "smallest image")  # fmt: skip
    laid_out = []
    for row in rows:
        field = Cell(row.field, why=row.no_field) if row.field is None else Cell(row.field)
        laid_out.append((
            Cell(row.name), Cell(row.size), *(Cell.millions(n) for n in
            (row.parameters, row.macs, row.activations, row.saved)), field,
            Cell(row.stride), Cell(row.depth), Cell(row.smallest),
        ))  # fmt: skip
    return Table("What every network costs and sees", columns, tuple(laid_out))
