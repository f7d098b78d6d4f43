"""When to stop: decide from the validation losses when to stop and which weights to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import Rng

Run = tuple[list[float], int, float]


NEVER = -1.0


STOPS = (
    "out of patience",
    "a new best starts the count again",
    "equal is not better",
    "small enough",
    "the end of the list",
    "not a number",
)


def draw_losses(rng: Rng) -> Iterator[Case]:
    for part in STOPS:
        for which in range(4):
            yield Case(draw_run(rng, part, which), part=part)
        for run in SPECIAL.get(part, ()):
            yield Case(run(rng), part=part)


def draw_run(rng: Rng, part: str, which: int = 0) -> Run:
    """Draw the losses of a training run that shows what its part is about."""
    for _ in range(10_000):
        epochs, patience = int(rng.integers(12, 22)), int(rng.integers(2, 5))
        falling = 2.0 * np.exp(-np.arange(epochs) / rng.uniform(2, 8))
        losses = np.round(falling + rng.uniform(0, 0.4, epochs), 1 if "equal" in part else 3)
        target = NEVER
        if part == "small enough":  # reached, or passed
            target = float(rng.choice(losses[4:])) + 0.0005 * (which % 2)
        if part == "not a number":
            losses[rng.integers(4, 12)] = np.nan
        if stops_like(part, which, losses.tolist(), patience, target):
            return losses.tolist(), patience, target
    raise ValueError(f"no run of losses shows {part!r}")


def from_the_best(rng: Rng) -> Run:
    """The first loss stays the best."""
    patience = int(rng.integers(2, 5))
    return np.sort(rng.uniform(0, 1, 12).round(3)).tolist(), patience, NEVER


def large_losses(rng: Rng) -> Run:
    losses, patience, _ = draw_run(rng, "out of patience")
    return [1e12 * loss for loss in losses], patience, NEVER


def without_patience(rng: Rng) -> Run:
    losses = np.sort(rng.uniform(0, 1, 12).round(3))[::-1].tolist()
    bad = int(rng.integers(3, 9))
    losses[bad] = losses[bad - 1] + 0.1
    return losses, 1, NEVER


def by_a_hair(rng: Rng) -> Run:
    """One new best is very little below the best before."""
    patience = int(rng.integers(2, 5))
    low = float(rng.uniform(0.5, 1.0))
    return [low + 1, low, *[low + 0.5] * (patience - 1), low - 1e-9, *[low] * 5], patience, NEVER


def small_at_once(rng: Rng) -> Run:
    losses, patience, _ = draw_run(rng, "out of patience")
    return losses, patience, losses[0] + float(rng.integers(2))


def a_single_loss(rng: Rng) -> Run:
    return [float(rng.uniform(0.1, 2.0))], int(rng.integers(2, 5)), NEVER


SPECIAL: dict[str, tuple[Callable[[Rng], Run], ...]] = {
    "out of patience": (from_the_best, large_losses, without_patience),
    "a new best starts the count again": (by_a_hair,),
    "small enough": (small_at_once,),
    "the end of the list": (a_single_loss,),
}


def stops_like(part: str, which: int, losses: list[float], patience: int, target: float) -> bool:
    stop, best = stop_training(losses, patience, target)
    bests = [k for k in range(stop + 1) if np.nanmin([*losses[:k], np.inf]) > losses[k]]
    without, last = stop + 1 - len(bests), len(losses) - 1
    wild = next((k for k, loss in enumerate(losses) if np.isnan(loss)), None)
    # who takes NaN for the lowest loss takes the one after it for a new best
    waiting = stop < last and losses[stop + 1] >= losses[best]
    waiting = waiting and wild in [k for k in range(best, stop) if losses[k + 1] >= losses[best]]
    if best < 2 or stop < 4:
        return False
    return {
        "out of patience": stop < last and losses[stop] != losses[best],
        "a new best starts the count again": best < stop < last and without > patience + 1,
        "equal is not better": stop < last and losses[best] in losses[best + 1 : stop + 1],
        "small enough": stop == best < last and (losses[stop] < target) == which % 2,
        "the end of the list": best < stop == last and stop - best < patience,
        "not a number": wild in range(best) if which % 2 else waiting,
    }[part]


def stop_training(losses: list[float], patience: int, target: float) -> tuple[int, int]:
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < np.nanmin([*losses[:epoch], np.inf]) else best
        if loss <= target or epoch - best == patience:
            return epoch, best
    return len(losses) - 1, best


variants = Variants()
EXERCISE = Exercise(
    id="stop_training",
    title="When to stop",
    objective="Decide from the validation losses when to stop and which weights to keep.",
    section="04_backpropagation#bp-stopping",
    reference=stop_training,
    cases=draw_losses,
    tolerance=EXACT,
    hints={
        "out of patience": "Count the epochs since the best one. Keep the best, not the last.",
        "a new best starts the count again": "The epochs without a new best must be in a row.",
        "equal is not better": "A new best is below all earlier losses, not as low.",
        "small enough": "target or less: the epoch that reaches it is the last.",
        "the end of the list": "When no other reason comes first, the last epoch is it.",
        "not a number": "NaN < best and NaN >= best are both False, and so they are the other way "
        "round. Which do you ask, and of what?",
    },
    variants=variants,
)


def run_out(
    losses: Any,
    patience: int,
    target: float,
    better: Callable[[float, float], bool] = lambda loss, lowest: loss < lowest,
) -> tuple[int, int]:
    best, lowest, epoch = 0, np.inf, 0
    for epoch, loss in enumerate(losses):
        if better(loss, lowest):
            best, lowest = epoch, loss
        if loss <= target or epoch - best >= patience:
            break
    return epoch, best


@variants.mutant(
    "You keep the last epoch. Patience means that it was not the best one: keep the weights of the "
    "lowest loss. See *When to stop*.",
)
def keeps_the_last(losses, patience, target):
    epoch, _ = run_out(losses, patience, target)
    return epoch, epoch


@variants.mutant(
    "You waited one epoch too long: after `patience` epochs without a new best it is over. See "
    "*When to stop*.",
)
def waits_one_more(losses, patience, target):
    return run_out(losses, patience + 1, target)


@variants.mutant(
    "You never start the count again. A new best gives back all of the patience; only epochs in a "
    "row count. See *When to stop*.",
)
def counts_all_bad_epochs(losses, patience, target):
    best, lowest, bad, epoch = 0, np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            best, lowest = epoch, loss
        else:
            bad += 1
        if loss <= target or bad >= patience:
            break
    return epoch, best


@variants.mutant(
    "You compared with the epoch before. After a bad epoch that is easily beaten; a new best is "
    "below all earlier ones. See *When to stop*.",
)
def compares_with_the_epoch_before(losses, patience, target):
    bad, epoch = 0, 0
    for epoch, loss in enumerate(losses):
        bad = 0 if epoch == 0 or loss < losses[epoch - 1] else bad + 1
        if loss <= target or bad >= patience:
            break
    return epoch, int(np.nanargmin(losses[: epoch + 1]))


@variants.mutant(
    "You took an equal loss for a new best. It has to be below: a network that has stopped moving "
    "would train for ever. See *When to stop*.",
)
def equal_is_better(losses, patience, target):
    return run_out(losses, patience, target, lambda loss, lowest: loss <= lowest)


@variants.mutant(
    "You forgot the target. When the loss is `target` or less it is good enough, and training "
    "ends. See *When to stop*.",
)
def forgets_the_target(losses, patience, target):
    return run_out(losses, patience, -np.inf)


@variants.mutant(
    "You took NaN for a new best: no comparison with it is True, so “not worse” is not “better”. "
    "Ask whether the loss is below. See *When to stop*.",
)
def nan_is_not_worse(losses, patience, target):
    return run_out(losses, patience, target, lambda loss, lowest: not loss >= lowest)


@variants.mutant(
    "After a NaN nothing is a new best in yours. It counts as an epoch without one; the losses "
    "after it are compared with the numbers before. See *When to stop*.",
)
def nothing_is_below_nan(losses, patience, target):
    for epoch, loss in enumerate(losses):
        seen = losses[: epoch + 1]
        best = max(k for k, v in enumerate(seen) if k == 0 or all(v < u for u in seen[:k]))
        if loss <= target or epoch - best >= patience:
            break
    return epoch, best


@variants.mutant(
    "A NaN does not count in yours. It is an epoch without a new best, like any other that brings "
    "none, and takes of the patience. See *When to stop*.",
)
def nan_costs_no_patience(losses, patience, target):
    best, lowest, bad, epoch = 0, np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            best, lowest, bad = epoch, loss, 0
        elif loss >= lowest:
            bad += 1
        if loss <= target or bad >= patience:
            break
    return epoch, best


@variants.mutant(
    "Your lowest loss starts at a number, and losses may be larger. Start from infinity, or from "
    "the first loss. See *When to stop*.",
)
def starts_from_a_number(losses, patience, target):
    best, lowest, epoch = 0, 100.0, 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            best, lowest = epoch, loss
        if loss <= target or epoch - best >= patience:
            break
    return epoch, best


@variants.mutant(
    "You stop only at the target itself. A loss below it is good enough, too. See *When to stop*.",
)
def only_at_the_target(losses, patience, target):
    epoch, best = run_out(losses, patience, -np.inf)
    stop = losses.index(target) if target in losses else epoch
    return (stop, stop) if stop <= epoch else (epoch, best)


@variants.mutant(
    "You demand that a new best be better by some margin. Below is below, by however little. See "
    "*When to stop*.",
)
def better_by_a_margin(losses, patience, target):
    return run_out(losses, patience, target, lambda loss, lowest: loss < lowest - 1e-4)


@variants.mutant(
    "You don't look at the first epoch. It may be good enough, and then it is the last. See *When "
    "to stop*.",
)
def begins_with_the_second(losses, patience, target):
    best, lowest, epoch = 0, losses[0], 0
    for epoch, loss in list(enumerate(losses))[1:]:
        if loss < lowest:
            best, lowest = epoch, loss
        if loss <= target or epoch - best >= patience:
            break
    return epoch, best


@variants.mutant(
    "You looked for the best epoch in the whole list. Training has stopped by then: what comes "
    "after it has never been computed. See *When to stop*.",
)
def looks_into_the_future(losses, patience, target):
    return run_out(losses, patience, target)[0], int(np.nanargmin(losses))


@variants.mutant(
    "Your epochs count from 1. Here they count from 0. See *When to stop*.",
)
def counts_from_one(losses, patience, target):
    epoch, best = run_out(losses, patience, target)
    return epoch + 1, best + 1


@variants.alternative
def looks_back_at_each_epoch(losses, patience, target):
    for epoch in range(len(losses)):
        seen = [np.inf if np.isnan(v) else v for v in losses[: epoch + 1]]
        best = seen.index(min(seen))
        if seen[-1] <= target or epoch - best == patience or epoch == len(losses) - 1:
            return [epoch, best]
    raise ValueError("no losses")


@variants.alternative
def with_a_countdown(losses, patience, target):
    left, lowest, best, epoch = patience, float("inf"), 0, 0
    while True:
        if losses[epoch] < lowest:
            left, lowest, best = patience, losses[epoch], epoch
        elif epoch:
            left -= 1
        if left == 0 or lowest <= target or epoch + 1 == len(losses):
            return np.int64(epoch), np.int64(best)
        epoch += 1
