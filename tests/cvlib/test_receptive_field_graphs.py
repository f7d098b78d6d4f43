"""Networks with branches: intervals, alignment, the exact window of one unit, the frame."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from receptive_field_cases import graphs

from cvlib.receptive_field import (
    INPUT,
    Graph,
    LayerGeometry,
    path_counts,
    receptive_field,
    receptive_fields,
    support,
    unit_window,
    units_inside,
)

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def hull(mask):
    return tuple(
        (int(np.flatnonzero(line)[0]), int(np.flatnonzero(line)[-1])) if line.any() else None
        for line in (mask.any(axis=tuple(set(range(mask.ndim)) - {a})) for a in range(mask.ndim))
    )


def branches(*ends, name="join"):
    """A graph of one merge, each branch a list of layers."""
    graph = Graph()
    graph.merge(*(graph.chain(INPUT, *end) for end in ends), name=name)
    return graph


@PROPERTY
@given(graph=graphs(), unit=st.integers(-5, 40))
def test_the_formula_is_the_window_of_every_unit(graph, unit):
    assert receptive_field(graph).window((unit,)) == unit_window(graph, (unit,))


@PROPERTY
@given(graph=graphs(up=True), unit=st.integers(0, 40))
def test_behind_an_upsampling_the_interval_holds_the_window(graph, unit):
    (window,), ((first, last),) = (
        unit_window(graph, (unit,)),
        receptive_field(graph).window((unit,)),
    )
    assert window is None or first <= window[0] <= window[1] <= last


def count_units(graph, size):
    try:
        return graph.sizes(size)[graph.output][0]
    except ValueError:  # the image is too small for a window
        assume(False)


def image_for(graph, unit):
    """A size on which the unit's window and the last one beyond it fit."""
    return (max(1, receptive_field(graph).window((unit,))[0][1] + 1),)


@PROPERTY
@given(graph=graphs(), place=st.integers(0, 3))
def test_a_unit_inside_the_image_sees_its_window_from_end_to_end(graph, place):
    field = receptive_field(graph)
    unit = math.ceil(-field.axes[0].first / field.axes[0].stride) + place
    counts = path_counts(graph, image_for(graph, unit), unit=(unit,))
    assert hull(counts > 0) == unit_window(graph, (unit,))


@PROPERTY
@given(graph=graphs(solid=True), data=st.data())
def test_windows_without_gaps_are_clipped_to_what_paths_reach(graph, data):
    size = (data.draw(st.integers(12, 40)),)
    units = count_units(graph, size)
    unit = (data.draw(st.integers(0, units - 1)),)
    mask = support(graph, size, unit=unit)
    assert hull(mask) == unit_window(graph, unit, input_size=size)


@PROPERTY
@given(graph=graphs(solid=True), data=st.data())
def test_units_inside_are_those_that_meet_no_padding(graph, data):
    """Weights of 1 on an image of ones: padding shows as a sum that is too small."""
    size = (data.draw(st.integers(20, 60)),)
    units = count_units(graph, size)
    sums = np.array([path_counts(graph, size, unit=(u,)).sum() for u in range(units)])
    far = math.ceil(-receptive_field(graph).axes[0].first / receptive_field(graph).axes[0].stride)
    free = path_counts(graph, image_for(graph, far), unit=(far,)).sum()
    assert units_inside(graph, size) == ((int((sums == free).sum()),), (units,))


def test_a_merge_takes_the_hull_of_its_branches():
    graph = branches([LayerGeometry(3, 1, 1)], [LayerGeometry(5, 1, 2)], [])
    field = receptive_field(graph)
    assert (field.size, field.stride, field.padding) == ((5, 5), (1, 1), (2, 2))
    assert field.aligned


def test_branches_with_two_centres_are_reported():
    # padding 'same' of an even map puts the extra zero behind: the centre moves by half a stride
    graph = branches([LayerGeometry(3, 2, 0)], [LayerGeometry(1, 2, 0)], name="block")
    graph.window("block", LayerGeometry(3, 1, 1, name="next"))
    field = receptive_field(graph)
    assert field.misaligned == ("block",)
    assert not field.aligned
    assert field.size == (7, 7)
    assert receptive_field(graph, node="layer").aligned


def test_branches_may_differ_along_one_axis_only():
    graph = branches([LayerGeometry((1, 7), 1, (0, 3))], [LayerGeometry((7, 1), 1, (3, 0))])
    assert receptive_field(graph).size == (7, 7)
    mask = support(graph, 7, unit=(3, 3))
    assert mask.sum() == 13  # a cross, though the hull is 7 × 7
    crooked = branches([LayerGeometry((1, 2))], [LayerGeometry((2, 1))])
    assert receptive_field(crooked).misaligned == ("join",)


