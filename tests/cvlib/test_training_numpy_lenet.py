"""LeNet-5: its shapes and its 60,000 parameters, digits made ready for it, and what it reads."""

import re

import numpy as np
import pytest
from skimage.transform import resize

from cvlib.layers import Conv2d, Linear, gradient_check_layer
from cvlib.training import lenet5, lenet5_1998
from cvlib.training.digits import enlarge, interpolation_matrix, jitter
from cvlib.training.experiments.lenet import digits_for_lenet, train_lenet5
from cvlib.training.lenet_1998 import (
    C3_TABLE,
    CONNECTIONS,
    DIGIT_CODES,
    CodeDistance,
    ScaledTanh,
    Subsample2d,
    TableConv2d,
)
from tests.effort import effort


def rng():
    return np.random.default_rng(0)


def sizes(network):
    """Count the parameters of each layer that has any."""
    counts = [sum(p.size for p in layer.parameters()) for layer in network.layers]
    return [count for count in counts if count]


def test_the_network_of_1998_has_60000_parameters():
    # C1, S2, C3, S4, C5, F6: the counts of the paper, and none in the output
    counts = sizes(lenet5_1998(rng=rng()))
    assert counts == [156, 12, 1516, 32, 48120, 10164]
    assert sum(counts) == 60000


def test_the_network_of_today():
    assert sizes(lenet5(rng=rng())) == [156, 2416, 48120, 10164, 850]
    assert sizes(lenet5(rng=rng(), table=C3_TABLE)) == [156, 1516, 48120, 10164, 850]
    assert sizes(lenet5(rng=rng(), classes=3))[-1] == 255


def test_the_maps_have_the_sizes_of_the_paper():
    x, shapes = np.zeros((2, 1, 32, 32), np.float32), []
    for layer in lenet5(rng=rng()).layers:
        x = layer.forward(x)
        shapes.append(x.shape[1:])
    for shape in ((6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)):
        assert shape in shapes
    assert lenet5_1998(rng=rng()).forward(np.zeros((2, 1, 32, 32), np.float32)).shape == (2, 10)


def test_c5_as_a_convolution_is_the_same():
    x = rng().standard_normal((3, 16, 5, 5))
    dense = Linear(400, 120, rng=rng(), dtype=np.float64)
    conv = Conv2d(16, 120, 5, rng=rng(), dtype=np.float64)
    conv.own["w"].value[...] = dense.own["w"].value.reshape(120, 16, 5, 5)
    expected = dense.forward(x.reshape(3, -1))
    np.testing.assert_allclose(conv.forward(x)[:, :, 0, 0], expected)


def test_the_table_is_that_of_the_paper():
    assert C3_TABLE.shape == (16, 6)
    # six maps see 3 neighbours, six see 4, three see 4 that are not all neighbours, one sees all
    assert C3_TABLE.sum(axis=1).tolist() == [3] * 6 + [4] * 9 + [6]
    assert C3_TABLE.sum(axis=0).tolist() == [10] * 6
    assert len(set(CONNECTIONS)) == 16
    gaps = [sum((c + 1) % 6 not in seen for c in seen) for seen in CONNECTIONS]
    assert gaps == [1] * 12 + [2] * 3 + [0]


def test_a_table_convolution_is_a_convolution_with_zeros():
    x = rng().standard_normal((2, 6, 7, 7))
    layer = TableConv2d(C3_TABLE, 5, rng=rng(), dtype=np.float64)
    assert layer.own["w"].value.shape == (60, 5, 5)
    full = Conv2d(6, 16, 5, rng=rng(), dtype=np.float64)
    full.own["w"].value[...] = 0
    full.own["w"].value[np.nonzero(C3_TABLE)] = layer.own["w"].value
    np.testing.assert_allclose(layer.forward(x), full.forward(x))
    # no connection, no influence: map 0 of C3 does not see map 3 of S2
    moved = x.copy()
    moved[:, 3] += 1
    np.testing.assert_array_equal(layer.forward(moved)[:, 0], layer.forward(x)[:, 0])
    assert np.abs(layer.forward(moved)[:, 1] - layer.forward(x)[:, 1]).max() > 0


def test_table_weights_are_scaled_to_what_their_unit_sees():
    table = np.zeros((2, 100), bool)
    table[0], table[1, :4] = True, True
    w = TableConv2d(table, 5, rng=rng()).own["w"].value
    assert w[:100].std() == pytest.approx(np.sqrt(2 / 2500), rel=0.1)
    assert w[100:].std() == pytest.approx(np.sqrt(2 / 100), rel=0.3)


PARTS = {
    "TableConv2d": (
        lambda: TableConv2d(
            np.array([[True, False], [True, True]]), 2, rng=rng(), dtype=np.float64
        ),
        (2, 2, 3, 4),
    ),
    "Subsample2d": (lambda: Subsample2d(2, dtype=np.float64), (2, 2, 4, 6)),
    "ScaledTanh": (ScaledTanh, (3, 4)),
    "CodeDistance": (lambda: CodeDistance(rng().choice((-1.0, 1.0), (3, 5))), (2, 5)),
}


@pytest.mark.parametrize("name", PARTS)
def test_gradients_of_the_old_parts(name):
    build, shape = PARTS[name]
    report = gradient_check_layer(build(), rng().standard_normal(shape), rng=rng())
    assert report.ok, report


def test_subsampling_starts_as_an_average():
    x = rng().standard_normal((2, 3, 4, 4))
    layer = Subsample2d(3, dtype=np.float64)
    np.testing.assert_allclose(layer.forward(x), x.reshape(2, 3, 2, 2, 2, 2).mean(axis=(3, 5)))


