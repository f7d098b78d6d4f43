"""All the networks at once: average all 2^H networks of dropout before a softmax, in two ways."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import all_masks, arithmetic_mean, geometric_mean, mask_probabilities

from .common import Rng, one_mean, softmax


def draw_last_layers(rng: Rng) -> Iterator[Case]:
    for part, rate, which in (
        ("arithmetic mean", 0.5, 0),
        ("geometric mean", 0.5, 1),
        ("another rate", 0.2, 0),
        ("another rate", 0.7, 1),
    ):
        for units, classes in ((3, 2), (5, 4)):
            h, w = rng.normal(size=(3, units)), 1.5 * rng.normal(size=(classes, units))
            yield Case((which, h, w, rng.normal(size=classes), rate), part=part)


def mean_of_networks(
    h: np.ndarray, w: np.ndarray, b: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    masks = all_masks(h.shape[1])
    shares = mask_probabilities(masks, rate)
    logs = np.log(softmax((h * masks[:, None] / (1 - rate)) @ w.T + b))
    return arithmetic_mean(logs, shares), geometric_mean(logs, shares)


variants = Variants()
EXERCISE = Exercise(
    id="mean_of_networks",
    title="All the networks at once",
    objective="Average all 2^H networks of dropout before a softmax, in two ways.",
    section="05_regularization#reg-dropout-ensemble",
    reference=mean_of_networks,
    cases=draw_last_layers,
    driver=one_mean,
    hints={
        "arithmetic mean": "For each of the 2^H masks: mask, divide by 1 − rate, multiply "
        "by w, add b, softmax. Then average the probabilities.",
        "geometric mean": "Average the logarithms of the probabilities, take the "
        "exponential, and make each row sum to 1 again. Compare "
        "*The mean of 1,024 networks*.",
        "another rate": "Now not all masks are equally likely: what is the probability "
        "that dropout draws this one?",
    },
    variants=variants,
)


MEAN = "*The mean of 1,024 networks*"


def every_mask(units: int) -> np.ndarray:
    return np.array(list(itertools.product([0.0, 1.0], repeat=units)))


def shares_of(masks: np.ndarray, rate: float) -> np.ndarray:
    kept = masks.sum(axis=1)
    return (1 - rate) ** kept * rate ** (masks.shape[1] - kept)


def predictions(h: Any, w: Any, b: Any, rate: float, *, scale: bool = True) -> np.ndarray:
    masks = every_mask(h.shape[1])
    return softmax((h * masks[:, None] / (1 - rate if scale else 1.0)) @ w.T + b)


@variants.mutant(
    "Right for a rate of ½. For another rate not all masks are equally likely: with k of H units "
    f"kept it is (1 − rate)^k · rate^(H − k). See {MEAN}.",
)
def all_masks_alike(h, w, b, rate):
    p = predictions(h, w, b, rate)
    return p.mean(axis=0), softmax(np.log(p).mean(axis=0))


@variants.mutant(
    "Your geometric mean does not sum to 1. A product of distributions is none until you normalize "
    f"it. See {MEAN}.",
)
def does_not_normalize(h, w, b, rate):
    p, shares = predictions(h, w, b, rate), shares_of(every_mask(h.shape[1]), rate)
    logs = np.tensordot(shares, np.log(p), 1)
    return np.tensordot(shares, p, 1), np.exp(logs)


@variants.mutant(
    "You masked and did not scale: each network of the ensemble sees its kept units divided by "
    f"1 − rate, as in training. See {MEAN}.",
)
def masks_only(h, w, b, rate):
    p = predictions(h, w, b, rate, scale=False)
    shares = shares_of(every_mask(h.shape[1]), rate)
    return np.tensordot(shares, p, 1), softmax(np.tensordot(shares, np.log(p), 1))


@variants.mutant(
    "Both of your means are the network without dropout. It equals the geometric one, which is the "
    f"point of the exercise, but not the arithmetic one. See {MEAN}.",
)
def one_network_for_both(h, w, b, rate):
    p = softmax(h @ w.T + b)
    return p, p


@variants.mutant(
    "Your probabilities of the masks have kept and dropped units exchanged: a unit falls with "
    f"probability rate. At ½ it makes no difference. See {MEAN}.",
)
def exchanges_the_shares(h, w, b, rate):
    p, shares = predictions(h, w, b, rate), shares_of(every_mask(h.shape[1]), 1 - rate)
    return np.tensordot(shares, p, 1), softmax(np.tensordot(shares, np.log(p), 1))


@variants.mutant(
    "You left out the network in which every unit has fallen. It is one of the 2^H: all it has is "
    f"b, and it answers, too. See {MEAN}.",
)
def forgets_the_empty_network(h, w, b, rate):
    p, shares = predictions(h, w, b, rate)[1:], shares_of(every_mask(h.shape[1]), rate)[1:]
    shares = shares / shares.sum()
    return np.tensordot(shares, p, 1), softmax(np.tensordot(shares, np.log(p), 1))


@variants.mutant(
    "Your geometric mean sums to 1 over the whole table. Every row is a distribution of its own, "
    f"and sums to 1 by itself. See {MEAN}.",
)
def normalizes_the_table(h, w, b, rate):
    p, shares = predictions(h, w, b, rate), shares_of(every_mask(h.shape[1]), rate)
    geometric = np.exp(np.tensordot(shares, np.log(p), 1))
    return np.tensordot(shares, p, 1), geometric / geometric.sum()


@variants.alternative
def with_all_masks_at_once(h, w, b, rate):
    p, shares = predictions(h, w, b, rate), shares_of(every_mask(h.shape[1]), rate)
    geometric = np.prod(p ** shares[:, None, None], axis=0)
    return np.tensordot(shares, p, 1), geometric / geometric.sum(axis=1, keepdims=True)


@variants.alternative
def with_the_theorem(h, w, b, rate):
    total = np.zeros((len(h), len(w)))
    for mask in itertools.product([False, True], repeat=h.shape[1]):
        share = np.prod([1 - rate if kept else rate for kept in mask])
        total += share * softmax((h * np.array(mask)) @ w.T / (1 - rate) + b)
    return total, softmax(h @ w.T + b)
