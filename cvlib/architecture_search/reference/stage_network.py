"""The network that a stage's code means, forward and backward: sums of maps, then convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cvlib.activations.reference.pointwise import relu_backward, relu_forward
from cvlib.architecture_search.reference.stages import StageGraph
from cvlib.architecture_search.validation import check_stage
from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.convolution.reference.conv2d import conv2d_backward, conv2d_forward
from cvlib.normalization.reference.batch_norm import batch_norm_backward, batch_norm_forward


class StageCache(NamedTuple):
    """What the backward pass needs: the connections, each node's own cache, shapes."""

    graph: StageGraph
    nodes: dict[int, tuple[Any, Any, Any]]
    out: Array
    w_nodes: Array
    gamma: Array


def stage_forward(
    x: Array,
    w_input: Array,
    w_nodes: Array,
    gamma: Array,
    beta: Array,
    *,
    bits: Sequence[int],
    eps: float = 1e-5,
) -> tuple[Array, StageCache]:
    """Compute the stage that the bits mean; batch norm uses the statistics of this batch.

    y_0 = f_0(x),  y_j = f_j(Σ_{i→j} y_i), or f_j(y_0) without i,  out = f_{K+1}(Σ_{sinks} y_j),
    f_j(z) = ReLU(BN_j(w_j ∗ z)). Isolated nodes are left out; without a connection, out = y_0.

    Shapes: x (N, C, H, W), w_input (D, C, R, R), w_nodes (K + 1, D, D, R, R), R odd, of the nodes
    1 … K and of the output node; gamma and beta (K + 2, D), row 0 for the input node
    -> out (N, D, H, W), cache.
    Raises TypeError for dtypes that are not all float32 or all float64, ValueError for bits that no
    K has and shapes that do not fit.
    Source: Xie and Yuille, Genetic CNN, 2017, section 3.1.
    """
    check_arrays(x=x, w_input=w_input, w_nodes=w_nodes, gamma=gamma, beta=beta)
    graph = check_stage(bits, x.shape, w_input.shape, w_nodes.shape, gamma.shape, beta.shape)
    padding = w_input.shape[2] // 2
    caches: dict[int, tuple[Any, Any, Any]] = {}

    def compute(node: int, z: Array) -> Array:
        kernel = w_nodes[node - 1] if node else w_input
        z, convolved = conv2d_forward(z, kernel, padding=padding)
        z, normalized = batch_norm_forward(z, gamma[node], beta[node], training=True, eps=eps)
        z, rectified = relu_forward(z)
        caches[node] = convolved, normalized, rectified
        return z

    out = first = compute(0, x)
    if graph.edges:
        maps: dict[int, Array] = {}
        for node in graph.kept:
            inputs = [maps[i] for i in graph.predecessors(node)]
            maps[node] = compute(node, sum(inputs[1:], start=inputs[0]) if inputs else first)
        ends = [maps[node] for node in graph.sinks]
        out = compute(graph.nodes + 1, sum(ends[1:], start=ends[0]))
    return out, StageCache(graph, caches, out, w_nodes, gamma)


def stage_backward(dout: Array, cache: StageCache) -> tuple[Array, Array, Array, Array, Array]:
    """Return the gradients of x, w_input, w_nodes, gamma and beta; those of unused nodes are 0.

    A sum hands its gradient to each of its terms: dy_i = Σ_{i→j} dz_j, for a sink dz_{K+1}, and
    dy_0 = Σ_{sources} dz_j.

    Shapes: dout like out -> like x, w_input, w_nodes, gamma, beta.
    Raises TypeError or ValueError for a dout that does not fit.
    """
    check_upstream(dout, cache.out.shape, cache.out.dtype)
    graph = cache.graph
    dw_nodes = np.zeros_like(cache.w_nodes)
    dgamma, dbeta = np.zeros_like(cache.gamma), np.zeros_like(cache.gamma)

    def back(node: int, dy: Array) -> tuple[Array, Array]:
        convolved, normalized, rectified = cache.nodes[node]
        dz, dgamma[node], dbeta[node] = batch_norm_backward(
            relu_backward(dy, rectified), normalized
        )
        dz, dw, _ = conv2d_backward(dz, convolved)
        return dz, dw

    dfirst = dout
    if graph.edges:
        dend, dw_nodes[graph.nodes] = back(graph.nodes + 1, dout)
        dmaps = {node: np.zeros_like(dend) for node in graph.kept}
        for node in graph.sinks:
            dmaps[node] += dend
        dfirst = np.zeros_like(dend)
        for node in reversed(graph.kept):
            dz, dw_nodes[node - 1] = back(node, dmaps[node])
            for i in graph.predecessors(node):
                dmaps[i] += dz
            if node in graph.sources:
                dfirst += dz
    dx, dw_input = back(0, dfirst)
    return dx, dw_input, dw_nodes, dgamma, dbeta
