"""The fast convolution is the definition, whatever the shape, layout, dtype and batch."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_cases_convolution import grouped, pair

from cvlib.convolution import (
    conv2d_backward,
    conv2d_forward,
    conv2d_naive,
    conv2d_output_size,
    conv_transpose2d_backward,
    conv_transpose2d_forward,
    im2col,
)
from cvlib.convolution.reference import patches

DRAWS = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@DRAWS
@given(call=grouped())
def test_fast_is_naive(call):
    fast, _ = conv2d_forward(*call.arrays.values(), **call.options)
    slow = conv2d_naive(*call.arrays.values(), **call.options)
    np.testing.assert_allclose(fast, slow, rtol=1e-10, atol=1e-12)


def test_naive_by_hand():
    x = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    w = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    assert conv2d_naive(x, w).tolist() == [[[[-4, -4], [-4, -4]]]]
    # the kernel is not turned round: its upper left weight meets the upper left pixel
    w = np.array([[[[1.0, 0.0], [0.0, 0.0]]]])
    assert conv2d_naive(x, w, np.array([10.0])).tolist() == [[[[11, 12], [14, 15]]]]


@DRAWS
@given(
    size=pair(1, 12),
    kernel=pair(1, 4),
    stride=pair(1, 4),
    padding=pair(0, 3),
    dilation=pair(1, 3),
)
def test_output_size_counts_the_places_where_the_window_fits(
    size, kernel, stride, padding, dilation
):
    def places(axis):
        s, k, step, p, d = (
            value[axis] if isinstance(value, tuple) else value
            for value in (size, kernel, stride, padding, dilation)
        )
        last = s + 2 * p - 1
        return sum(start + d * (k - 1) <= last for start in range(0, last + 1, step))

    expected = places(0), places(1)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    if 0 in expected:
        with pytest.raises(ValueError, match="kernel spans"):
            conv2d_output_size(size, kernel, **options)
    else:
        assert conv2d_output_size(size, kernel, **options) == expected


@DRAWS
@given(call=grouped(), data=st.data())
def test_a_small_workspace_changes_nothing(call, data):
    with pytest.MonkeyPatch.context() as patch:
        arguments = call.arrays.values()
        out, cache = conv2d_forward(*arguments, **call.options)
        dout = np.random.default_rng(call.seed).standard_normal(out.shape)
        expected = [out, *conv2d_backward(dout, cache)]
        # one row at a time, or a few; and one image at a time, or several
        patch.setattr(patches, "WORKSPACE_BYTES", data.draw(st.sampled_from((1, 500, 3000))))
        patch.setattr(patches, "PACKED_OUTPUTS", data.draw(st.sampled_from((1, 30, 1000))))
        out, cache = conv2d_forward(*arguments, **call.options)
        for ours, theirs in zip([out, *conv2d_backward(dout, cache)], expected, strict=True):
            if theirs is None:
                assert ours is None
            else:
                assert ours is not None
                np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def test_pairs_may_be_tuples_lists_or_numpy_ints():
    kernel, down = np.int64(3), np.int32(2)
    assert conv2d_output_size([7, 8], kernel, stride=(down, 1)) == (3, 6)  # type: ignore[arg-type]
    assert conv2d_output_size(7, (3, 2), padding=[1, 0]) == (7, 6)


PASSES = [
    (conv2d_forward, conv2d_backward, (2, 4, 6, 7), (6, 2, 3, 3), 6),
    (conv_transpose2d_forward, conv_transpose2d_backward, (2, 6, 6, 7), (6, 2, 3, 3), 4),
]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("forward", "backward", "x_shape", "w_shape", "outputs"), PASSES)
def test_dtype_is_kept(forward, backward, x_shape, w_shape, outputs, stride):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in (x_shape, w_shape, (outputs,)))
    options = {"stride": stride, "padding": 1, "groups": 2}
    exact, exact_cache = forward(x, w, b, **options)
    out, cache = forward(*(a.astype(np.float32) for a in (x, w, b)), **options)
    dout = rng.standard_normal(out.shape)
    ours = [out, *backward(dout.astype(np.float32), cache)]
    for single, double in zip(ours, [exact, *backward(dout, exact_cache)], strict=True):
        assert single.dtype == np.float32
        assert double.dtype == np.float64
        np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("forward", "backward", "x_shape", "w_shape", "outputs"), PASSES)
def test_an_empty_batch_works(forward, backward, x_shape, w_shape, outputs, stride):
    x = np.zeros((0, *x_shape[1:]))
    options = {"stride": stride, "groups": 2}
    out, cache = forward(x, np.ones(w_shape), np.ones(outputs), **options)
    assert out.shape[:2] == (0, outputs)
    dx, dw, db = backward(out, cache)
    assert dx.shape == x.shape
    assert not dw.any()
    assert not db.any()
    assert dw.shape == w_shape


def test_inputs_are_not_written_to():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in ((2, 2, 5, 5), (3, 2, 3, 3), (3,))]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    for stride in (1, 2):
        out, cache = conv2d_forward(*arrays, stride=stride, padding=1)
        conv2d_backward(np.ones_like(out), cache)
    im2col(arrays[0], 3)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(
    ("channels", "kernels", "size", "kernel", "stride", "groups"),
    [
        (16, 16, 160, 3, 1, 1),
        (64, 32, 112, 1, 2, 1),
        (3, 16, 224, 7, 2, 1),
        (64, 64, 112, 3, 1, 64),
        (64, 64, 112, 3, 2, 64),
    ],
)
def test_scratch_stays_below_eight_mebibytes(channels, kernels, size, kernel, stride, groups):
    x = np.ones((2, channels, size, size), np.float32)
    w = np.ones((kernels, channels // groups, kernel, kernel), np.float32)

    def peak(function, *arguments, **options):
        tracemalloc.start()
        results = function(*arguments, **options)
        scratch = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        kept = [result.nbytes for result in results if isinstance(result, np.ndarray)]
        return results, (scratch - sum(kept)) / 2**20

    (out, cache), forward_peak = peak(
        conv2d_forward, x, w, stride=stride, padding=kernel // 2, groups=groups
    )
    _, backward_peak = peak(conv2d_backward, out, cache)
    assert forward_peak < 8
    assert backward_peak < 8
