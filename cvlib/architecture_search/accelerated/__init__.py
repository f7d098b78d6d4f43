"""The PyTorch twin of a stage: any device, autograd for the gradients, the reference's errors."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from cvlib.architecture_search.validation import check_stage
from cvlib.tensors import check_tensors

__all__ = ["stage"]


def stage(
    x: Tensor,
    w_input: Tensor,
    w_nodes: Tensor,
    gamma: Tensor,
    beta: Tensor,
    *,
    bits: Sequence[int],
    eps: float = 1e-5,
) -> Tensor:
    """Compute the stage that the bits mean; batch norm uses the statistics of this batch.

    Shapes: x (N, C, H, W), w_input (D, C, R, R), w_nodes (K + 1, D, D, R, R), gamma and beta
    (K + 2, D) -> (N, D, H, W).
    Raises TypeError or ValueError as the reference does. Twin of `reference.stage_forward`.
    """
    check_tensors(x=x, w_input=w_input, w_nodes=w_nodes, gamma=gamma, beta=beta)
    graph = check_stage(bits, x.shape, w_input.shape, w_nodes.shape, gamma.shape, beta.shape)
    padding = w_input.shape[2] // 2

    def compute(node: int, z: Tensor) -> Tensor:
        z = functional.conv2d(z, w_nodes[node - 1] if node else w_input, padding=padding)
        z = functional.batch_norm(z, None, None, gamma[node], beta[node], training=True, eps=eps)
        return functional.relu(z)

    first = compute(0, x)
    if not graph.edges:
        return first
    maps: dict[int, Tensor] = {}
    for node in graph.kept:
        inputs = [maps[i] for i in graph.predecessors(node)]
        maps[node] = compute(node, sum(inputs[1:], start=inputs[0]) if inputs else first)
    ends = [maps[node] for node in graph.sinks]
    return compute(graph.nodes + 1, sum(ends[1:], start=ends[0]))
