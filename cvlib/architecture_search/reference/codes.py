"""Codes: a network's connections as bits, one group of bits for each node that they lead to.

A stage with nodes 1 … K has one bit for each pair i < j, set if node j adds the map of node i to
its input. The bits stand in the order 1→2; 1→3, 2→3; 1→4, 2→4, 3→4; … and are written with a dash
between the groups: 1-00-111. A network's stages stand one after the other: "1-00-111 0-10".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import isqrt, prod

Stage = tuple[int, ...]
Code = tuple[Stage, ...]


def bit_count(nodes: int) -> int:
    """Return the number of pairs of K nodes, K (K - 1) / 2.

    Raises ValueError for less than one node.
    Source: Xie and Yuille, Genetic CNN, 2017, section 3.1.
    """
    if nodes < 1:
        raise ValueError(f"a stage must have at least 1 node, got {nodes}")
    return nodes * (nodes - 1) // 2


def node_count(stage: Sequence[int]) -> int:
    """Return K for a stage of K (K - 1) / 2 bits, each 0 or 1.

    Raises ValueError for another number of bits, or for an entry that is no bit.
    """
    nodes = (1 + isqrt(1 + 8 * len(stage))) // 2
    if bit_count(nodes) != len(stage):
        raise ValueError(
            f"a stage must have 0, 1, 3, 6, 10, … K (K - 1) / 2 bits, got {len(stage)}: "
            f"{nodes} nodes have {bit_count(nodes)}, {nodes + 1} have {bit_count(nodes + 1)}"
        )
    for place, bit in enumerate(stage):
        if bit not in (0, 1):
            raise ValueError(f"a bit must be 0 or 1, got {bit!r} (stage[{place}])")
    return nodes


def format_stage(stage: Sequence[int]) -> str:
    """Write a stage: (1, 0, 0, 1, 1, 1) -> "1-00-111"; a stage of one node has no bits: "".

    Raises ValueError as `node_count` does.
    """
    nodes = node_count(stage)
    return "-".join(
        "".join(str(int(bit)) for bit in stage[bit_count(node - 1) : bit_count(node)])
        for node in range(2, nodes + 1)
    )


def parse_stage(text: str) -> Stage:
    """Read a stage: "1-00-111" -> (1, 0, 0, 1, 1, 1).

    Raises ValueError for other characters than 0, 1 and -, and for groups of other sizes than 1, 2,
    3, … bits.
    """
    groups = text.split("-") if text else []
    for place, group in enumerate(groups, start=1):
        if len(group) != place or set(group) - {"0", "1"}:
            raise ValueError(
                f"group {place} of a stage must be {place} times 0 or 1, the bits of node "
                f"{place + 1}, got {group!r} in {text!r}"
            )
    return tuple(int(bit) for group in groups for bit in group)


def format_code(code: Iterable[Sequence[int]]) -> str:
    """Write the stages of a network with a space between them: "1-00-111 0-10"."""
    return " ".join(format_stage(stage) for stage in code)


def parse_code(text: str) -> Code:
    """Read a network of one or more stages: "1-00-111 0-10".

    Raises ValueError for an empty text, and as `parse_stage` does.
    """
    if not text.split():
        raise ValueError(f"a network's code must have at least one stage, got {text!r}")
    return tuple(parse_stage(stage) for stage in text.split())


def all_stages(nodes: int) -> Iterator[Stage]:
    """Yield the 2^(K (K - 1) / 2) stages of K nodes, in the order of the binary numbers."""
    return product((0, 1), repeat=bit_count(nodes))


def all_codes(stages: Sequence[int]) -> Iterator[Code]:
    """Yield every network with so many nodes in its stages, the last stage changing fastest."""
    return product(*(list(all_stages(nodes)) for nodes in stages))


def count_codes(stages: Sequence[int]) -> int:
    """Return how many codes there are: Π 2^(K (K - 1) / 2), for (3, 4, 5) 8 · 64 · 1024."""
    return prod(2 ** bit_count(nodes) for nodes in stages)
