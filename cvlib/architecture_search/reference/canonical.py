"""One code for all codes of the same network: nodes are alike, so only who feeds whom counts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod

from cvlib.architecture_search.reference.codes import Code, Stage, all_stages, bit_count, node_count
from cvlib.architecture_search.reference.stages import StageGraph, decode_stage


def canonical_stage(stage: Sequence[int]) -> Stage:
    """Return the one code that stands for all codes of the same stage.

    Two codes mean the same stage if some renumbering of the nodes takes the connections of one to
    those of the other. Isolated nodes are no part of the network: here they come last, and of all
    codes that have them last it is the one of least binary value.

    Raises ValueError for a number of bits that no K has, and for an entry that is no bit.
    """
    node_count(stage)
    return _canonical(tuple(int(bit) for bit in stage))


def canonical_code(code: Sequence[Sequence[int]]) -> Code:
    """Return the canonical form of each stage: equal for two codes of the same network."""
    return tuple(canonical_stage(stage) for stage in code)


def count_networks(stages: Sequence[int]) -> int:
    """Return how many different networks the codes are, for (3, 4, 5) 6 · 31 · 302 = 56,172.

    A stage of K nodes has as many as there are acyclic digraphs on K nodes without names.
    """
    return prod(_count_stages(nodes) for nodes in stages)


@lru_cache
def _count_stages(nodes: int) -> int:
    return len({_canonical(stage) for stage in all_stages(nodes)})


@lru_cache(maxsize=1 << 16)
def _canonical(stage: Stage) -> Stage:
    """Number the nodes one after the other, keeping the orders whose bits so far are least.

    The bits of a node depend on the nodes before it only, so an order that has fallen behind can
    never catch up.
    """
    graph = decode_stage(stage)
    before = {node: frozenset(graph.predecessors(node)) for node in graph.kept}
    orders: list[tuple[int, ...]] = [()]
    bits: Stage = ()
    for _ in graph.kept:
        longer = [(*order, node) for order in orders for node in _ready(graph, before, order)]
        groups = [tuple(int(n in before[order[-1]]) for n in order[:-1]) for order in longer]
        least = min(groups)
        orders = [order for order, group in zip(longer, groups, strict=True) if group == least]
        bits += least
    return bits + (0,) * (bit_count(graph.nodes) - len(bits))


def _ready(
    graph: StageGraph, before: dict[int, frozenset[int]], order: tuple[int, ...]
) -> list[int]:
    """The nodes that may come next: not numbered yet, and all of their predecessors are."""
    return [node for node in graph.kept if node not in order and before[node] <= {*order}]
