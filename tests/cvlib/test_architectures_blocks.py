"""What the blocks of the architectures are for: their laws, by hand, and their errors."""

import re

import numpy as np
import pytest
import torch
from architecture_blocks import CASES, arrays, filled, passes
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.architectures import reference
from cvlib.architectures.definition import gap_head_naive, shortcut_a_naive
from cvlib.arrays import Array

DRAWS = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def case(which: str) -> tuple[Array, dict[str, Array]]:
    _, make, channels, _ = CASES[which]
    return numbers(2, channels, 6, 5), arrays(filled(make(), 1))


def test_a_block_whose_branch_is_nothing_is_the_identity_on_what_relu_let_through():
    x, params = case("basic, same shape")
    x = np.maximum(x, 0)
    params["bn2.weight"][:] = params["bn2.bias"][:] = 0
    out, cache = reference.basic_block_forward(x, params, training=True)
    assert np.array_equal(out, x)
    dout = numbers(*x.shape, seed=1)
    dx, grads = reference.basic_block_backward(dout, cache)
    # the gradient goes past the branch as it is, wherever the sum was positive
    assert np.allclose(dx, dout * (x > 0))
    assert np.abs(grads["conv1.weight"]).max() == 0
    assert np.abs(grads["bn2.weight"]).max() > 0


@DRAWS
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*(st.integers(1, 6) for _ in range(4))),
    more=st.integers(0, 3),
    stride=st.integers(1, 3),
)
def test_shortcut_a_is_its_loop_and_its_backward_the_adjoint(seed, shape, more, stride):
    rng = np.random.default_rng(seed)
    x, channels = rng.standard_normal(shape), shape[1] + more
    out, cache = reference.shortcut_a_forward(x, channels=channels, stride=stride)
    assert np.array_equal(out, shortcut_a_naive(x, channels=channels, stride=stride))
    dout = rng.standard_normal(out.shape)
    dx = reference.shortcut_a_backward(dout, cache)
    assert np.isclose(np.vdot(dout, out), np.vdot(dx, x))


def test_shortcut_a_by_hand():
    x = np.arange(1.0, 16.0).reshape(1, 1, 3, 5)
    out, _ = reference.shortcut_a_forward(x, channels=2, stride=2)
    assert out.tolist() == [[[[1, 3, 5], [11, 13, 15]], [[0, 0, 0], [0, 0, 0]]]]


@pytest.mark.parametrize("on", ["1x1", "3x3"])
def test_the_paper_s_stride_never_looks_at_three_pixels_of_four(on):
    x, params = case("bottleneck, stride on 1×1")
    for norm in ("bn1", "bn2", "bn3"):
        params[f"{norm}.bias"][:] = 100  # every ReLU lets everything through
    out, cache = reference.bottleneck_forward(x, params, stride=2, stride_on=on, training=False)
    dx, _ = reference.bottleneck_backward(numbers(*out.shape, seed=1), cache)
    seen = np.any(dx != 0, axis=(0, 1))
    assert seen[::2, ::2].all()
    # 3 · 3 of 6 · 5 pixels
    assert seen.sum() == (9 if on == "1x1" else 30)


def test_dense_maps_are_handed_on_untouched():
    x, params = case("dense block")
    out, _ = reference.dense_block_forward(x, params, training=True)
    assert out.shape == (2, 3 + 3 * 2, 6, 5)
    assert np.array_equal(out[:, :3], x)
    own = {k.removeprefix("denselayer1."): v for k, v in params.items() if "layer1" in k}
    first, _ = reference.dense_layer_forward(x, own, training=True)
    assert np.array_equal(out[:, 3:5], first)


def test_grid_reduction_makes_17_of_35_and_keeps_the_maxima():
    _, params = case("grid reduction")
    x = numbers(1, 3, 35, 35)
    out, _ = reference.grid_reduction_forward(x, params, training=False)
    assert out.shape == (1, 4 + 5 + 3, 17, 17)
    assert out[0, -1, 0, 0] == x[0, -1, :3, :3].max()


def test_relu6_lets_nothing_above_6_and_no_gradient_there():
    x, params = case("inverted, not expanded")
    params["conv.0.1.bias"][:] = 60
    out, cache = reference.inverted_residual_forward(x, params, training=True)
    # every filter is at 6 now, so the projection sees nothing but a constant: batch norm kills it
    assert np.allclose(out - x, params["conv.2.bias"][:, None, None], atol=1e-6)
    dx, grads = reference.inverted_residual_backward(dout := numbers(*x.shape, seed=1), cache)
    assert np.array_equal(dx, dout)
    assert np.abs(grads["conv.0.0.weight"]).max() == 0


def test_the_thin_ends_are_linear():
    x, params = case("inverted")
    out, _ = reference.inverted_residual_forward(x, params, training=True)
    assert out.min() < 0 < out.max()
    x, params = case("separable")
    assert reference.separable_block_forward(x, params, training=True)[0].min() == 0


