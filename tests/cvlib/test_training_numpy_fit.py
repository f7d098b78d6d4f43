"""The NumPy training loop: it learns, stops for the reason it gives, and repeats itself."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from cvlib.activations import Activation
from cvlib.layers import Layer, Linear, Sequential
from cvlib.losses import squared_error_backward, squared_error_forward
from cvlib.optim import SGD, Adam, step_decay
from cvlib.training import History, accuracy, fit, predict, scores


def blobs(n=90, seed=0, spread=0.4):
    """Three classes of points around the corners of a triangle."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    centres = np.array([[0.0, 2.0], [2.0, -1.0], [-2.0, -1.0]])
    return SimpleNamespace(
        images=centres[labels] + spread * rng.standard_normal((n, 2)), labels=labels
    )


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(
        Linear(2, 8, rng=rng, dtype=np.float64),
        Activation("relu"),
        Linear(8, 3, rng=rng, dtype=np.float64),
    )


def train(net=None, lr=0.1, seed=0, optimizer=None, **options):
    net = network() if net is None else net
    given = {"epochs": 5, "batch_size": 16, **options}
    optimizer = SGD(net.parameters(), lr) if optimizer is None else optimizer
    history = fit(net, blobs(), optimizer=optimizer, rng=np.random.default_rng(seed), **given)
    return net, history


def test_it_learns_what_it_can_learn():
    net, history = train(epochs=20, validation=blobs(seed=1))
    assert accuracy(net, blobs(seed=1).images, blobs().labels) == 1
    assert history.loss[-1] < 0.1 < history.loss[0]
    assert len(history) == len(history.accuracy) == len(history.lr) == 20
    assert history.stopped == "epochs"
    assert history.best_accuracy == 1
    assert history.error == [1 - seen for seen in history.accuracy]


def test_a_run_is_its_seed():
    (first, one), (second, same), (_, other) = (train(seed=s) for s in (3, 3, 4))
    assert one == same
    assert one.loss != other.loss
    for name, array in first.state().items():
        np.testing.assert_array_equal(array, second.state()[name])


class Diary(Layer):
    """Passes inputs on, and writes down what came and in which mode."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x, *, training=False):
        self.seen.append((training, x.copy()))
        return x

    def backward(self, dout):
        return dout


def test_every_epoch_shows_every_image_once_in_a_new_order():
    diary = Diary()
    train(Sequential(diary, *network().layers), epochs=2, validation=blobs(30, seed=1))
    training = [x for mode, x in diary.seen if mode]
    assert [len(x) for x in training] == [16, 16, 16, 16, 16, 10] * 2
    first, second = np.concatenate(training[:6]), np.concatenate(training[6:])
    assert not np.array_equal(first, second)
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch, axis=0), np.sort(blobs().images, axis=0))
    # validation, after each epoch, is not training
    assert sum(len(x) for mode, x in diary.seen if not mode) == 60


def test_the_loss_is_the_mean_over_images_also_with_a_short_last_batch():
    net = network()
    history = train(net, lr=0.0, batch_size=80)[1]
    shown = train(network(), lr=0.0, batch_size=90)[1]
    np.testing.assert_allclose(history.loss, shown.loss)
    assert np.ptp(history.loss) < 1e-12


def test_a_step_goes_down_the_gradient_of_the_batch():
    # one batch of everything: one epoch is one step of plain gradient descent
    net, twin = network(), network()
    train(net, lr=0.5, epochs=1, batch_size=90)
    data = blobs()

    def loss(w):
        twin.layers[0].own["w"].value[...] = w
        out = scores(twin, data.images)
        out = out - out.max(axis=1, keepdims=True)
        chosen = out[np.arange(90), data.labels]
        return float(np.mean(np.log(np.exp(out).sum(axis=1)) - chosen))

    from gradients import numeric_gradient

    w = network().layers[0].own["w"].value
    np.testing.assert_allclose(
        net.layers[0].own["w"].value, w - 0.5 * numeric_gradient(loss, w), atol=1e-8
    )


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


def test_another_loss():
    data = blobs()
    targets = SimpleNamespace(images=data.images, labels=np.eye(3)[data.labels])
    net = network()
    history = fit(
        net,
        targets,
        optimizer=SGD(net.parameters(), 0.05),
        epochs=30,
        batch_size=10,
        rng=np.random.default_rng(0),
        loss=(squared_error_forward, squared_error_backward),
    )
    assert history.loss[-1] < history.loss[0] / 3
    assert accuracy(net, data.images, data.labels) > 0.95


def test_augment_changes_the_batches_and_not_the_data():
    data = blobs()
    before = data.images.copy()
    diary = Diary()
    net = Sequential(diary, *network().layers)
    fit(
        net,
        data,
        optimizer=SGD(net.parameters(), 0.1),
        epochs=1,
        batch_size=90,
        rng=np.random.default_rng(0),
        augment=lambda images, rng: images + 100 + rng.random(images.shape),
    )
    assert diary.seen[0][1].min() > 90
    np.testing.assert_array_equal(data.images, before)


def test_predict_and_scores_do_not_depend_on_the_batch_size():
    net, data = network(), blobs()
    whole = scores(net, data.images, batch_size=1000)
    assert whole.shape == (90, 3)
    for size in (1, 7, 90):
        np.testing.assert_allclose(scores(net, data.images, batch_size=size), whole)
        np.testing.assert_array_equal(predict(net, data.images, batch_size=size), whole.argmax(1))
    share = np.mean(whole.argmax(axis=1) == data.labels)
    assert accuracy(net, data.images, data.labels) == share


def test_history_is_plain_data():
    _, history = train(epochs=2, validation=blobs(seed=1))
    again = History(**json.loads(json.dumps(history.as_dict())))
    assert again == history
    with pytest.raises(ValueError, match="there was no validation, so there is no best accuracy"):
        _ = train(epochs=1)[1].best_accuracy


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
