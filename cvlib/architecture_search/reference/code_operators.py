"""How networks are drawn, crossed and mutated: crossover exchanges stages, mutation flips bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cvlib.architecture_search.reference.canonical import canonical_code
from cvlib.architecture_search.reference.codes import Code, bit_count
from cvlib.architecture_search.reference.genetic import Operators


def exchange_stages(a: Code, b: Code, exchanged: Sequence[bool]) -> tuple[Code, Code]:
    """Exchange whole stages of two networks, those that are marked: the paper's crossover.

    Raises ValueError unless both have stages of the same sizes and there is one mark a stage.
    Source: Xie and Yuille, Genetic CNN, 2017.
    """
    sizes = [[len(stage) for stage in code] for code in (a, b)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"both networks must have stages of the same sizes, got bits {sizes}")
    if len(exchanged) != len(a):
        raise ValueError(f"exchanged must have one mark a stage, {len(a)}, got {len(exchanged)}")
    pairs = [(t, s) if mark else (s, t) for s, t, mark in zip(a, b, exchanged, strict=True)]
    return tuple(s for s, _ in pairs), tuple(t for _, t in pairs)


def flip_bits(code: Code, flips: Sequence[bool]) -> Code:
    """Turn over the bits that are marked, one mark a bit of the whole network.

    Raises ValueError for another number of marks than bits.
    """
    count = sum(len(stage) for stage in code)
    if len(flips) != count:
        raise ValueError(f"flips must have one mark a bit, {count}, got {len(flips)}")
    marks = iter(flips)
    return tuple(tuple(bit ^ bool(next(marks)) for bit in stage) for stage in code)


def code_operators(
    stages: Sequence[int], *, exchange_rate: float = 0.2, flip_rate: float = 0.05
) -> Operators[Code]:
    """Return how networks with so many nodes in their stages are drawn, crossed and mutated.

    Every bit of a new network is 0 or 1 with equal probability. A crossed pair exchanges each stage
    with probability ``exchange_rate`` (the paper's q_C); a mutated network has each bit flipped
    with probability ``flip_rate`` (q_M). Codes of the same network are evaluated once. The defaults
    are the paper's for CIFAR-10, where ``stages`` is (3, 4, 5).

    Raises ValueError for no stage, a stage without node, and rates that are no probabilities.
    """
    if not stages:
        raise ValueError("a network must have at least one stage, got none")
    for name, rate in (("exchange_rate", exchange_rate), ("flip_rate", flip_rate)):
        if not 0 <= rate <= 1:
            raise ValueError(f"{name} must be a probability of 0 … 1, got {rate}")
    ends = np.cumsum([bit_count(nodes) for nodes in stages]).tolist()
    starts = [0, *ends[:-1]]

    def draw(rng: np.random.Generator) -> Code:
        bits = rng.integers(2, size=ends[-1]).tolist()
        return tuple(tuple(bits[i:j]) for i, j in zip(starts, ends, strict=True))

    def cross(a: Code, b: Code, rng: np.random.Generator) -> tuple[Code, Code]:
        return exchange_stages(a, b, (rng.random(len(stages)) < exchange_rate).tolist())

    def mutate(code: Code, rng: np.random.Generator) -> Code:
        return flip_bits(code, (rng.random(ends[-1]) < flip_rate).tolist())

    return Operators(draw, cross, mutate, canonical_code)
