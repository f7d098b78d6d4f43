"""Checks of a stage's arrays, on shapes only, so that both backends share them."""

from __future__ import annotations

from collections.abc import Sequence

from cvlib.architecture_search.reference.stages import StageGraph, decode_stage
from cvlib.arrays import check_rank


def check_stage(
    bits: Sequence[int],
    x: Sequence[int],
    w_input: Sequence[int],
    w_nodes: Sequence[int],
    gamma: Sequence[int],
    beta: Sequence[int],
) -> StageGraph:
    """Demand shapes that fit the code and each other, and return the code's connections."""
    graph = decode_stage(bits)
    check_rank("x", x, "N C H W")
    check_rank("w_input", w_input, "D C R R")
    check_rank("w_nodes", w_nodes, "K+1 D D R R")
    channels, inputs, *window = w_input
    if inputs != x[1]:
        raise ValueError(f"w_input has {inputs} input channels, x has {x[1]} (x.shape[1])")
    if window[0] != window[1] or window[0] % 2 == 0:
        raise ValueError(
            f"w_input must be square and odd, to keep the size of the map, got {window[0]} × "
            f"{window[1]} (w_input.shape)"
        )
    expected: dict[str, tuple[Sequence[int], tuple[int, ...]]] = {
        "w_nodes": (w_nodes, (graph.nodes + 1, channels, channels, *window)),
        "gamma": (gamma, (graph.nodes + 2, channels)),
        "beta": (beta, (graph.nodes + 2, channels)),
    }
    for name, (shape, wanted) in expected.items():
        if tuple(shape) != wanted:
            raise ValueError(
                f"{name} must have shape {wanted} for {graph.nodes} nodes of {channels} channels, "
                f"got {tuple(shape)} ({name}.shape)"
            )
    return graph
