"""The same seed gives the same bytes, whatever else is drawn; other sizes show the same scenes."""

import hashlib
import re
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.datasets import Dataset, make_shapes
from cvlib.datasets.shapes import CLASSES, DIFFICULTIES, make
from cvlib.datasets.shapes.layout import ObjectTable


def arrays(scenes):
    """Return every array of the scenes by name."""
    found = {f.name: getattr(scenes, f.name) for f in fields(scenes)}
    table = found.pop("table")
    del found["class_names"]
    return {**found, **{f"table.{f.name}": getattr(table, f.name) for f in fields(table)}}


def assert_same(first, second):
    for (name, a), b in zip(arrays(first).items(), arrays(second).values(), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)
        assert a.dtype == b.dtype


#: SHA-256 of the images, instances and words of 20 scenes: whoever changes these changes every
#: figure, number and problem set that was made from them.
SUMS = {
    "easy": "2e819382cd6b0d81",
    "medium": "c7cd67c17cb31786",
    "hard": "6b010642896c01c5",
}


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_bytes_are_those_of_every_other_machine(difficulty):
    found = make_shapes(20, difficulty=difficulty, seed=7)
    digest = hashlib.sha256(found.images.astype("<f4").tobytes() + found.instances.tobytes())
    for caption, asked in zip(found.captions, found.questions, strict=True):
        digest.update(repr((caption, asked)).encode())
    assert digest.hexdigest()[:16] == SUMS[difficulty]


@settings(max_examples=25)
@given(st.sampled_from(DIFFICULTIES), st.integers(0, 2**70), st.integers(0, 9), st.integers(16, 40))
def test_the_first_scenes_are_the_same_however_many_follow(difficulty, seed, few, size):
    whole = make_shapes(9, size=size, difficulty=difficulty, seed=seed)
    part = make_shapes(few, size=size, difficulty=difficulty, seed=seed)
    assert_same(part, whole.subset(slice(0, few)))
    assert part.captions == whole.captions[:few]
    assert part.questions == whole.questions[:few]


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_how_many_are_painted_at_a_time_changes_nothing(difficulty, monkeypatch):
    expected = make_shapes(11, size=20, difficulty=difficulty)
    monkeypatch.setattr(make, "PIXELS_AT_ONCE", 3 * 20 * 20)
    assert_same(make_shapes(11, size=20, difficulty=difficulty), expected)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_another_seed_or_difficulty_shows_other_scenes(difficulty):
    first = make_shapes(50, difficulty=difficulty, seed=0)
    assert len({image.tobytes() for image in first.images}) == 50
    for other in (
        make_shapes(50, difficulty=difficulty, seed=1),
        make_shapes(50, difficulty="hard" if difficulty == "easy" else "easy", seed=0),
    ):
        assert not set(map(bytes, other.images)) & set(map(bytes, first.images))
        for name in ("shape", "color"):
            same = getattr(other.table, name)[:, 0] == getattr(first.table, name)[:, 0]
            assert same.mean() < 0.5


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_another_size_shows_the_same_objects(difficulty):
    small, large = (make_shapes(30, size=s, difficulty=difficulty, seed=6) for s in (32, 96))
    for field in fields(ObjectTable):
        np.testing.assert_array_equal(
            getattr(small.table, field.name), getattr(large.table, field.name)
        )
    assert small.captions == large.captions
    # a third of the box is the small box, up to the pixels on its edge
    np.testing.assert_allclose(large.object_boxes / 3, small.object_boxes, atol=1.5)
    shrunk = large.images.reshape(30, 3, 32, 3, 32, 3).mean(axis=(3, 5))
    assert np.abs(shrunk - small.images).mean() < (0.01 if difficulty == "easy" else 0.08)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("size", [16, 33])
def test_shapes_types_and_range(difficulty, size):
    found = make_shapes(25, size=size, difficulty=difficulty, seed=1)
    assert found.images.shape == (25, 3, size, size)
    assert found.images.dtype == np.float32
    assert found.images.flags.c_contiguous
    assert 0 <= found.images.min() < found.images.max() <= 1
    assert found.masks.shape == found.instances.shape == (25, size, size)
    assert found.masks.dtype == found.instances.dtype == np.uint8
    assert found.boxes.shape == (25, 4)
    assert found.boxes.dtype == found.labels.dtype == np.int64
    assert found.class_names == CLASSES
    assert len(found) == len(found.attributes) == len(found.captions) == len(found.questions) == 25


def test_a_dataset_is_images_and_labels():
    found = make_shapes(10)
    dataset = found.dataset()
    assert isinstance(dataset, Dataset)
    assert dataset.images is found.images
    assert dataset.labels is found.labels
    assert dataset.class_names == CLASSES


def test_a_subset_keeps_all_its_truth():
    found = make_shapes(12, difficulty="hard", seed=9)
    chosen = [7, 0, 7, 11]
    part = found.subset(chosen)
    for name, array in arrays(part).items():
        np.testing.assert_array_equal(array, arrays(found)[name][chosen], err_msg=name)
    assert part.questions == tuple(found.questions[k] for k in chosen)
    assert part.attributes == tuple(found.attributes[k] for k in chosen)


def test_no_scene_at_all():
    found = make_shapes(0, difficulty="hard")
    assert found.images.shape == (0, 3, 32, 32)
    assert found.captions == found.questions == found.attributes == ()


@pytest.mark.parametrize(
    ("n", "options", "error", "message"),
    [
        (-1, {}, ValueError, "n must be at least 0, got -1"),
        (2.0, {}, TypeError, "n must be an int, got 2.0"),
        (True, {}, TypeError, "n must be an int, got True"),
        (2, {"size": 15}, ValueError, "size must be at least 16, got 15"),
        (2, {"size": "32"}, TypeError, "size must be an int, got '32'"),
        (2, {"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        (2, {"seed": None}, TypeError, "seed must be an int, got None"),
        (2, {"difficulty": "insane"}, ValueError,
         "difficulty must be one of easy, medium, hard, got 'insane'"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(n, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make_shapes(n, **options)


def test_numpy_integers_are_integers():
    n, size, seed = np.int64(3), np.int32(20), np.uint8(4)
    assert_same(
        make_shapes(n, size=size, seed=seed),  # type: ignore[arg-type]
        make_shapes(3, size=20, seed=4),
    )
