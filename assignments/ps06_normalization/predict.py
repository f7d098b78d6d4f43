"""One at a time: train a network whose answers do not depend on the batch an image comes in."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.measure import Measure
from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, Variants
from cvlib.grading.spec.digits import grey_values, released_and_hidden, sorted_digits

from .common import Rng

MAIL = {"all at once": 200, "one at a time": 1, "sorted by digit": 10, "among black sheets": 1}


def draw_mail(rng: Rng) -> Iterator[Case]:
    _, hidden = released_and_hidden()
    images, labels = grey_values(hidden.images), hidden.labels
    for part, batch_size in MAIL.items():
        chosen = rng.permutation(len(images))[:200]
        if part == "sorted by digit":
            chosen = chosen[np.argsort(labels[chosen], kind="stable")]
        grain = np.round(rng.normal(0, 0.5, (len(chosen), 8, 8)))  # no picture is in anyone's file
        pictures = np.clip(images[chosen] + grain, 0, 16).astype(np.uint8)
        black = 15 if part == "among black sheets" else 0
        yield Case((pictures, batch_size, black), part=part, truth=labels[chosen])


def as_mail_comes(target, images, batch_size, black):
    import numpy as np

    sheets = np.full((black, *images.shape[1:]), 16, images.dtype)
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


@functools.cache
def trained(norm: str = "batch", *, shuffle: bool = True, steps: int = 250, batch: int = 64) -> Any:
    """A small network for digits in [0, 1], trained on the released ones."""
    import torch
    from torch import nn
    from torch.nn import functional

    known, classes = sorted_digits()
    images, labels = torch.from_numpy(known).float()[:, None] / 16, torch.from_numpy(classes)

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
    """Labels from a network as it stands, for images with values in [0, 1]."""
    import torch

    with torch.no_grad():
        scores = network(torch.from_numpy(np.asarray(images, np.float32))[:, None])
    return scores.argmax(1).numpy()


def predict(images: np.ndarray) -> np.ndarray:
    return answer_with(trained(), images / 16)


variants = Variants()
EXERCISE = Exercise(
    id="predict",
    title="One at a time",
    objective="Train a network whose answers do not depend on the batch an image comes in.",
    section="06_normalization#norm-train-test",
    kind="model",
    reference=predict,
    cases=draw_mail,
    driver=as_mail_comes,
    measure=Measure("accuracy", at_least=0.91),
    withhold=WITHHOLD_ROOMS,
    seconds=60.0,
    hints={
        "all at once": "Is the training set shuffled? The file is sorted by digit. And do "
        "the images pass through the same preparation in predict?",
        "one at a time": "Right in a crowd and wrong alone: something still asks the "
        "batch. See *In training and at test time*.",
        "sorted by digit": "Ten images of one digit have other statistics than ten of "
        "all. Nothing in predict may ask for them.",
        "among black sheets": "Fifteen black sheets change the mean and the variance of "
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
    return in_training_mode(trained(), images / 16)


@variants.mutant(
    "Your network was trained on the file as it lies there, sorted by digit. Its running "
    f"statistics, and its weights, remember the digits that came last. Shuffle. {MODES}",
)
def trained_in_order(images):
    return answer_with(trained(shuffle=False, batch=16, steps=310), images / 16)


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
    return answer_with(network, images / 16)


@variants.mutant(
    "You centre the images by the mean of the batch they come in. A single image minus its own "
    f"mean image is nothing at all. Means that predict needs belong to the training set. {MODES}",
)
def centred_by_its_batch(images):
    centre = sorted_digits()[0].mean(axis=0)
    return answer_with(trained(), (images - images.mean(axis=0) + centre) / 16)


@variants.mutant(
    "Training saw pixels from 0 to 1, predict gets them from 0 to 16 and hands them on. The "
    "running statistics do not repair that: they belong to the scale they were measured at. "
    f"{MODES}",
)
def forgets_to_scale(images):
    return answer_with(trained(), 1.0 * images)


@variants.alternative
def with_group_norm(images):
    return answer_with(trained(norm="group", steps=260), images / 16)


@variants.alternative
def by_the_nearest_digits(images):
    known, labels = sorted_digits()
    flat = known.reshape(len(known), -1).astype(float)
    seen = np.asarray(images, dtype=float).reshape(len(images), -1)
    nearest = ((seen[:, None] - flat) ** 2).sum(axis=2).argsort(axis=1)[:, :3]
    return [int(np.bincount(row).argmax()) for row in labels[nearest]]