def test_scoring_every_place_and_averaging_is_averaging_and_scoring():
    w, b = numbers(4, 3), numbers(4)
    for size in ((1, 1), (3, 5), (8, 2)):
        x = numbers(2, 3, *size)
        out, _ = reference.gap_head_forward(x, w, b)
        everywhere = np.einsum("kc,nchw->nkhw", w, x) + b[:, None, None]
        np.testing.assert_allclose(out, everywhere.mean(axis=(2, 3)), atol=1e-12)
        np.testing.assert_allclose(out, gap_head_naive(x, w, b), atol=1e-12)
        # a ReLU in between makes a difference: it does not average out
        if size != (1, 1):
            assert not np.allclose(np.maximum(everywhere, 0).mean(axis=(2, 3)), np.maximum(out, 0))


def test_the_head_s_gradients():
    values = {
        "x": numbers(2, 3, 4, 3),
        "w": numbers(5, 3),
        "b": numbers(5),
    }
    check_gradients(reference.gap_head_forward, reference.gap_head_backward, values)
    out, cache = reference.gap_head_forward(values["x"], values["w"])
    assert reference.gap_head_backward(out, cache)[2] is None
    theirs = torch.from_numpy(values["x"]).mean((2, 3)) @ torch.from_numpy(values["w"]).T
    np.testing.assert_allclose(out, theirs.numpy(), atol=1e-12)


def without(params, key):
    return {k: v for k, v in params.items() if k != key}


def test_a_missing_or_a_needless_parameter_is_named():
    x, params = case("basic, option B")
    block = reference.basic_block_forward
    with pytest.raises(ValueError, match=re.escape("expected a parameter 'bn2.bias', got bn1.bi")):
        block(x, without(params, "bn2.bias"), stride=2, training=True)
    fixed = without(params, "bn2.running_var")
    with pytest.raises(ValueError, match=re.escape("expected a parameter 'bn2.running_var'")):
        block(x, fixed, stride=2, training=False)
    block(x, fixed, stride=2, training=True)
    with pytest.raises(ValueError, match=re.escape("'conv3.weight' is read by no layer")):
        block(x, {**params, "conv3.weight": params["conv2.weight"]}, stride=2, training=True)
    x, params = case("dense block")
    gap = {k: v for k, v in params.items() if "layer2" not in k}
    with pytest.raises(ValueError, match="expected layers denselayer1 to denselayer2, got dense"):
        reference.dense_block_forward(x, gap, training=True)
    with pytest.raises(ValueError, match="expected parameters of denselayer1"):
        reference.dense_block_forward(x, {}, training=True)


def test_an_error_says_which_layer_it_is_about():
    x, params = case("basic, option B")
    with pytest.raises(ValueError, match=re.escape("conv1: kernel has 3 input channels (w.sh")):
        reference.basic_block_forward(x[:, :2], params, stride=2, training=True)
    wrong = {**params, "bn2.weight": np.ones(4)}
    with pytest.raises(ValueError, match=re.escape("bn2: gamma must have shape (5,)")):
        reference.basic_block_forward(x, wrong, stride=2, training=True)
    with pytest.raises(TypeError, match="conv1: w has dtype float64, x has float32"):
        reference.basic_block_forward(x.astype(np.float32), params, stride=2, training=True)
    narrow = {k: v for k, v in params.items() if "downsample" not in k}
    narrow["conv1.weight"], wide = numbers(5, 7, 3, 3), np.ones((2, 7, 4, 4))
    with pytest.raises(ValueError, match=re.escape("channels must be at least the 7 of x")):
        reference.basic_block_forward(wide, narrow, training=True)
    with pytest.raises(ValueError, match="stride_on must be '1x1' or '3x3', got '5x5'"):
        reference.bottleneck_forward(x, params, stride_on="5x5", training=True)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the linear layer behind the means: w takes 4 inputs"):
        reference.gap_head_forward(x, np.ones((2, 4)))


def test_a_shortcut_of_another_size_is_refused():
    x, params = case("basic, option B")
    params["downsample.0.weight"] = numbers(5, 3, 2, 2)
    with pytest.raises(ValueError, match=re.escape("the branch makes (2, 5, 6, 5), the shortcut")):
        reference.basic_block_forward(x, params, training=True)


@pytest.mark.parametrize("which", CASES)
def test_a_gradient_of_another_shape_or_dtype_is_refused(which):
    name, _, _, options = CASES[which]
    x, params = case(which)
    forward, backward = passes(name)
    mode = {} if name == "fire" else {"training": True}
    out, cache = forward(x, params, **options, **mode)
    with pytest.raises(ValueError, match="dout must have the output's shape"):
        backward(out[:, :, 1:], cache)
    with pytest.raises(TypeError, match="dout must be float64 like the input"):
        backward(out.astype(np.float32), cache)
