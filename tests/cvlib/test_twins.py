"""Every reference and its accelerated twin agree, forward and in all gradients."""

from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import Call, Pair, case_for, compare, modules, pairs_of, rooms, without_twin

PAIRS = [pair for room in rooms() for pair in pairs_of(room, *modules(room))]


def test_there_are_rooms_and_pairs():
    assert "convolution" in rooms()
    assert {"conv2d", "conv_transpose2d", "convolution_matrix"} <= {pair.name for pair in PAIRS}


@pytest.mark.parametrize("room", rooms())
def test_no_operation_stands_alone(room):
    assert without_twin(*modules(room)) == []


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_twins_agree(pair, data):
    compare(pair, data.draw(case_for(pair)))


def square_forward(x):
    return x * x, x


def square_backward(dout, cache):
    return 2 * cache * dout


def square_pair(reference=square_forward, backward=square_backward, accelerated=torch.square):
    return Pair("room", "square", reference, backward, accelerated)


CALL = Call({"x": np.random.default_rng(0).standard_normal((3, 4))})


def test_the_comparison_accepts_what_is_right():
    compare(square_pair(), CALL)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (square_pair(backward=lambda dout, x: np.zeros_like(x)), "gradient of x"),
        (square_pair(backward=lambda dout, x: 2 * x), "gradient of x"),
        (square_pair(backward=lambda dout, x: (2 * x * dout)[None]), "shape"),
        (square_pair(backward=lambda dout, x: (2 * x * dout).astype(np.float32)), "dtype"),
        (square_pair(reference=lambda x: (x * x + 1e-7, x)), "room.square"),
        (square_pair(reference=lambda x: (x[:1] * x[:1], x)), "shape"),
    ],
    ids=["zeros", "ignores upstream", "shape", "dtype", "values", "forward shape"],
)
def test_the_comparison_rejects_what_is_wrong(wrong, message):
    with pytest.raises(AssertionError, match=message):
        compare(wrong, CALL)


def test_a_pair_without_a_case_fails():
    unknown = Pair("convolution", "brand_new", square_forward, square_backward, torch.square)
    with pytest.raises(AssertionError, match=r"no case for the twins convolution\.brand_new"):
        case_for(unknown)
    with pytest.raises(AssertionError, match=r"no tests/cvlib/twin_cases_attic\.py"):
        case_for(Pair("attic", "square", square_forward, square_backward, torch.square))


def test_an_operation_without_a_twin_is_found():
    reference, accelerated = ModuleType("reference"), ModuleType("accelerated")

    def stand_in():
        return None

    for name in ("a_forward", "a_backward", "b_forward", "b_backward", "c_forward", "helper"):
        setattr(reference, name, stand_in)
    for name in ("a", "c", "d"):
        setattr(accelerated, name, stand_in)
    alone = without_twin(reference, accelerated)
    assert alone == ["reference.c_forward", "reference.b_forward", "accelerated.d"]
    del reference.c_forward
    assert [pair.name for pair in pairs_of("room", reference, accelerated)] == ["a"]
