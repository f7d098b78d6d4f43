"""What the fusions are: worked cases, their loops, laws, dtypes and errors in both backends."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_cases_second_order import branches

from cvlib.second_order import SEVEN_FUSIONS, SORT, SORT_ROOT, TERMS, accelerated, reference
from cvlib.second_order.definition import fuse_naive, sort_naive, sort_root_naive

DRAWS = settings(max_examples=40, deadline=None, derandomize=True, database=None)
A, B = np.array([2.0, -1.0, 3.0]), np.array([3.0, 4.0, -2.0])


def test_sort_by_hand():
    assert reference.sort_forward(A, B)[0].tolist() == [11, -1, -5]
    assert reference.sort_forward(A, B, rectified=True)[0].tolist() == [11, 3, 1]
    root, _ = reference.sort_root_forward(A, B, eps=0.25)
    assert np.allclose(root, [5 + 2.5, 3.5, 1.5])


def test_gradients_by_hand():
    dout = np.array([1.0, 10.0, 100.0])
    _, cache = reference.sort_forward(A, B)
    assert [g.tolist() for g in reference.sort_backward(dout, cache)] == [
        [4, 50, -100],  # 1 + f2
        [3, 0, 400],  # 1 + f1
    ]
    _, cache = reference.sort_root_forward(A, B, eps=0.25)
    df1, df2 = reference.sort_root_backward(dout, cache)
    # where one factor is cut off, only the linear terms are left
    assert np.allclose(df1, [1 + 3 / 5, 10, 100])
    assert np.allclose(df2, [1 + 2 / 5, 10, 100])


def test_the_seven_fusions_are_every_choice_once():
    assert len(SEVEN_FUSIONS) == len(set(SEVEN_FUSIONS)) == 7
    assert {name for terms in SEVEN_FUSIONS for name in terms} == {"sum", "product", "max"}


@DRAWS
@given(call=branches(), terms=st.lists(st.sampled_from(TERMS), min_size=1, unique=True))
def test_the_loops_agree(call, terms):
    f1, f2 = call.arrays.values()
    fast, _ = reference.fuse_forward(f1, f2, terms=terms, eps=0.05)
    np.testing.assert_allclose(fast, fuse_naive(f1, f2, terms=terms, eps=0.05), atol=1e-12)
    np.testing.assert_allclose(reference.sort_forward(f1, f2)[0], sort_naive(f1, f2), atol=1e-12)
    root, _ = reference.sort_root_forward(f1, f2)
    np.testing.assert_allclose(root, sort_root_naive(f1, f2), atol=1e-12)


@DRAWS
@given(call=branches(), terms=st.permutations(TERMS), count=st.integers(1, 6))
def test_neither_the_order_of_the_terms_nor_of_the_branches_matters(call, terms, count):
    f1, f2 = call.arrays.values()
    chosen = terms[:count]
    out, _ = reference.fuse_forward(f1, f2, terms=chosen)
    assert np.array_equal(out, reference.fuse_forward(f1, f2, terms=chosen[::-1])[0], True)
    assert np.array_equal(out, reference.fuse_forward(f2, f1, terms=chosen)[0], True)


@DRAWS
@given(call=branches())
def test_the_max_is_half_of_sum_and_distance(call):
    f1, f2 = call.arrays.values()
    ours, _ = reference.fuse_forward(f1, f2, terms="max")
    np.testing.assert_allclose(ours, (f1 + f2 + np.abs(f1 - f2)) / 2, atol=1e-12)


@DRAWS
@given(call=branches(), factor=st.floats(0.1, 30))
def test_the_product_doubles_the_degree_and_the_root_keeps_it(call, factor):
    f1, f2 = call.arrays.values()
    for terms, degree in (("product", 2), ("rectified_product", 2), ("max", 1), ("sum", 1)):
        whole, scaled = (
            reference.fuse_forward(s * f1, s * f2, terms=terms)[0] for s in (1, factor)
        )
        np.testing.assert_allclose(scaled, factor**degree * whole, rtol=1e-12, atol=1e-12)
    root = [
        reference.fuse_forward(s * f1, s * f2, terms="rectified_root_product", eps=s * s * 0.1)[0]
        for s in (1, factor)
    ]
    np.testing.assert_allclose(root[1], factor * root[0], rtol=1e-12)


@pytest.mark.parametrize("eps", [1e-2, 1e-4])
def test_eps_bounds_the_slope_of_the_root(eps):
    # as f1 → 0+ with f2 = 1 the slope is 1 + 1 / (2√ε): 6 at 1e-2, 51 at 1e-4
    f1, f2 = np.array([1e-12]), np.array([1.0])
    _, cache = reference.sort_root_forward(f1, f2, eps=eps)
    df1, _ = reference.sort_root_backward(np.ones(1), cache)
    assert np.isclose(df1[0], 1 + 1 / (2 * np.sqrt(eps)), rtol=1e-6)
    assert np.isclose(df1[0], {1e-2: 6, 1e-4: 51}[eps])


def test_the_bare_root_is_nan_for_opposite_signs_and_says_so_quietly():
    out, cache = reference.sort_root_forward(A, B, rectified=False)
    assert np.isnan(out).tolist() == [False, True, True]
    assert np.isnan(reference.sort_root_backward(A, cache)[0]).tolist() == [False, True, True]


@pytest.mark.parametrize("terms", [SORT, SORT_ROOT, TERMS], ids=" + ".join)
def test_single_precision_stays_single_whatever_eps_is(terms):
    f1, f2 = (np.abs(a).astype(np.float32) for a in (A, B))
    out, cache = reference.fuse_forward(f1, f2, terms=terms, eps=np.float64(0.01))
    gradients = reference.fuse_backward(f1, cache)
    cross = reference.cross_derivative(f1, f2, terms=terms, eps=np.float64(0.01))
    assert {a.dtype for a in (out, *gradients, cross)} == {np.dtype(np.float32)}


def test_nothing_is_changed_in_place_or_handed_out_twice():
    f1, f2, dout = A.copy(), B.copy(), np.ones(3)
    for terms in [(t,) for t in TERMS]:
        out, cache = reference.fuse_forward(f1, f2, terms=terms)
        results = [out, *reference.fuse_backward(dout, cache)]
        assert not any(np.shares_memory(r, a) for r in results for a in (f1, f2, dout))
    assert np.array_equal(f1, A)
    assert np.array_equal(f2, B)


ERRORS = [
    ({"terms": ("sum", "cube")}, "terms must be among sum, product, max"),
    ({"terms": ()}, "terms must name at least one term, and each once, got ()"),
    ({"terms": ("max", "max")}, "each once, got ('max', 'max')"),
    ({"eps": 0.0}, "eps must be above 0, where the slope of a root is infinite, got 0.0"),
    ({"eps": float("nan")}, "eps must be above 0"),
    ({"f2": (3, 2)}, "f1 and f2 must have one shape, got (2, 3) and (3, 2) (f2.shape)"),
]


@pytest.mark.parametrize(("options", "message"), ERRORS)
def test_the_same_error_in_both_backends(options, message):
    options = dict(options)
    shape = options.pop("f2", (2, 3))
    f1, f2 = np.ones((2, 3)), np.ones(shape)
    for name in ("fuse", "cross_derivative"):
        slow = getattr(reference, f"{name}_forward", None) or getattr(reference, name)
        with pytest.raises(ValueError, match=re.escape(message)):
            slow(f1, f2, **options)
        with pytest.raises(ValueError, match=re.escape(message)):
            getattr(accelerated, name)(*map(torch.from_numpy, (f1, f2)), **options)


def test_wrong_types_are_named():
    with pytest.raises(TypeError, match="eps must be a number, got 'small'"):
        reference.fuse_forward(A, B, eps="small")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="f2 has dtype float32, f1 has float64"):
        reference.fuse_forward(A, B.astype(np.float32))
    with pytest.raises(TypeError, match=r"f1 must be a torch\.Tensor, got ndarray"):
        accelerated.fuse(A, B)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"dout must have the output's shape \(3,\), got \(2,\)"):
        reference.fuse_backward(A[:2], reference.fuse_forward(A, B)[1])
