"""Networks side by side take the steps that each would take alone."""

import numpy as np
import pytest

from cvlib.activations import Activation
from cvlib.layers import Flatten, Linear, MaxPool2d, Sequential
from cvlib.optim import SGD, Adam, cosine
from cvlib.training import accuracy, fit
from cvlib.training.experiments.digits import digit_parts, perceptron, perceptrons
from cvlib.training.experiments.side_by_side import Examples, fit_side_by_side, right, side_by_side

RATES = (0.05, 0.3, 0.05)
SEEDS = (0, 0, 1)
HIDDEN = (7, 5)
MAKERS = {
    "SGD": lambda p, lr: SGD(p, lr),
    "momentum": lambda p, lr: SGD(p, lr, momentum=0.9),
    "Adam": lambda p, lr: Adam(p, lr),
}


def parts():
    return [digit_parts(seed, 45, 30) for seed in SEEDS]


def together(optimizer="SGD", **options):
    network, rngs = perceptrons("tanh", SEEDS, hidden=HIDDEN)
    train = Examples.of([train for train, _ in parts()])
    losses = fit_side_by_side(
        network,
        train,
        optimizer=MAKERS[optimizer](network.parameters(), 0.0),
        rates=RATES,
        epochs=2,
        batch_size=20,
        rngs=rngs,
        **options,
    )
    return network, losses


@pytest.mark.parametrize("optimizer", MAKERS)
def test_each_learns_as_it_would_alone(optimizer):
    network, losses = together(optimizer, schedule=cosine(2))
    tests = Examples.of([test for _, test in parts()])
    for s, (seed, rate, (train, test)) in enumerate(zip(SEEDS, RATES, parts(), strict=True)):
        rng = np.random.default_rng(seed)
        alone = perceptron("tanh", rng, hidden=HIDDEN)
        history = fit(
            alone,
            train,
            optimizer=MAKERS[optimizer](alone.parameters(), rate),
            epochs=2,
            batch_size=20,
            rng=rng,
            schedule=cosine(2),
        )
        np.testing.assert_allclose(losses[:, s], history.loss, rtol=1e-4)
        for stacked, single in zip(network.parameters(), alone.parameters(), strict=True):
            ours = stacked.value[s].reshape(single.value.shape)
            np.testing.assert_allclose(ours, single.value, atol=1e-4)
        shares = right(network, tests)
        assert shares[s] == pytest.approx(accuracy(alone, test.images, test.labels), abs=1 / 30)


def test_one_that_leaves_changes_nothing_for_the_others():
    stayed, whole = together("momentum")
    calls = []

    def leave(here):
        calls.append(here.tolist())
        return here != 1

    network, losses = together("momentum", on_epoch=leave)
    assert calls == [[0, 1, 2], [0, 2]]
    np.testing.assert_allclose(losses[:, [0, 2]], whole[:, [0, 2]], rtol=1e-5)
    assert losses[0, 1] == pytest.approx(whole[0, 1], rel=1e-5)
    assert np.isnan(losses[1, 1])
    for some, every in zip(network.parameters(), stayed.parameters(), strict=True):
        np.testing.assert_allclose(some.value, every.value[[0, 2]], atol=1e-5)


def test_training_ends_when_all_have_left():
    _, losses = together(on_epoch=lambda here: np.zeros(len(here), bool))
    assert np.isfinite(losses[0]).all()
    assert np.isnan(losses[1]).all()


@pytest.mark.filterwarnings("error")
def test_one_that_diverges_does_not_disturb_the_others():
    rng = np.random.default_rng(0)
    network = side_by_side(
        [Sequential(Flatten(), Linear(64, 10, rng=np.random.default_rng(5))) for _ in range(2)]
    )
    train = Examples.of([parts()[0][0]] * 2)
    rngs = [rng, np.random.default_rng(0)]
    losses = fit_side_by_side(
        network,
        train,
        optimizer=SGD(network.parameters(), 0.0),
        rates=(0.1, 1e38),
        epochs=3,
        batch_size=9,
        rngs=rngs,
    )
    assert losses[2, 0] < losses[0, 0]
    assert not np.isfinite(losses[2, 1])


def test_the_activation_keeps_its_options():
    network, _ = perceptrons("leaky_relu", SEEDS, hidden=(3,), slope=0.25)
    assert isinstance(network.layers[1], Activation)
    assert network.layers[1].forward(np.array([-1.0])) == -0.25


def test_other_layers_are_refused():
    with pytest.raises(TypeError, match="expected Flatten, Linear or Activation, got MaxPool2d"):
        side_by_side([Sequential(MaxPool2d(2))])