def test_unequal_strides_cannot_merge():
    graph = branches([LayerGeometry(3, 2)], [LayerGeometry(3, (2, 1))])
    with pytest.raises(ValueError, match=r"merge 'join' joins maps of unequal strides 2, 1 \(col"):
        receptive_field(graph)


def test_everything_is_infinite_until_the_size_is_known():
    graph = Graph()
    top = graph.chain(INPUT, LayerGeometry(3, 2, 1), LayerGeometry(3, 2, 1))
    graph.whole(top, name="pool")
    field = receptive_field(graph)
    assert field.whole
    assert field.size == (math.inf, math.inf)
    known = receptive_field(graph, input_size=(16, 24))
    assert known.window() == ((-3, 15), (-3, 23))  # 4 units, 4 apart, each 7 wide
    assert known.size == (19, 27)
    assert unit_window(graph, (0, 0), input_size=(16, 24)) == ((0, 15), (0, 23))
    with pytest.raises(ValueError, match="'pool' sees everything: give the input_size"):
        unit_window(graph, (0, 0))
    assert support(graph, (16, 24)).all()


def test_a_gate_lets_every_unit_see_everything():
    graph = Graph()
    x = graph.window(INPUT, LayerGeometry(3, 1, 1))
    gate = graph.window(graph.whole(x), LayerGeometry(1))
    graph.window(graph.merge(x, gate, name="gated"), LayerGeometry(3, 1, 1))
    field = receptive_field(graph, input_size=9)
    assert field.whole
    assert field.aligned
    assert field.window() == ((-1, 9), (-1, 9))
    assert support(graph, 9).all()
    assert unit_window(graph, (4, 4), input_size=9) == ((0, 8), (0, 8))


def test_upsampling_halves_the_stride_and_units_differ():
    shrink, grow = LayerGeometry(2, 2), LayerGeometry(2, 2, transposed=True)
    graph = Graph()
    graph.merge(INPUT, graph.chain(INPUT, shrink, LayerGeometry(3, 1, 1), grow), name="join")
    field = receptive_field(graph)
    assert field.stride == (1, 1)
    assert field.size == (7, 7)  # more than any unit sees: the phases are held together
    assert unit_window(graph, (4, 5)) == ((2, 7), (2, 7))
    assert unit_window(graph, (6, 8)) == ((4, 9), (6, 11))
    half = receptive_field([grow])
    assert [str(s) for s in half.stride] == ["1/2", "1/2"]
    assert half.window((3, 4)) == ((1, 1), (2, 2))


def test_stamps_with_gaps_leave_units_that_see_nothing():
    gaps = [LayerGeometry((1,), (2,), transposed=True)]
    assert unit_window(gaps, (4,)) == ((2, 2),)
    assert unit_window(gaps, (5,)) == (None,)
    assert not support(gaps, (4,), unit=(5,)).any()


def test_units_inside_of_a_padded_stack():
    stack = [LayerGeometry(3, 1, 1)] * 4
    assert units_inside(stack, (16, 8)) == ((8, 0), (16, 8))
    with pytest.raises(ValueError, match="expected whole strides of at least 1, got"):
        units_inside([LayerGeometry(2, 2, transposed=True)], 8)


def test_graphs_say_what_is_wrong_with_them():
    graph = Graph()
    with pytest.raises(KeyError, match="no node 'nowhere' to build on"):
        graph.window("nowhere", LayerGeometry(3))
    with pytest.raises(ValueError, match="got 0 maps and 0 shares"):
        graph.merge()
    with pytest.raises(ValueError, match="got 1 maps and 2 shares"):
        graph.merge(INPUT, shares=(1, 2))
    uneven = branches([LayerGeometry(3)], [])
    with pytest.raises(
        ValueError, match=r"merge 'join' needs maps of one size, got layer \(6, 6\)"
    ):
        uneven.sizes((8, 8))
    with pytest.raises(ValueError, match="no window of layer 'big' fits: it spans 9 columns, the"):
        path_counts([LayerGeometry((1, 9), name="big")], 8)
    with pytest.raises(IndexError, match=r"unit \(9, 0\) is not on the map of 'layer', which is"):
        path_counts([LayerGeometry(3)], 8, unit=(9, 0))
    with pytest.raises(ValueError, match="input_size must have 2 entries"):
        receptive_field([LayerGeometry(3)], input_size=(8, 8, 8))


def test_names_that_repeat_get_a_number():
    graph = Graph()
    names = [graph.window(INPUT, LayerGeometry(3, name="conv")) for _ in range(2)]
    assert names == ["conv", "conv2"]
    assert list(receptive_fields(graph)) == ["input", "conv", "conv2"]
