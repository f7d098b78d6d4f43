"""One at a time: train a network whose answers do not depend on the batch an image comes in."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.check.measure import Measure
from cvlib.datasets import Dataset
from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, Variants
from cvlib.grading.spec.digits import (
    flickered,
    for_checks,
    for_the_judge,
    grey_values,
    sorted_digits,
)

from .common import Rng

MAIL = {"all at once": 200, "one at a time": 1, "sorted by digit": 10, "among black sheets": 1}


INK, PAPER = (0.3, 0.4), (0, 9)


def in_bundles(rng: Rng, by_label: np.ndarray) -> np.ndarray:
    """Bundles of ten, eight of a kind: neither a vote among the ten nor their order is right."""
    bundles = by_label.reshape(-1, 10).copy()
    bundles[:, 8:] = np.roll(bundles[:, 8:], len(bundles) // 2, axis=0)
    return rng.permuted(rng.permutation(bundles), axis=1).ravel()


def draw_mail(rng: Rng, unseen: Callable[[], Dataset] = for_the_judge) -> Iterator[Case]:
    images, labels = grey_values(unseen().images), unseen().labels
    for part, batch_size in MAIL.items():
        chosen = rng.permutation(len(images))[:200]
        if part == "sorted by digit":
            chosen = in_bundles(rng, chosen[np.argsort(labels[chosen], kind="stable")])
        scanned = flickered(rng, images[chosen], INK, PAPER)
        pictures = np.clip(np.round(scanned), 0, 16).astype(np.uint8)
        black = 15 if part == "among black sheets" else 0
        yield Case((pictures, batch_size, black), part=part, truth=labels[chosen])


def as_mail_comes(target, images, batch_size, black):
    import numpy as np

    sheets = np.zeros((black, *images.shape[1:]), images.dtype)
    sheets[:, :, :4] = 16  # whoever takes the mean out of each row still sees them
    answers = []
    for first in range(0, len(images), batch_size):
        part = images[first : first + batch_size]
        together = np.asarray(target(np.concatenate([part, sheets])))
        if together.shape != (len(part) + black,):
            raise ValueError(
                f"expected {len(part) + black} labels for as many images, "
                f"got the shape {together.shape}"
            )
        answers.append(together[: len(part)])
    return np.concatenate(answers)


def even(images: np.ndarray) -> np.ndarray:
    """Each image without the paper of its rows, its strongest ink 1; a blank one is 0."""
    ink = images - images.mean(axis=2, keepdims=True)
    return ink / (np.abs(ink).max(axis=(1, 2), keepdims=True) + 1e-6)


@functools.cache
def trained(norm: str = "batch", *, shuffle: bool = True, steps: int = 250, batch: int = 64) -> Any:
    """A small network for evened digits, trained on the released ones."""
    import torch
    from torch import nn
    from torch.nn import functional

    known, classes = sorted_digits()
    images, labels = torch.from_numpy(even(known)).float()[:, None], torch.from_numpy(classes)

    def block(before: int, after: int) -> list[nn.Module]:
        layer = nn.BatchNorm2d(after) if norm == "batch" else nn.GroupNorm(4, after)
        return [nn.Conv2d(before, after, 3, 2, 1, bias=False), layer, nn.ReLU()]

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(*block(1, 16), *block(16, 32), nn.Flatten(), nn.Linear(32 * 4, 10))
        optimizer = torch.optim.Adam(network.parameters(), 0.01)
        rng = np.random.default_rng(0)
        network.train()
        for step in range(steps):
            chosen = rng.integers(0, len(images), batch)
            if not shuffle:
                chosen = (np.arange(batch) + batch * step) % len(images)
            loss = functional.cross_entropy(network(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.eval()


def answer_with(network: Any, images: np.ndarray) -> np.ndarray:
    """Labels from a network as it stands."""
    import torch

    with torch.no_grad():
        scores = network(torch.from_numpy(np.asarray(images, np.float32))[:, None])
    return scores.argmax(1).numpy()


def predict(images: np.ndarray) -> np.ndarray:
    return answer_with(trained(), even(images))


variants = Variants()
EXERCISE = Exercise(
    id="predict",
    title="One at a time",
    objective="Train a network whose answers do not depend on the batch an image comes in.",
    section="06_normalization#norm-train-test",
    kind="model",
    reference=predict,
    cases=draw_mail,
    checks=functools.partial(draw_mail, unseen=for_checks),
    driver=as_mail_comes,
    measure=Measure("accuracy", at_least=0.89),
    withhold=WITHHOLD_ROOMS,
    seconds=60.0,
    hints={
        "all at once": "Is the training set shuffled? The file is sorted by digit. And do "
        "the images pass through the same preparation in predict?",
        "one at a time": "Right in a crowd and wrong alone: something still asks the "
        "batch. See *In training and at test time*.",
        "sorted by digit": "Ten images, most of one digit, have other statistics than ten of "
        "all. Nothing in predict may ask for them.",
        "among black sheets": "Fifteen half-black sheets change the mean and the variance of "
        "every batch. A digit's answer must not notice.",
    },
    variants=variants,
)


MODES = "See *In training and at test time*."


def in_training_mode(network: Any, images: np.ndarray) -> np.ndarray:
    """Answer with a copy that was left in training mode."""
    import copy

    return answer_with(copy.deepcopy(network).train(), images)


@variants.mutant(
    "Right in a crowd, wrong alone: your network is still in training mode and normalizes every "
    f"image by the batch it comes in. network.eval() switches to the running statistics. {MODES}",
)
def left_in_training_mode(images):
    return in_training_mode(trained(), even(images))


@variants.mutant(
    "Your network was trained on the file as it lies there, sorted by digit. Its running "
    f"statistics, and its weights, remember the digits that came last. Shuffle. {MODES}",
)
def trained_in_order(images):
    return answer_with(trained(shuffle=False, batch=16, steps=310), even(images))


@variants.mutant(
    "Your network evaluates with the running statistics it was born with, mean 0 and variance 1. "
    f"They only learn while the network runs in training mode. {MODES}",
)
def newborn_statistics(images):
    import copy

    network = copy.deepcopy(trained())
    for module in network.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()
    return answer_with(network, even(images))


@variants.mutant(
    "You centre the images by the mean of the batch they come in. A single image minus its own "
    f"mean image is nothing at all. Means that predict needs belong to the training set. {MODES}",
)
def centred_by_its_batch(images):
    return answer_with(trained(), even(images - images.mean(axis=0)))


@variants.mutant(
    "Your network answers like one that is handed grey values as they come, after a training with "
    "others. The running statistics do not repair that: they belong to the scale and the light "
    f"they were measured at. {MODES}",
)
def forgets_to_prepare(images):
    return answer_with(trained(), 1.0 * images)


@variants.mutant(
    "You even out every image as a whole. The lamp gives each row of it another paper, and that "
    "is still there. See *One formula, four index sets*.",
)
def one_paper_for_the_image(images):
    ink = images - images.mean(axis=(1, 2), keepdims=True)
    return answer_with(trained(), ink / (np.abs(ink).max(axis=(1, 2), keepdims=True) + 1e-6))


@variants.alternative
def with_group_norm(images):
    return answer_with(trained(norm="group", steps=260), even(images))


@variants.alternative
def by_the_nearest_digits(images):
    known, labels = sorted_digits()
    flat = even(known).reshape(len(known), -1)
    seen = even(np.asarray(images, dtype=float)).reshape(len(images), -1)
    nearest = ((seen[:, None] - flat) ** 2).sum(axis=2).argsort(axis=1)[:, :3]
    return [int(np.bincount(row).argmax()) for row in labels[nearest]]
