"""Published numbers beside ours, and why ours differ where they do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from cvlib.architectures.counting import count, count_parameters
from cvlib.architectures.ledger.table import Cell, Table
from cvlib.architectures.networks import create, usual_size
from cvlib.architectures.published import PUBLISHED, Published


@dataclass(frozen=True)
class Comparison:
    """A printed number and what the network gives."""

    printed: Published
    ours: int

    @property
    def agrees(self) -> bool:
        """Say whether ours is the printed number, as far as that was printed."""
        return self.printed.agrees(self.ours)


def comparisons(printed: Iterable[Published] = PUBLISHED) -> list[Comparison]:
    """Count each network as it was printed: with the options, the heads and the size of there."""
    return [Comparison(each, _ours(each)) for each in printed]


def comparisons_table(found: Iterable[Comparison]) -> Table:
    """Lay comparisons out: what was printed, where, what we count, and the reason."""
    columns = ("network", "what", "printed, M", "ours, M", "printed in", "ours differs because")
    rows = []
    for each in found:
        printed = each.printed
        options = "".join(f", {name}={value}" for name, value in printed.options.items())
        at = f" at {printed.size}" if printed.size else ""
        rows.append((
            Cell(printed.network + options),
            Cell({"macs": "MACs"}.get(printed.quantity, printed.quantity) + at),
            Cell(printed.millions, f"{printed.millions:,}"),
            Cell.millions(each.ours),
            Cell(printed.source),
            Cell(printed.because or "it agrees"),
        ))  # fmt: skip
    return Table("What is printed, and what the networks give", columns, tuple(rows))


def _ours(printed: Published) -> int:
    with torch.device("meta"):
        network = create(printed.network, **printed.options)
    if printed.quantity == "parameters":
        return count_parameters(network)
    return count(network, printed.size or usual_size(printed.network)).macs
