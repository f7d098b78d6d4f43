"""When to stop: decide from the validation losses when to stop and which weights to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import Rng

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
        for _ in range(4):
            yield Case(draw_run(rng, part), part=part)


def draw_run(rng: Rng, part: str) -> tuple[list[float], int, float]:
    """Draw the losses of a training run that shows what its part is about."""
    for _ in range(10_000):
        epochs, patience = int(rng.integers(12, 22)), int(rng.integers(2, 5))
        falling = 2.0 * np.exp(-np.arange(epochs) / rng.uniform(2, 8))
        losses = np.round(falling + rng.uniform(0, 0.4, epochs), 1 if "equal" in part else 3)
        target = float(rng.choice(losses[4:])) if part == "small enough" else NEVER
        if part == "not a number":
            losses[rng.integers(4, 12)] = np.nan
        if stops_like(part, losses.tolist(), patience, target):
            return losses.tolist(), patience, target
    raise ValueError(f"no run of losses shows {part!r}")


def stops_like(part: str, losses: list[float], patience: int, target: float) -> bool:
    stop, best = stop_training(losses, patience, target)
    bests = [k for k in range(stop + 1) if np.nanmin([*losses[:k], np.inf]) > losses[k]]
    without, last = stop + 1 - len(bests), len(losses) - 1
    if best < 2 or stop < 4:
        return False
    return {
        "out of patience": stop < last and losses[stop] != losses[best],
        "a new best starts the count again": best < stop < last and without > patience + 1,
        "equal is not better": stop < last and losses[best] in losses[best + 1 : stop + 1],
        "small enough": stop == best < last and losses[stop] == target,
        "the end of the list": best < stop == last and stop - best < patience,
        "not a number": bool(np.isnan(losses[best : stop + 1]).any()) and stop < last,
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
        "not a number": "NaN < best and NaN >= best are both False. Which of the two do you ask?",
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
