"""Genetic CNN by its definition: a stage computed node by node, equal networks, the roulette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

from cvlib.arrays import Array

#: What a node makes of its input: node 0 is the default input node, K + 1 the default output node.
Compute = Callable[[int, Array], Array]


def stage_naive(x: Array, text: str, compute: Compute) -> Array:
    """Compute the stage that a text like "1-00-111" means, as the paper tells it.

    Node j adds the maps of the nodes whose bit in its group is 1, and convolves.
    """
    groups = ["", *text.split("-")]
    nodes = range(1, len(groups) + 1)
    feeds = {(i, j) for j in nodes for i in range(1, j) if groups[j - 1][i - 1] == "1"}
    first = compute(0, x)
    if not feeds:
        return first
    maps: dict[int, Array] = {}
    for j in nodes:
        inputs = [maps[i] for i in nodes if (i, j) in feeds]
        leads_on = any((j, i) in feeds for i in nodes)
        if inputs:
            maps[j] = compute(j, sum(inputs[1:], start=inputs[0]))
        elif leads_on:
            maps[j] = compute(j, first)
    ends = [maps[j] for j in maps if not any((j, i) in feeds for i in nodes)]
    return compute(len(groups) + 1, sum(ends[1:], start=ends[0]))


def same_stage_naive(
    a: Sequence[tuple[int, int]], b: Sequence[tuple[int, int]], nodes: int
) -> bool:
    """Say whether some renumbering of the nodes takes the connections i → j of a to those of b."""
    return any(
        {(numbers[i - 1], numbers[j - 1]) for i, j in a} == {*b}
        for numbers in permutations(range(1, nodes + 1))
    )


def roulette_naive(weights: Sequence[float], ball: float) -> int:
    """Walk round the wheel until the ball, thrown to a place of 0 … 1, lies in a slot."""
    place = ball * sum(weights)
    for slot, weight in enumerate(weights):
        if place < weight:
            return slot
        place -= weight
    return max(slot for slot, weight in enumerate(weights) if weight > 0)  # the ball met rounding
