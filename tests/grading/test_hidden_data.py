"""What the judge asks about is nowhere where a student, or a submission, could look it up."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hostile.corpus import SETS
from talk import ask

from cvlib.datasets import load_digits
from cvlib.grading.rehearsal.doctor import doctor
from cvlib.grading.rehearsal.hidden_data import pictures_of, won_untrained
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session
from cvlib.grading.spec import WITHHOLD_ROOMS, Case
from cvlib.grading.spec.digits import (
    archive,
    for_checks,
    for_the_judge,
    grey_values,
    released,
)
from cvlib.grading.spec.exercise import PUBLIC_SEED
from cvlib.grading.spec.loading import LoadedSet, find_problem_sets, load_problem_set

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
ALL = [load_problem_set(ASSIGNMENTS, set_id) for set_id in find_problem_sets(ASSIGNMENTS)]
MODELS = [(s, e) for s in ALL for e in s.problem_set.exercises if e.kind == "model"]
by_exercise = pytest.mark.parametrize(
    ("loaded", "exercise"), MODELS, ids=[f"{s.problem_set.id}-{e.id}" for s, e in MODELS]
)


@pytest.fixture(scope="module")
def scanner() -> LoadedSet:
    return load_problem_set(SETS["ps97_scanner"], "ps97_scanner")


def test_the_digits_are_cut_in_three() -> None:
    parts = [{image.tobytes() for image in part().images} for part in PARTS]
    assert [len(part) for part in parts] == [1000, 397, 400]
    assert set.union(*parts) == {image.tobytes() for image in load_digits().images}


PARTS = (released, for_checks, for_the_judge)


def windows(images: np.ndarray) -> np.ndarray:
    """Every 8 × 8 window of the images that has ink, as rows of whole grey values 0 … 16."""
    scaled = np.round(images * (16 / (240 if images.max() > 16 else 16))).astype(np.uint8)
    cut = np.lib.stride_tricks.sliding_window_view(scaled, (8, 8), axis=(1, 2)).reshape(-1, 64)
    return cut[cut.any(axis=1)]


def test_no_released_file_holds_a_digit_of_the_judge() -> None:
    secret = {image.tobytes() for image in grey_values(for_the_judge().images)}
    known = {image.tobytes() for image in grey_values(released().images)}
    files = [p for s in ALL for p in map(pictures_of, s.problem_set.files.values()) if p]
    assert len(files) >= 4
    for images, _ in files:
        found = {row.tobytes() for row in windows(images)}
        assert not found & secret
        assert len(found & known) >= 400  # or images are compared in the wrong way


def bare(rows: np.ndarray) -> np.ndarray:
    """Windows without what a lamp added to their rows, and with spread 1."""
    ink = rows.reshape(-1, 8, 8) - rows.reshape(-1, 8, 8).mean(axis=2, keepdims=True)
    return (ink / ink.std(axis=(1, 2), keepdims=True)).reshape(len(rows), 64)


def part_shown_by(image: np.ndarray, known: np.ndarray, owners: np.ndarray) -> int:
    """Which part the digit most like a window of this image belongs to."""
    return int(owners[(bare(windows(image[None]).astype(float)) @ known.T).max(axis=0).argmax()])


@by_exercise
def test_no_check_shows_a_digit_of_the_judge(loaded, exercise) -> None:
    known = bare(np.concatenate([grey_values(p().images) for p in PARTS]).reshape(-1, 64))
    owners = np.repeat(range(3), [len(p()) for p in PARTS])
    for public, own in ((True, 1), (False, 2)):
        for case in exercise.draw(np.random.default_rng(PUBLIC_SEED), public=public):
            shown = [part_shown_by(image, known, owners) for image in case.args[0][:25]]
            assert np.mean(np.array(shown) == own) > 0.7, case.part  # noise confuses a few


@by_exercise
def test_packages_of_data_are_withheld_from_models(loaded, exercise) -> None:
    for name in ("sklearn.datasets", "cvlib.datasets", "skimage.data", "torchvision.datasets"):
        assert name in exercise.withhold or name.split(".")[0] in exercise.withhold


LOOK = """
import glob, os, sys
found = {"walk": any("digits.csv.gz" in files for _, _, files in os.walk(sys.prefix))}
paths = glob.glob(sys.prefix + "/lib/python3*/site-packages/sklearn/datasets/data/digits.csv.gz")
found["path"] = any(os.path.getsize(p) > 0 for p in paths)
for name in ("sklearn.datasets", "cvlib.datasets"):
    try:
        module = __import__(name, fromlist=["load_digits"])
        found[name] = len(module.load_digits()) > 0
    except ImportError:
        found[name] = False
from sklearn.svm import SVC
found["classifier"] = SVC().fit([[0.0], [1.0]], [0, 1]).predict([[0.9]]).tolist() == [1]
return found
"""


@pytest.mark.parametrize("withhold", [(), WITHHOLD_ROOMS], ids=["nothing", "rooms"])
def test_withheld_packages_of_data_are_not_on_the_disk(withhold: tuple[str, ...]) -> None:
    with Session(Policy(withhold=withhold)) as session:
        found = ask(session, LOOK)
    assert found.pop("classifier")
    assert set(found.values()) == {not withhold}


def test_the_doctor_finds_nothing_where_nothing_leaks(scanner) -> None:
    assert [f for e in doctor(scanner) for f in e.findings] == []


def clean(unseen):
    """Digits as they are in the files, and so near to others of their kind."""

    def cases(rng):
        chosen = rng.permutation(len(unseen()))[:100]
        yield Case((grey_values(unseen().images[chosen]),), truth=unseen().labels[chosen])

    return cases


def constant(rng):
    images = rng.integers(0, 17, (50, 8, 8)).astype(np.uint8)
    yield Case((images,), truth=np.full(50, 3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cases": clean(for_the_judge)}, "the nearest neighbour among all that is public"),
        (
            {"cases": clean(for_checks), "checks": clean(for_checks)},
            "the same image among every digit",
        ),
        ({"cases": constant}, "the class 3 for everything"),
    ],
)
def test_the_doctor_finds_what_is_given_away(scanner, changes, words) -> None:
    exercise = dataclasses.replace(scanner.problem_set["predict"], **changes)
    assert any(words in finding for finding in won_untrained(exercise, scanner, 1))


def test_a_file_without_labelled_images_is_passed_over() -> None:
    assert pictures_of(lambda: b"name,age\n") is None
    assert pictures_of(lambda: archive(rows=np.zeros((3, 4)))) is None
    found = pictures_of(lambda: archive(images=np.ones((2, 8, 8)), labels=np.arange(2)))
    assert found is not None
    images, labels = found
    assert images.shape == (2, 8, 8)
    assert labels.tolist() == [0, 1]
