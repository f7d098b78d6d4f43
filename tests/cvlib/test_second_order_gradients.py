"""Every backward against central differences, and how one branch's gradient hears the other."""

import numpy as np
import pytest
from gradients import check_gradients, numeric_gradient

from cvlib.second_order import SEVEN_FUSIONS, SORT, SORT_ROOT, TERMS, reference

RNG = np.random.default_rng(8)
ONES = (TERMS[k : k + 1] for k in range(len(TERMS)))
MIXES = [*SEVEN_FUSIONS, SORT_ROOT, ("max", "rectified_root_product"), TERMS[:5]]


def apart(shape, *, same_sign=False):
    """Two branches whose numbers lie on two grids: none is near 0 or near the other's."""
    signs = RNG.choice((-1, 1), (2, *shape))
    f1, f2 = 0.4 * RNG.integers(1, 6, shape) - 0.2, 0.4 * RNG.integers(1, 6, shape)
    return {"f1": signs[0] * f1, "f2": signs[0 if same_sign else 1] * f2}


def test_the_inputs_have_both_signs_and_stay_away_from_kinks():
    for same_sign in (False, True):
        f1, f2 = apart((400,), same_sign=same_sign).values()
        assert min(np.abs(f1).min(), np.abs(f2).min(), np.abs(f1 - f2).min()) > 0.1
        pairs = {(bool(a), bool(b)) for a, b in zip(f1 > 0, f2 > 0, strict=True)}
        assert len(pairs) == (2 if same_sign else 4)


@pytest.mark.parametrize("terms", [*ONES, *MIXES], ids=" + ".join)
def test_fuse(terms):
    arrays = apart((3, 4, 2, 2), same_sign="root_product" in terms)
    for eps in (1e-2, 0.5):
        check_gradients(
            reference.fuse_forward,
            reference.fuse_backward,
            arrays,
            {"terms": terms, "eps": eps},
            rtol=1e-5,
        )


@pytest.mark.parametrize("rectified", [False, True])
def test_sort(rectified):
    arrays = apart((2, 3, 4))
    check_gradients(
        reference.sort_forward, reference.sort_backward, arrays, {"rectified": rectified}
    )
    options = {"rectified": rectified, "eps": 0.1}
    arrays = apart((2, 3, 4), same_sign=not rectified)
    forward, backward = reference.sort_root_forward, reference.sort_root_backward
    check_gradients(forward, backward, arrays, options, rtol=1e-5)


@pytest.mark.parametrize("survives", [None, True, [True, False, True]])
@pytest.mark.parametrize("inverted", [False, True])
def test_stochastic_depth(survives, inverted):
    check_gradients(
        reference.stochastic_depth_forward,
        reference.stochastic_depth_backward,
        {"x": RNG.standard_normal((3, 2, 2)), "f": RNG.standard_normal((3, 2, 2))},
        {"survives": survives, "probability": 0.4, "inverted": inverted},
    )


@pytest.mark.parametrize("sigma", [0.0, 0.7, 3.0])
def test_phrase_pool(sigma):
    check_gradients(
        reference.phrase_pool_forward,
        reference.phrase_pool_backward,
        {"x": RNG.standard_normal((2, 2, 4, 3))},
        {"sigma": sigma},
    )


@pytest.mark.parametrize("terms", [*((t,) for t in TERMS), SORT, SORT_ROOT], ids=" + ".join)
def test_the_cross_derivative_is_how_one_gradient_moves_with_the_other_branch(terms):
    arrays = apart((30,), same_sign="root_product" in terms)
    f1, f2 = arrays.values()
    expected = np.zeros_like(f1)
    for place in np.ndindex(f1.shape):

        def slope(moved, place=place):
            _, cache = reference.fuse_forward(f1, moved, terms=terms, eps=0.2)
            return float(reference.fuse_backward(np.ones_like(f1), cache)[0][place])

        expected[place] = numeric_gradient(slope, f2)[place]
    ours = reference.cross_derivative(f1, f2, terms=terms, eps=0.2)
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-8)


def test_a_branch_hears_the_other_with_sort_and_not_with_the_sum():
    # two branches with one weight each: f1 = w1 x, f2 = w2 x
    x, w1, dout = RNG.standard_normal((3, 5))

    def gradient_of_w1(w2, terms):
        _, cache = reference.fuse_forward(w1 * x, w2 * x, terms=terms)
        return float(np.vdot(reference.fuse_backward(dout, cache)[0], x))

    weights = (0.5, 1.5)
    assert len({gradient_of_w1(w2, ("sum",)) for w2 in weights}) == 1
    with_sort = [gradient_of_w1(w2, SORT) for w2 in weights]
    # d/dw1 of Σ dout (w1 x + w2 x + w1 w2 x²) moves with w2 by Σ dout x²
    assert np.isclose(with_sort[1] - with_sort[0], (dout * x * x).sum())
