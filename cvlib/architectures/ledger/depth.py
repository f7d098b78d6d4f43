"""The depth of a network as the papers count it."""

from __future__ import annotations

from torch import Tensor
from torch.autograd.graph import Node

#: What a convolution and a linear layer leave in the graph of the backward pass.
WEIGHTED = ("ConvolutionBackward0", "AddmmBackward0")


def depth(scores: Tensor) -> int:
    """Count the layers with weights on the longest way from the input to the scores.

    Convolutions and linear layers with bias count 1, norms, poolings and activations 0; a
    projection beside two convolutions is not on the longest way. The ways are those of the graph
    that autograd has recorded: depth(node) = weighted(node) + max over its inputs of depth(input).

    Raises ValueError for a tensor that was computed without gradients.
    """
    last = scores.grad_fn
    if last is None:
        raise ValueError("scores must come from a forward pass with gradients (scores.grad_fn)")
    known: dict[Node, int] = {}
    waiting = [last]
    while waiting:  # no recursion: a thousand layers are deeper than Python's stack
        node = waiting[-1]
        inputs = [before for before, _ in node.next_functions if before is not None]
        if unknown := [before for before in inputs if before not in known]:
            waiting += unknown
            continue
        waiting.pop()
        known[node] = (node.name() in WEIGHTED) + max((known[n] for n in inputs), default=0)
    return known[last]
