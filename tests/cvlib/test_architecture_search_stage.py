"""A stage computes what its code says: against the loop, its gradients, renumberings, PyTorch."""

import numpy as np
import pytest
import torch
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_cases_architecture_search import stages
from twins import Call

from cvlib.activations import relu_forward
from cvlib.architecture_search import (
    bit_count,
    decode_stage,
    format_stage,
    stage_backward,
    stage_forward,
)
from cvlib.architecture_search.accelerated import stage as torch_stage
from cvlib.architecture_search.definition import stage_naive
from cvlib.convolution import conv2d_forward
from cvlib.normalization import batch_norm_forward

NAMES = ("x", "w_input", "w_nodes", "gamma", "beta")
FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None)


def by_loop(call: Call):
    """The stage of a call by its definition."""
    w, v, gamma, beta = (call.arrays[name] for name in ("w_input", "w_nodes", "gamma", "beta"))

    def compute(node, z):
        kernel = v[node - 1] if node else w
        z, _ = conv2d_forward(z, kernel, padding=kernel.shape[-1] // 2)
        return relu_forward(batch_norm_forward(z, gamma[node], beta[node], training=True)[0])[0]

    return stage_naive(call.arrays["x"], format_stage(call.options["bits"]), compute)


@FEW
@given(call=stages())
def test_the_stage_is_its_loop(call):
    out, _ = stage_forward(*call.arrays.values(), **call.options)
    np.testing.assert_allclose(out, by_loop(call), rtol=1e-10, atol=1e-12)


@FEW
@given(call=stages(), swap=st.data())
def test_renumbered_nodes_with_their_kernels_compute_the_same(call, swap):
    """Two neighbours that are not connected may change places."""
    bits, nodes = call.options["bits"], len(call.arrays["w_nodes"]) - 1
    graph = decode_stage(bits)
    n = swap.draw(st.integers(1, nodes - 1))
    if (n, n + 1) in graph.edges:
        return
    new = {n: n + 1, n + 1: n}
    other = [0] * len(bits)
    for i, j in graph.edges:
        other[bit_count(new.get(j, j) - 1) + new.get(i, i) - 1] = 1
    order = np.arange(nodes + 2)
    order[[n, n + 1]] = n + 1, n
    arrays = dict(call.arrays)
    arrays["w_nodes"] = arrays["w_nodes"][order[1:] - 1]
    arrays["gamma"], arrays["beta"] = arrays["gamma"][order], arrays["beta"][order]
    ours, _ = stage_forward(*arrays.values(), bits=tuple(other))
    theirs, _ = stage_forward(*call.arrays.values(), bits=bits)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)


def drawn(bits, seed=0, dtype=np.float64, shape=(2, 2, 3, 4), channels=2):
    rng = np.random.default_rng(seed)
    nodes = decode_stage(bits).nodes
    arrays = (
        rng.standard_normal(shape),
        rng.standard_normal((channels, shape[1], 3, 3)),
        rng.standard_normal((nodes + 1, channels, channels, 3, 3)),
        rng.uniform(0.5, 1.5, (nodes + 2, channels)),
        rng.standard_normal((nodes + 2, channels)) + 1,
    )
    return [a.astype(dtype) for a in arrays]


def test_without_a_connection_there_is_one_convolution():
    arrays = drawn((0, 0, 0))
    out, cache = stage_forward(*arrays, bits=(0, 0, 0))
    call = Call(dict(zip(NAMES, arrays, strict=True)), {"bits": (0, 0, 0)})
    np.testing.assert_allclose(out, by_loop(call), rtol=1e-12)
    upstream = np.random.default_rng(1).standard_normal(out.shape)
    gradients = stage_backward(upstream, cache)
    assert not gradients[2].any()
    assert not gradients[3][1:].any()
    tensors = [torch.from_numpy(a).requires_grad_() for a in arrays]
    theirs = torch_stage(*tensors, bits=(0, 0, 0))
    theirs.backward(torch.from_numpy(upstream))
    np.testing.assert_allclose(out, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
    for k in (0, 1, 3, 4):
        grad = tensors[k].grad
        assert grad is not None
        np.testing.assert_allclose(gradients[k], grad.numpy(), rtol=1e-9, atol=1e-11)


def test_gradients_against_differences():
    bits = (1, 0, 0, 1, 0, 1)  # two sources, one sum of two maps, two maps that are read twice
    arrays = dict(zip(NAMES, drawn(bits, seed=3, shape=(2, 1, 2, 3)), strict=True))
    check_gradients(stage_forward, stage_backward, arrays, {"bits": bits}, rtol=1e-4, atol=1e-6)


def test_single_precision_stays():
    out, cache = stage_forward(*drawn((1,), dtype=np.float32), bits=(1,))
    assert out.dtype == np.float32
    assert {g.dtype for g in stage_backward(out, cache)} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("k", "replace", "message"),
    [
        (1, np.ones((2, 3, 3, 3)), r"w_input has 3 input channels, x has 2 \(x.shape\[1\]\)"),
        (1, np.ones((2, 2, 2, 2)), "square and odd"),
        (2, np.ones((3, 2, 2, 3, 3)), r"w_nodes must have shape \(4, 2, 2, 3, 3\) for 3 nodes"),
        (3, np.ones((4, 2)), r"gamma must have shape \(5, 2\)"),
        (4, np.ones((5, 3)), r"beta must have shape \(5, 2\)"),
    ],
)
def test_both_backends_name_what_does_not_fit(k, replace, message):
    arrays = drawn((1, 0, 1))
    arrays[k] = replace
    with pytest.raises(ValueError, match=message):
        stage_forward(*arrays, bits=(1, 0, 1))
    with pytest.raises(ValueError, match=message):
        torch_stage(*map(torch.from_numpy, arrays), bits=(1, 0, 1))
