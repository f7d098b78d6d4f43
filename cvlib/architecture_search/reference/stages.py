"""What a stage's bits mean: which node feeds which, and what is joined to the two default nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cvlib.architecture_search.reference.codes import bit_count, node_count


@dataclass(frozen=True)
class StageGraph:
    """The connections of one stage; nodes are counted from 1, as in the paper.

    ``edges`` are the pairs (i, j), i < j, whose bit is set. ``sources`` have a successor and no
    predecessor and are fed by the default input node; ``sinks`` have a predecessor and no successor
    and feed the default output node. ``isolated`` nodes have neither and are left out: they are
    joined to nothing.
    """

    nodes: int
    edges: tuple[tuple[int, int], ...]
    sources: tuple[int, ...]
    sinks: tuple[int, ...]
    isolated: tuple[int, ...]

    @property
    def kept(self) -> tuple[int, ...]:
        """The nodes that are part of the network, in an order in which they can be computed."""
        return tuple(n for n in range(1, self.nodes + 1) if n not in self.isolated)

    @property
    def convolutions(self) -> int:
        """How many convolutions the stage has: one a kept node and two default ones, or 1.

        A stage without a connection is its default input node alone.
        """
        return len(self.kept) + 2 if self.edges else 1

    def predecessors(self, node: int) -> tuple[int, ...]:
        """The nodes whose maps are added to be this node's input; none for a source."""
        return tuple(i for i, j in self.edges if j == node)


def decode_stage(stage: Sequence[int]) -> StageGraph:
    """Return the connections that the bits of a stage mean.

    Bit (j - 1)(j - 2) / 2 + i - 1, counted from 0, is the connection i → j.

    Raises ValueError for a number of bits that no K has, and for an entry that is no bit.
    Source: Xie and Yuille, Genetic CNN, 2017, section 3.1.
    """
    nodes = node_count(stage)
    everybody = range(1, nodes + 1)
    edges = tuple((i, j) for j in everybody for i in range(1, j) if stage[bit_count(j - 1) + i - 1])
    feeding, fed = {i for i, _ in edges}, {j for _, j in edges}
    return StageGraph(
        nodes,
        edges,
        sources=tuple(n for n in everybody if n in feeding - fed),
        sinks=tuple(n for n in everybody if n in fed - feeding),
        isolated=tuple(n for n in everybody if n not in feeding | fed),
    )
