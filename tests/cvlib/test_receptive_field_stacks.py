"""Layers in a line: the two recursions and the closed form agree, padding only shifts, holes."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from receptive_field_cases import layers

from cvlib.receptive_field import (
    LayerGeometry,
    grow_backward,
    grow_forward,
    has_holes,
    path_counts,
    receptive_field,
    receptive_fields,
    vgg16,
)

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True, database=None)
STACKS = st.lists(layers(axes=2), max_size=5)


@PROPERTY
@given(stack=STACKS)
def test_forward_backward_and_closed_form_give_one_size(stack):
    size, stride = grow_forward(stack)[-1]
    closed = []
    for axis in range(2):
        jumps = np.cumprod([1, *(layer.stride[axis] for layer in stack)])
        reach = [layer.dilation[axis] * (layer.kernel[axis] - 1) for layer in stack]
        closed.append(1 + int(np.dot(reach, jumps[:-1])))
        assert stride[axis] == jumps[-1]
    assert size == grow_backward(stack)[0] == tuple(closed)
    field = receptive_field(stack)
    assert (field.size, field.stride) == (size, stride)


@PROPERTY
@given(stack=STACKS)
def test_both_recursions_know_every_layer_on_the_way(stack):
    for k, (size, _) in enumerate(grow_forward(stack)):
        assert size == grow_backward(stack[:k])[0]
        assert grow_backward(stack)[k] == grow_backward(stack[k:])[0]


@PROPERTY
@given(stack=STACKS, data=st.data())
def test_padding_moves_the_centre_and_not_the_size(stack, data):
    bare = [LayerGeometry(w.kernel, w.stride, 0, w.dilation) for w in stack]
    field, still = receptive_field(stack), receptive_field(bare)
    assert field.size == still.size
    for axis in range(2):
        jumps = np.cumprod([1, *(layer.stride[axis] for layer in stack)])
        moved = sum(layer.padding[axis] * j for layer, j in zip(stack, jumps, strict=False))
        assert still.centre()[axis] - field.centre()[axis] == moved


def test_odd_kernels_padded_by_half_look_at_stride_times_unit():
    stack = [LayerGeometry(7, 2, 3), LayerGeometry(3, 2, 1), LayerGeometry((5, 1), 1, (2, 0))]
    assert receptive_field(stack).centre((3, 5)) == (12, 20)
    assert receptive_field([LayerGeometry(2, 2)]).centre((0, 1)) == (0.5, 2.5)


def test_the_nodes_of_a_stack_can_be_asked_by_name():
    fields = receptive_fields(vgg16(fc6=True))
    assert [fields[n].size[0] for n in ("conv1_1", "pool1", "conv3_3", "pool5", "fc6")] == [
        3,
        6,
        40,
        212,
        404,
    ]
    assert receptive_field(vgg16(), node="pool3").stride == (8, 8)
    with pytest.raises(KeyError, match=r"no node 'pool9'; there are \['input', 'conv1_1'"):
        receptive_field(vgg16(), node="pool9")


def test_a_pixel_sees_itself():
    assert receptive_field([]).size == (1, 1)
    assert grow_forward([]) == [((1, 1), (1, 1))]


@PROPERTY
@given(stack=st.lists(layers(axes=1, strides=(1, 2), dilations=(1, 2, 3, 5, 9)), max_size=4))
def test_holes_are_where_no_sum_of_taps_lands(stack):
    jumps = np.cumprod([1, *(layer.stride[0] for layer in stack)])
    steps = [layer.dilation[0] * int(j) for layer, j in zip(stack, jumps, strict=False)]
    taps = itertools.product(*(range(layer.kernel[0]) for layer in stack))
    seen = {sum(c * t for c, t in zip(steps, tap, strict=True)) for tap in taps}
    assert has_holes(stack or [LayerGeometry((1,))]) == (len(seen) != max(seen) + 1,)


@pytest.mark.parametrize(
    ("dilations", "holes", "seen", "span"),
    [((2, 2, 2), True, 7, 13), ((1, 2, 4), False, 15, 15), ((1, 3, 9), False, 27, 27),
     ((1, 4, 9), True, 23, 29), ((9, 3, 1), False, 27, 27)],
)  # fmt: skip
def test_dilations_that_leave_holes_and_that_do_not(dilations, holes, seen, span):
    stack = [LayerGeometry(3, dilation=d) for d in dilations]
    assert has_holes(stack) == (holes, holes)
    counts = path_counts(stack, span)
    assert counts.shape == (span, span)
    assert np.count_nonzero(counts) == seen**2
    assert receptive_field(stack).size == (span, span)


def test_one_path_to_every_pixel_of_powers_of_three():
    assert np.all(path_counts([LayerGeometry(3, dilation=d) for d in (1, 3, 9)], 27) == 1)


# --- errors -------------------------------------------------------------------------------------

BAD_LAYERS = [
    ({"kernel": 0}, ValueError, "kernel must be at least 1, got 0"),
    ({"kernel": 3, "stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ({"kernel": 3, "padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ({"kernel": 3, "dilation": (1, 0)}, ValueError, "dilation must be at least 1, got (1, 0)"),
    ({"kernel": 3.0}, TypeError, "kernel must be an int or one int an axis, got 3.0"),
    ({"kernel": 3, "padding": "same"}, TypeError, "padding must be an int or one int an axis"),
    ({"kernel": True}, TypeError, "kernel must be an int or one int an axis, got True"),
    ({"kernel": (3, 3), "stride": (2, 2, 2)}, ValueError, "stride must have 2 entries, one an"),
    ({"kernel": (3,) * 4}, ValueError, "a layer has 1 to 3 axes, got 4"),
    ({"kernel": 3, "padding_after": -1}, ValueError, "padding_after must be at least 0, got -1"),
]


@pytest.mark.parametrize(("given_as", "error", "message"), BAD_LAYERS)
def test_a_layer_that_is_none_says_what_is_wrong(given_as, error, message):
    with pytest.raises(error, match=re.escape(message)):
        LayerGeometry(**given_as)


def test_a_stack_takes_layers_of_one_kind():
    with pytest.raises(TypeError, match="a stack is made of LayerGeometry, got int"):
        receptive_field([3, 3])
    with pytest.raises(TypeError, match=r"expected a list of LayerGeometry, a Graph or a torch"):
        receptive_field("vgg16")
    mixed = [LayerGeometry(3), LayerGeometry((3,), name="one")]
    with pytest.raises(ValueError, match=r"layer 'one' has 1 axes, the graph has 2 \('rows',"):
        receptive_field(mixed)
    for grow in (grow_forward, grow_backward, has_holes):
        with pytest.raises(ValueError, match="expected 2 axes in every layer, got 1"):
            grow(mixed)
        with pytest.raises(ValueError, match="layer 'up' is transposed: its field differs"):
            grow([LayerGeometry(2, 2, transposed=True, name="up")])
    with pytest.raises(ValueError, match=r"unit must have 2 entries \('rows', 'columns'\), got"):
        receptive_field([LayerGeometry(3)]).centre((1, 2, 3))
