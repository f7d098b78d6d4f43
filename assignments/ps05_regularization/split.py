"""Folds that do not leak: split data for cross-validation with copies kept together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants
from cvlib.regularization import grouped_k_fold

from .common import Rng


def draw_groups(rng: Rng) -> Iterator[Case]:
    for k in (3, 4):
        # what is left over is dealt, and another number of groups has other folds
        alone, even = (10 + rng.permutation(_groups(rng, k)) for _ in range(2))
        yield Case(("every example once", alone, k), part="every example once")
        yield Case(("every example once", _copied(rng, k), k), part="every example once")
        yield Case(("even folds", even, k), part="even folds")
        yield Case(("together", _copied(rng, k), k), part="copies stay together")


def _copied(rng: Rng, k: int) -> np.ndarray:
    """Groups of two to four examples, in any order."""
    names = np.arange(_groups(rng, k))
    return 10 + rng.permutation(np.repeat(names, rng.integers(2, 5, len(names))))


def _groups(rng: Rng, k: int) -> int:
    return k * int(rng.integers(2, 15)) + int(rng.integers(2, k))


def split(groups: np.ndarray, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return grouped_k_fold(groups, k, np.random.default_rng(0))


def folds(target, part, groups, k):
    import numpy as np

    return [[np.asarray(indices) for indices in pair] for pair in target(groups, k)]


def properties(evidence, part, groups, k):
    """What folds must have in common, however the groups are dealt."""
    import numpy as np

    if not isinstance(evidence, list) or len(evidence) != k or {len(p) for p in evidence} != {2}:
        raise ValueError(f"expected {k} pairs of indices: to train on, and to validate on")
    n = len(groups)
    for pair in evidence:
        for a in pair:
            if a.ndim != 1 or a.size > n or a.dtype.kind not in "iuf":
                raise ValueError(f"expected at most {n} indices in a row, got shape {a.shape}")
            if a.size and not ((a >= 0) & (a < n) & (a == np.floor(a))).all():
                raise ValueError(f"expected indices: whole numbers from 0 to {n - 1}")
    pairs = [tuple(a.astype(int) for a in pair) for pair in evidence]
    if part == "every example once":
        return np.sort(np.concatenate([v for _, v in pairs]))
    if part == "even folds":
        return np.sort([len(np.setdiff1d(v, t)) for t, v in pairs])
    # in each fold: groups left plus groups right, examples left plus examples right
    counts = [
        [len(np.unique(groups[t])) + len(np.unique(groups[v])), len(np.unique(np.r_[t, v]))]
        for t, v in pairs
    ]
    return np.array(counts)


variants = Variants()
EXERCISE = Exercise(
    id="split",
    title="Folds that do not leak",
    objective="Split data for cross-validation with copies kept together.",
    section="05_regularization#reg-cross-validation",
    reference=split,
    cases=draw_groups,
    driver=folds,
    look=properties,
    tolerance=EXACT,
    hints={
        "every example once": "Put the validation parts of all folds together: every index "
        "must be there once.",
        "even folds": "With 11 groups in 3 folds: 4, 4 and 3.",
        "copies stay together": "Deal the groups, not the examples; the training part is "
        "everything else.",
    },
    variants=variants,
)


FOOL = "*Cross-validation, and how to fool yourself with it*"


def pairs_of(fold: np.ndarray, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]


@variants.mutant(
    "You dealt examples, so two crops of one photograph can land on either side, and the network "
    f"has seen the answer. Deal the photographs. See {FOOL}.",
)
def deals_examples(groups, k):
    return pairs_of(np.arange(len(groups)) % k, k)


@variants.mutant(
    "You train on everything, also on the fold that is held out: what comes out is the training "
    f"error. See {FOOL}.",
)
def trains_on_everything(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    every = np.arange(len(groups))
    return [(every, v) for _, v in pairs_of((np.arange(len(names)) % k)[group], k)]


@variants.mutant(
    "The folds have whole sizes and the remainder is validated on by nobody: every example must "
    f"be in one validation part. See {FOOL}.",
)
def drops_the_rest(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    return pairs_of((np.arange(len(names)) // (len(names) // k))[group], k)


@variants.mutant(
    "Your last fold takes the whole remainder. Deal it out: the numbers of photographs in two "
    f"folds differ by at most one. See {FOOL}.",
)
def the_last_takes_the_rest(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    fold = np.minimum(np.arange(len(names)) // (len(names) // k), k - 1)
    return pairs_of(fold[group], k)


@variants.mutant(
    "Each of your folds is drawn for itself, so some examples are validated on twice and others "
    f"never. Deal once, then go round. See {FOOL}.",
)
def draws_each_fold(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    chosen = []
    for f in range(k):
        order = np.random.default_rng(f).permutation(len(names))
        held = np.isin(group, order[: -(-len(names) // k)])
        chosen.append((np.flatnonzero(~held), np.flatnonzero(held)))
    return chosen


@variants.alternative
def shuffled(groups, k):
    names = np.random.default_rng(1).permutation(np.unique(groups))
    result = []
    for part in np.array_split(names, k):
        held = np.isin(groups, part)
        result.append((np.where(~held)[0], np.where(held)[0]))
    return result


@variants.alternative
def with_lists(groups, k):
    names = sorted(set(groups.tolist()))
    result = []
    for f in range(k):
        held = set(names[f::k])
        inside = [i for i, g in enumerate(groups) if g in held]
        result.append(([i for i in range(len(groups)) if i not in inside], inside))
    return result


FREE = "Which group goes to which fold is free; only of copies would the folds' sizes depend on it."
variants.equivalent(
    "return grouped_k_fold(groups, k, np.random.default_rng(0)) -> "
    "return grouped_k_fold(groups, k, np.random.default_rng(1))",
    FREE,
)
NAMES = "names = np.random.default_rng(1).permutation(np.unique(groups)) -> names = "
variants.equivalent(NAMES + "np.unique(groups)", FREE)
for seed in (0, 2):
    variants.equivalent(
        NAMES + f"np.random.default_rng({seed}).permutation(np.unique(groups))", FREE
    )
