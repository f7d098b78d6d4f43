"""The NumPy training loop stops for the reason it gives, keeps to its schedule, is strict."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from blobs import blobs, network, train

from cvlib.optim import Adam, step_decay
from cvlib.training import accuracy, predict


def test_it_stops_when_the_validation_error_is_small():
    _, history = train(epochs=50, validation=blobs(seed=1), target_error=0.05)
    assert history.stopped == "target"
    assert history.error[-1] <= 0.05
    assert all(error > 0.05 for error in history.error[:-1])
    assert len(history) < 50


def test_patience_ends_it_and_gives_back_the_best_epoch():
    net, seen = network(), []

    def spoil(history):
        seen.append(net.state())
        if len(history) == 3:
            net.layers[2].own["w"].value *= -1

    _, history = train(
        net,
        epochs=40,
        validation=blobs(seed=1),
        patience=2,
        schedule=lambda t: 1.0 if t < 3 else 0.0,
        on_epoch=spoil,
    )
    assert history.stopped == "patience"
    assert history.best_epoch == int(np.argmax(history.accuracy)) <= 2
    assert len(history) == history.best_epoch + 1 + 2
    assert history.accuracy[-1] < history.best_accuracy
    assert accuracy(net, blobs(seed=1).images, blobs().labels) == history.best_accuracy
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, seen[history.best_epoch][name])


def test_without_patience_the_last_epoch_stays():
    net, history = train(epochs=4, validation=blobs(seed=1), lr=0.01)
    last = accuracy(net, blobs(seed=1).images, blobs().labels)
    assert last == history.accuracy[-1]


@pytest.mark.filterwarnings("error")
def test_a_loss_that_explodes_ends_it():
    _, history = train(lr=1e200, epochs=9)
    assert history.stopped == "diverged"
    assert len(history) < 9
    assert not np.isfinite(history.loss[-1])


def test_on_epoch_sees_the_history_and_may_stop():
    lengths = []

    def watch(history):
        lengths.append(len(history))
        return len(history) == 3

    _, history = train(on_epoch=watch)
    assert lengths == [1, 2, 3]
    assert history.stopped == "on_epoch"


def test_the_schedule_is_asked_at_every_step_and_the_rate_comes_back():
    asked = []

    def schedule(t):
        asked.append(t)
        return 0.5**t

    net = network()
    optimizer = Adam(net.parameters(), 0.01)
    _, history = train(net, optimizer=optimizer, epochs=2, schedule=schedule)
    np.testing.assert_allclose(asked, np.arange(12) / 6)
    np.testing.assert_allclose(history.lr, [0.01 * 0.5 ** (5 / 6), 0.01 * 0.5 ** (11 / 6)])
    assert optimizer.lr == 0.01
    _, history = train(net, optimizer=optimizer, epochs=4, schedule=step_decay(2, 0.1))
    np.testing.assert_allclose(history.lr, [0.01, 0.01, 0.001, 0.001])
    # also when something goes wrong on the way
    with pytest.raises(ZeroDivisionError):
        train(net, optimizer=optimizer, schedule=lambda t: 1 / 0 if t > 1 else 0.1)
    assert optimizer.lr == 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"patience": 0, "validation": blobs()}, "patience must be at least 1, got 0"),
        ({"target_error": -0.1, "validation": blobs()},
         "target_error must be at least 0, got -0.1"),
        ({"patience": 2}, "target_error and patience need validation images"),
        ({"target_error": 0.1}, "target_error and patience need validation images"),
        ({"validation": SimpleNamespace(images=np.zeros((3, 2)), labels=np.zeros(2, int))},
         "validation has 3 images and 2 labels: expected as many, and at least one"),
        ({"validation": SimpleNamespace(images=np.zeros((0, 2)), labels=np.zeros(0, int))},
         "validation has 0 images and 0 labels: expected as many, and at least one"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        train(**options)


def test_bad_evaluations_are_refused():
    net, data = network(), blobs()
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        predict(net, data.images, batch_size=0)
    with pytest.raises(ValueError, match="expected at least one image, got none"):
        predict(net, data.images[:0])
    with pytest.raises(ValueError, match="90 images have 89 labels: expected as many"):
        accuracy(net, data.images, data.labels[:-1])
