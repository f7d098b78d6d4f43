"""The update rules: by hand, against torch.optim, and what they do on a slope and in a valley."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.layers import Parameter
from cvlib.optim import SGD, Adam, adam_step, clip_gradients, momentum_step, nesterov_step, sgd_step

SHAPES = [(3, 4), (5,), ()]


def test_rules_by_hand():
    w, g = np.array([1.0]), np.array([0.5])
    assert sgd_step(w, g, lr=0.1) == 0.95
    moved, velocity = momentum_step(w, g, np.array([2.0]), lr=0.1, momentum=0.9)
    assert velocity == pytest.approx(2.3)
    assert moved == pytest.approx(1 - 0.23)
    moved, velocity = nesterov_step(w, g, np.array([2.0]), lr=0.1, momentum=0.9)
    assert velocity == pytest.approx(2.3)
    assert moved == pytest.approx(1 - 0.1 * (0.5 + 0.9 * 2.3))
    # the first step of Adam has length lr, whatever the size of the gradient
    for size in (1e-3, 1.0, 1e3):
        moved, mean, square = adam_step(w, size * g, 0 * w, 0 * w, 1, lr=0.1)
        assert moved == pytest.approx(0.9, abs=1e-5)
        assert mean == pytest.approx(0.1 * size * 0.5)
        assert square == pytest.approx(0.001 * (size * 0.5) ** 2)


def test_rules_change_nothing_in_place():
    arrays = [np.full(3, value) for value in (1.0, 2.0, 3.0, 4.0)]
    sgd_step(*arrays[:2], lr=0.1)
    momentum_step(*arrays[:3], lr=0.1)
    nesterov_step(*arrays[:3], lr=0.1)
    adam_step(arrays[0], arrays[1], arrays[2], arrays[3], 3)
    assert [array.tolist() for array in arrays] == [[v] * 3 for v in (1.0, 2.0, 3.0, 4.0)]


def test_momentum_on_a_slope_grows_to_one_over_one_minus_mu():
    w, velocity = np.zeros(1), np.zeros(1)
    for _ in range(200):
        w, velocity = momentum_step(w, np.ones(1), velocity, lr=0.1, momentum=0.9)
    assert velocity == pytest.approx(10)


OPTIONS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("SGD"), "lr": st.floats(1e-3, 0.3)}),
    st.fixed_dictionaries(
        {
            "kind": st.just("SGD"),
            "lr": st.floats(1e-3, 0.3),
            "momentum": st.floats(0.1, 0.99),
            "nesterov": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("Adam"),
            "lr": st.floats(1e-4, 0.3),
            "betas": st.tuples(st.floats(0, 0.99), st.floats(0, 0.9999)),
            "eps": st.floats(1e-10, 1e-2),
        }
    ),
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(options=OPTIONS, decay=st.sampled_from((0.0, 0.01, 0.3)), seed=st.integers(0, 2**32 - 1))
def test_many_steps_agree_with_torch(options, decay, seed):
    options = dict(options)
    kind, rng = options.pop("kind"), np.random.default_rng(seed)
    ours = [Parameter(rng.standard_normal(shape)) for shape in SHAPES]
    theirs = [torch.nn.Parameter(torch.from_numpy(p.value.copy())) for p in ours]
    optimizer = {"SGD": SGD, "Adam": Adam}[kind](ours, weight_decay=decay, **options)
    expected = getattr(torch.optim, kind)(theirs, weight_decay=decay, **options)
    for step in range(12):
        for parameter, tensor in zip(ours, theirs, strict=True):
            parameter.grad = np.asarray(rng.standard_normal(parameter.value.shape))
            tensor.grad = torch.from_numpy(parameter.grad.copy())
        if step == 6:
            # as a schedule does
            optimizer.lr *= 0.3
            expected.param_groups[0]["lr"] *= 0.3
        optimizer.step()
        expected.step()
        for parameter, tensor in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(
                parameter.value, tensor.detach().numpy(), rtol=1e-10, atol=1e-10
            )


@pytest.mark.parametrize(
    "build",
    [
        lambda p: SGD(p, 0.1),
        lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.1),
        lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True),
        lambda p: Adam(p, weight_decay=0.1),
    ],
    ids=["SGD", "momentum", "Nesterov", "Adam"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_are_in_place_keep_the_dtype_and_resume(build, dtype):
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((6, 4)).astype(dtype)

    def parameter():
        return Parameter(np.arange(4, dtype=dtype))

    def run(optimizer, chosen):
        for gradient in chosen:
            optimizer.parameters[0].grad = gradient.copy()
            optimizer.step()
            np.testing.assert_array_equal(optimizer.parameters[0].grad, gradient)

    whole, first, second = parameter(), parameter(), parameter()
    array = whole.value
    run(build([whole]), gradients)
    assert whole.value is array
    assert array.dtype == dtype
    assert not np.allclose(array, np.arange(4))
    before = build([first])
    run(before, gradients[:3])
    after = build([second])
    second.value[...] = first.value
    after.lr = 77.0
    state = before.state()
    run(before, gradients[3:])
    # the state is a copy: the steps since then are not in it
    after.load_state(state)
    assert after.count == 3
    run(after, gradients[3:])
    np.testing.assert_array_equal(second.value, whole.value)
    np.testing.assert_array_equal(first.value, whole.value)


def test_decay_spares_what_asks_to_be_spared():
    w, b = Parameter(np.ones(2)), Parameter(np.ones(2), decay=False)
    SGD([w, b], 0.5, weight_decay=0.1).step()
    np.testing.assert_allclose(w.value, 0.95)
    assert (b.value == 1).all()


def test_clipping_keeps_the_direction_and_bounds_the_length():
    first, second = Parameter(np.zeros(2)), Parameter(np.zeros((1, 1), np.float32))
    first.grad, second.grad = np.array([3.0, 0.0]), np.array([[4.0]], np.float32)
    assert clip_gradients([first, second], 10) == 5
    assert first.grad.tolist() == [3, 0]
    assert clip_gradients(iter([first, second]), 1) == 5
    np.testing.assert_allclose(first.grad, [0.6, 0])
    np.testing.assert_allclose(second.grad, [[0.8]])
    assert second.grad.dtype == np.float32
    with pytest.raises(ValueError, match="limit must be above 0, got 0"):
        clip_gradients([first], 0)


P = [Parameter(np.ones(2))]


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: SGD([], 0.1), ValueError, "expected at least one parameter, got none"),
        (lambda: SGD(P, -0.1), ValueError, r"lr must be finite and at least 0, got -0\.1"),
        (lambda: SGD(P, np.inf), ValueError, "lr must be finite and at least 0, got inf"),
        (lambda: SGD(P, np.nan), ValueError, "lr must be finite and at least 0, got nan"),
        (lambda: SGD(P, "0.1"), TypeError,  # type: ignore[arg-type]
         r"lr must be a number, got '0\.1'"),
        (lambda: SGD(P, True), TypeError, "lr must be a number, got True"),
        (lambda: SGD(P, 0.1, momentum=1.0), ValueError, r"momentum must be below 1, got 1\.0"),
        (lambda: SGD(P, 0.1, momentum=-0.5), ValueError, "momentum must be finite and at least 0"),
        (lambda: SGD(P, 0.1, nesterov=True), ValueError, "nesterov needs a momentum above 0"),
        (lambda: SGD(P, 0.1, weight_decay=-1), ValueError, "weight_decay must be finite and at"),
        (lambda: Adam(P, betas=(1.0, 0.9)), ValueError, r"betas\[0\] must be below 1, got 1\.0"),
        (lambda: Adam(P, betas=(0.9, -1.0)), ValueError, r"betas\[1\] must be finite and at least"),
        (lambda: Adam(P, eps=-1e-8), ValueError, "eps must be finite and at least 0"),
        (lambda: adam_step(P[0].value, P[0].value, P[0].value, P[0].value, 0), ValueError,
         "step counts from 1, got 0"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_bad_states_and_gradients_are_named():
    parameter = Parameter(np.ones(2))
    optimizer = SGD([parameter], 0.1, momentum=0.9)
    with pytest.raises(
        ValueError, match=r"expected the arrays \['count', 'lr', 'velocity\.0'\], got"
    ):
        optimizer.load_state(SGD([parameter], 0.1).state())
    bad = {**optimizer.state(), "velocity.0": np.zeros(3)}
    with pytest.raises(ValueError, match=r"velocity\.0: expected shape \(2,\), got \(3,\)"):
        optimizer.load_state(bad)
    parameter.grad = np.ones((1, 2))
    with pytest.raises(ValueError, match=r"parameter 0 has shape \(2,\), its gradient \(1, 2\)"):
        optimizer.step()
    assert (parameter.value == 1).all()
