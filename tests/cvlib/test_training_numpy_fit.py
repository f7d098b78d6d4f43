"""The NumPy training loop: it learns, shows every image once an epoch, and repeats itself."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from blobs import blobs, network, train

from cvlib.layers import Layer, Sequential
from cvlib.losses import squared_error_backward, squared_error_forward
from cvlib.optim import SGD
from cvlib.training import History, accuracy, fit, predict, scores


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