def test_scaled_tanh_takes_one_to_one():
    assert ScaledTanh().forward(np.array([1.0, -1.0])) == pytest.approx([1, -1], abs=1e-4)


def test_the_codes_are_ten_different_drawings():
    assert DIGIT_CODES.shape == (10, 84)
    assert set(DIGIT_CODES.ravel()) == {-1.0, 1.0}
    differ = (DIGIT_CODES[:, None] != DIGIT_CODES).sum(axis=2)
    assert differ[~np.eye(10, dtype=bool)].min() >= 4
    scores = CodeDistance(DIGIT_CODES).forward(DIGIT_CODES)
    assert (np.diag(scores) == 0).all()
    assert (scores.argmax(axis=1) == np.arange(10)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lenet5(rng=rng(), pooling="sum"), "expected one of max, average, got 'sum'"),
        (lambda: lenet5(rng=rng(), activation="step"), "got 'step' (name)"),
        (lambda: TableConv2d(np.ones((2, 3)), 5, rng=rng()),
         "table must be (K, C) of truth values with at least one a row, got float64 of shape"),
        (lambda: TableConv2d(np.ones(3, bool), 5, rng=rng()), "got bool of shape (3,)"),
        (lambda: TableConv2d(np.zeros((2, 3), bool), 5, rng=rng()), "got bool of shape (2, 3)"),
        (lambda: Subsample2d(0), "channels must be at least 1, got 0"),
        (lambda: CodeDistance(np.ones(3)), "codes must have 2 axes (K, D), got 1"),
        (lambda: enlarge(np.zeros((1, 8, 8))), "images must have 4 axes (N, C, H, W), got 3"),
        (lambda: enlarge(np.zeros((1, 1, 8, 8)), size=20), "inner must be at most size 20, got 24"),
        (lambda: jitter(np.zeros((1, 1, 8, 8)), rng(), reach=-1), "reach must be at least 0, got"),
        (lambda: jitter(np.zeros((1, 8, 8)), rng()), "images must have 4 axes (N, C, H, W), got 3"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(("pixels", "wanted"), [(8, 24), (8, 8), (5, 13), (7, 7), (1, 4)])
def test_interpolation_is_that_of_scikit_image(pixels, wanted):
    matrix = interpolation_matrix(pixels, wanted)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    picture = rng().random((pixels, pixels))
    expected = resize(picture, (wanted, wanted), order=1, mode="edge", anti_aliasing=False)
    np.testing.assert_allclose(matrix @ picture @ matrix.T, expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_enlarged_digits_stand_in_the_middle_of_their_frame(dtype):
    images = rng().random((3, 1, 8, 8)).astype(dtype) + 1
    big = enlarge(images)
    assert big.shape == (3, 1, 32, 32)
    assert big.dtype == dtype
    inside = np.zeros((32, 32), bool)
    inside[4:28, 4:28] = True
    assert (big[:, :, ~inside] == 0).all()
    assert (big[:, :, inside] >= 1).all()
    # each pixel became 3 × 3, whose middle is the pixel itself
    np.testing.assert_allclose(big[:, :, 5:28:3, 5:28:3], images, rtol=1e-6)


def test_jitter_moves_whole_pictures_within_its_reach():
    images = np.zeros((400, 2, 9, 9), np.float32)
    images[:, :, 4, 4] = [1, 2]
    moved = jitter(images, rng(), reach=2)
    assert moved.dtype == np.float32
    n, channel, row, column = np.nonzero(moved)
    assert len(n) == 800
    assert set(row) == set(column) == {2, 3, 4, 5, 6}
    # both channels of a picture move together
    np.testing.assert_array_equal(row[channel == 0], row[channel == 1])
    np.testing.assert_array_equal(column[channel == 0], column[channel == 1])
    np.testing.assert_array_equal(jitter(images, rng(), reach=0), images)
    # what moves in is the border, again
    assert (jitter(np.ones((5, 1, 3, 3)), rng(), reach=2) == 1).all()


def test_training_and_held_out_digits_are_apart():
    train, test = digits_for_lenet(0)
    assert len(train) + len(test) == 1797
    assert abs(len(test) - 449) <= 1
    assert train.images.shape[1:] == (1, 32, 32)
    assert train.images.mean() == pytest.approx(0, abs=1e-4)
    assert train.images.std() == pytest.approx(1, abs=1e-4)
    # the same scale in both parts: the frame is one number
    assert train.images[0, 0, 0, 0] == test.images[0, 0, 0, 0]
    seen = {image.tobytes() for image in train.images}
    assert not [image for image in test.images if image.tobytes() in seen]
    assert np.bincount(test.labels).min() > 40


def test_lenet5_reads_digits_that_it_never_saw():
    runs, loops = effort(lambda: [train_lenet5(seed, epochs=3) for seed in range(2)])
    assert [run.seed for run in runs] == [0, 1]
    assert np.mean([run.accuracy for run in runs]) > 0.9
    assert loops < 2 * 1000  # a minute for each, where the claim was made
    for run in runs:
        assert run.accuracy == run.history.accuracy[-1]
        assert len(run.history) == 3
        assert run.history.loss[-1] < 0.4 * run.history.loss[0]


def test_the_network_of_1998_learns_too():
    run = train_lenet5(0, build=lenet5_1998, lr=0.002, epochs=4)
    assert run.accuracy > 0.85
