"""When to stop: apply the patience rule to a sequence of validation losses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants
from cvlib.regularization import stopping_point

from .common import Rng


def draw_losses(rng: Rng) -> Iterator[Case]:
    def falling(count: int, low: float, high: float) -> list[float]:
        return sorted(rng.uniform(low, high, count).tolist(), reverse=True)

    for patience in rng.permutation([1, 2, 3, 4]).tolist():
        valley = falling(int(rng.integers(3, 6)), 1.0, 2.0)
        climb = falling(patience + 3, 2.1, 3.0)[::-1]
        yield Case((valley + climb, patience), part="one valley")
        for size in (1e12, 1e-12):
            run = (size * np.array(valley + climb)).tolist()
            yield Case((run, patience), part="losses of any size")
        # a bump shorter than the patience, in which every epoch but the first beats the one before
        bump = falling(patience - 1, 2.1, 3.0)
        second = falling(2, 0.3, 0.9)
        yield Case((valley + bump + second + climb, patience), part="a bump")
        slide = falling(patience + 3, 2.1, 3.0)  # better than the last time, never than the best
        for wait in (slide, slide[:patience]):  # what would have been better comes later, or next
            yield Case((valley + wait + second, patience), part="a slow return")
        flat = [valley[-1]] * (patience + 2)
        yield Case((valley + flat + second, patience), part="a plateau")
        yield Case((valley[-1:] + climb, patience), part="the first is the best")
        yield Case((valley[:1], patience), part="the first is the best")
        for end in (falling(2, 0.2, 0.9), bump):
            run = falling(int(rng.integers(3, 9)), 1.0, 2.0)
            yield Case((run + end, patience), part="no end in sight")


def stop_early(losses: list[float], patience: int) -> tuple[int, int]:
    return stopping_point(losses, patience)


variants = Variants()
EXERCISE = Exercise(
    id="stop_early",
    title="When to stop",
    objective="Apply the patience rule to a sequence of validation losses.",
    section="05_regularization#reg-early-stopping",
    reference=stop_early,
    cases=draw_losses,
    tolerance=EXACT,
    hints={
        "one valley": "Count the epochs since the best one. When there are as many as your "
        "patience, stop. Epochs count from 0.",
        "losses of any size": "Losses are compared with each other and with nothing else: any "
        "step down is progress, and no loss is too high to begin with.",
        "a bump": "A bump shorter than the patience is climbed.",
        "a slow return": "Compare with the best so far, not with the epoch before; and you "
        "do not know what comes after you have stopped.",
        "a plateau": "As good as the best is not better.",
        "the first is the best": "It may be that nothing after epoch 0 is better, or that there "
        "is nothing after it.",
        "no end in sight": "Then all epochs are run; and the last one need not be the best.",
    },
    variants=variants,
)


STOP = "*Early stopping*"


def patiently(losses, patience, *, better=lambda new, best: new < best, extra=0):
    best = 0
    for epoch, loss in enumerate(losses):
        if epoch and better(loss, losses[best]):
            best = epoch
        if epoch - best >= patience + extra:
            return best, epoch + 1
    return best, len(losses)


@variants.mutant(
    "You waited one epoch too long. With patience 2 you stop when two epochs have passed since the "
    f"best one, not three. See {STOP}.",
)
def waits_too_long(losses, patience):
    return patiently(losses, patience, extra=1)


@variants.mutant(
    "You compared each epoch with the one before. After a bad jump every small recovery looks like "
    f"progress; compare with the best so far. See {STOP}.",
)
def compares_with_yesterday(losses, patience):
    best, worse = 0, 0
    for epoch in range(1, len(losses)):
        worse = 0 if losses[epoch] < losses[epoch - 1] else worse + 1
        best = min(best, epoch, key=lambda e: losses[e])
        if worse >= patience:
            return best, epoch + 1
    return best, len(losses)


@variants.mutant(
    "You kept the last weights. Stopping is half of the rule: the other half is to go back to the "
    f"best epoch. See {STOP}.",
)
def keeps_the_last(losses, patience):
    _, run = patiently(losses, patience)
    return run - 1, run


@variants.mutant(
    "You took an epoch as good as the best for a better one. On a plateau such a rule never stops. "
    f"See {STOP}.",
)
def a_tie_is_progress(losses, patience):
    return patiently(losses, patience, better=lambda new, best: new <= best)


@variants.mutant(
    "You went back to the best epoch of the whole list, and some of it lies behind your stop: "
    f"nobody has trained that far. See {STOP}.",
)
def looks_ahead(losses, patience):
    _, run = patiently(losses, patience)
    return int(np.argmin(losses)), run


@variants.mutant(
    f"The second number counts one too few: epoch 4 is the fifth epoch that was run. See {STOP}.",
)
def counts_from_zero(losses, patience):
    best, run = patiently(losses, patience)
    return best, run - 1


@variants.mutant(
    "You asked for a least step: what is better by less counts for nothing with you. Less is "
    f"better here, by however little. See {STOP}.",
)
def wants_a_real_step(losses, patience):
    return patiently(losses, patience, better=lambda new, best: new < best - 1e-4)


@variants.mutant(
    "You let the best loss so far begin at some number, and these losses are higher. Begin with "
    f"infinity, or with the first loss. See {STOP}.",
)
def begins_with_a_number(losses, patience):
    best, where = 1000.0, 0
    for epoch, loss in enumerate(losses):
        if loss < best:
            best, where = loss, epoch
        if epoch - where >= patience:
            return where, epoch + 1
    return where, len(losses)


@variants.mutant(
    "You counted all epochs that were not better, since the start. The count begins anew with each "
    f"epoch that is the best so far. See {STOP}.",
)
def never_forgives(losses, patience):
    best, bad = 0, 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        bad += epoch > best
        if bad >= patience:
            return best, epoch + 1
    return best, len(losses)


@variants.mutant(
    "Where no stop comes you went back to the last epoch. It need not be the best: a run that ends "
    f"goes back to its best epoch, too. See {STOP}.",
)
def ends_with_the_last(losses, patience):
    best, run = patiently(losses, patience)
    return (best, run) if run - 1 - best >= patience else (run - 1, run)


@variants.alternative
def with_a_running_minimum(losses, patience):
    lowest = np.minimum.accumulate(losses)
    for epoch in range(patience, len(losses)):
        if lowest[epoch] == lowest[epoch - patience]:
            return np.argmin(losses[: epoch + 1]), epoch + 1
    return np.argmin(losses), len(losses)


@variants.alternative
def with_a_counter(losses, patience):
    best, where, bad = float("inf"), 0, 0
    for epoch, loss in enumerate(losses):
        bad += 1
        if loss < best:
            best, where, bad = loss, epoch, 0
        if bad == patience:
            break
    return [where, epoch + 1]
