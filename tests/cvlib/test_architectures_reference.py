"""Each block in NumPy is PyTorch's composition of layers, forward and in every gradient."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from architecture_blocks import CASES, arrays, filled, passes
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.architectures import definition, reference

DRAWS = settings(max_examples=8, deadline=None, derandomize=True, database=None)
NAIVE: dict[str, Callable[..., np.ndarray]] = {
    "basic_block": definition.basic_block_naive,
    "bottleneck": definition.bottleneck_naive,
    "dense_block": definition.dense_block_naive,
    "fire": definition.fire_naive,
    "grid_reduction": definition.grid_reduction_naive,
    "inception": definition.inception_naive,
    "inverted_residual": definition.inverted_residual_naive,
    "separable_block": definition.separable_block_naive,
    "transition": definition.transition_naive,
}
#: Blocks that the loops do not spell out: no norm, no bottleneck, the paper's stride.
NOT_SPELLED_OUT = {
    "bottleneck, stride on 1×1",
    "dense block, plain",
    "dense layer",
    "inception, paper",
    "inverted, not expanded",
}


def modes(name, training):
    return {} if name == "fire" else {"training": training}


@pytest.mark.parametrize("training", [True, False], ids=["training", "test"])
@pytest.mark.parametrize("case", CASES)
@DRAWS
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 3),
    size=st.tuples(st.integers(4, 7), st.integers(4, 7)),
)
def test_pytorch_computes_the_same(case, training, seed, n, size):
    name, make, channels, options = CASES[case]
    module = filled(make(), seed).train(training)
    params, rng = arrays(module), np.random.default_rng(seed)
    kept = {key: value.copy() for key, value in params.items()}
    x = rng.standard_normal((n, channels, *size))
    t = torch.from_numpy(x.copy()).requires_grad_()
    forward, backward = passes(name)
    out, cache = forward(x.copy(), params, **options, **modes(name, training))
    theirs = module(t)
    np.testing.assert_allclose(out, theirs.detach().numpy(), rtol=1e-8, atol=1e-9)
    dout = rng.standard_normal(out.shape)
    theirs.backward(torch.from_numpy(dout))
    dx, grads = backward(dout, cache)
    assert t.grad is not None
    # norms of few numbers divide by a small spread: rounding grows with its inverse
    np.testing.assert_allclose(dx, t.grad.numpy(), rtol=1e-6, atol=1e-7)
    assert set(grads) == {key for key, _ in module.named_parameters()}
    for key, value in module.named_parameters():
        assert value.grad is not None
        expected = value.grad.numpy()
        np.testing.assert_allclose(grads[key], expected, rtol=1e-6, atol=1e-7, err_msg=key)
    # nothing that was handed in has changed, running statistics included
    assert all(np.array_equal(params[key], kept[key]) for key in kept)


def drawn(case, seed=0, size=(5, 4), n=2):
    name, make, channels, options = CASES[case]
    x = np.random.default_rng(seed).standard_normal((n, channels, *size))
    return name, x, arrays(filled(make(), seed)), options


@pytest.mark.parametrize("training", [True, False], ids=["training", "test"])
@pytest.mark.parametrize(
    "case",
    ["basic, option B", "bottleneck, stride on 1×1", "inception", "grid reduction", "dense block",
     "transition", "fire", "separable", "inverted"],
)  # fmt: skip
def test_backward_is_the_gradient(case, training):
    name, x, params, options = drawn(case)
    forward, backward = passes(name)
    learned = [k for k in params if k.rpartition(".")[2] in ("weight", "bias")]

    def of_arrays(x, *values):
        changed = {**params, **dict(zip(learned, values, strict=True))}
        return forward(x, changed, **options, **modes(name, training))

    def in_order(dout, cache):
        dx, grads = backward(dout, cache)
        return (dx, *(grads[key] for key in learned))

    values = {"x": x, **{key: params[key] for key in learned}}
    check_gradients(of_arrays, in_order, values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", sorted(set(CASES) - NOT_SPELLED_OUT))
@pytest.mark.parametrize("size", [(5, 4), (4, 7)])
def test_the_loops_agree(case, size):
    name, x, params, options = drawn(case, size=size)
    fast, _ = passes(name)[0](x, params, **options, **modes(name, True))
    if name == "dense_block":
        options = {"layers": 3}
    slow = NAIVE[name](x, params, **options)
    np.testing.assert_allclose(fast, slow, rtol=1e-8, atol=1e-9)


def test_every_block_is_compared():
    blocks = {n.removesuffix("_forward") for n in reference.__all__ if n.endswith("_forward")}
    assert {case[0] for case in CASES.values()} == blocks - {"gap_head", "shortcut_a"}
    assert set(NAIVE) == {case[0] for case in CASES.values()} - {"dense_layer"}


@pytest.mark.parametrize("case", CASES)
def test_single_precision_stays_single(case):
    name, x, params, options = drawn(case)
    small = {k: v.astype(np.float32) for k, v in params.items()}
    forward, backward = passes(name)
    wide, _ = forward(x, params, **options, **modes(name, True))
    out, cache = forward(x.astype(np.float32), small, **options, **modes(name, True))
    dx, grads = backward(out, cache)
    assert {a.dtype for a in (out, dx, *grads.values())} == {np.dtype(np.float32)}
    # seven digits, some of which a norm of few numbers loses
    np.testing.assert_allclose(out, wide, atol=1e-3 * np.abs(wide).max())
