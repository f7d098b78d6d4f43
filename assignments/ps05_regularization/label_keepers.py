"""Who keeps the label? Tell which augmentations keep the label, task by task."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from cvlib.grading.spec import EXACT, Exercise, Variants, keys, read_own_key

#: In the order of the notebook: mirror, half a turn, upside-down mirror, 5°, shift, red ⇄ green, γ.
KEEPERS = {
    "digit": [0, 0, 0, 1, 1, 1, 1],
    "tomato": [1, 1, 1, 1, 1, 0, 1],
    "heart": [0, 0, 1, 1, 1, 1, 1],
    "upright": [1, 0, 0, 1, 1, 1, 1],
}
#: Everyone is asked in an order of their own, so that a neighbour's row of digits is no answer; and
#: none of them has the answer of the table itself.
ORDERS = [p for p in itertools.permutations(range(1, 8)) if p[:3] != (1, 2, 3)][::13]


def in_order(changes: Sequence[int], **others: list[int]) -> dict[str, list[int]]:
    """The answer in a student's order; ``others`` stand in the place of what is right."""
    return {task: [row[c - 1] for c in changes] for task, row in {**KEEPERS, **others}.items()}


variants = Variants()
EXERCISE = Exercise(
    id="label_keepers",
    title="Who keeps the label?",
    objective="Tell which augmentations keep the label, task by task.",
    section="05_regularization#reg-flip-wrong",
    kind="answer",
    reference=in_order,
    cases=keys(KEEPERS),
    driver=read_own_key,
    numbers={"changes": ORDERS},
    tolerance=EXACT,
    hints={
        "digit": "One digit that becomes another, or becomes none, is enough for a 0. Try "
        "2, 5, 6 and 9.",
        "tomato": "Does the answer depend on how the tomato lies?",
        "heart": "Which changes swap the left and the right half of the picture, and which "
        "only turn it over from top to bottom?",
        "upright": "Which changes swap the upper and the lower half?",
    },
    variants=variants,
)


WRONG = "*When is a flip wrong?*"


@variants.mutant(
    "You allowed everything. Mirror a 2, turn a 6 by 180°, mirror a chest: what is the label "
    f"then? See {WRONG}.",
)
def goes_crazy(changes):
    return {task: [1] * 7 for task in KEEPERS}


@variants.mutant(
    "All is right but for the mirror. A mirrored cat is a cat; a mirrored 2 is no 2, and in a "
    f"mirrored chest the heart has changed sides. See {WRONG}.",
)
def mirrors_are_harmless(changes):
    return in_order(changes, digit=[1, 0, 0, 1, 1, 1, 1], heart=[1, 0, 1, 1, 1, 1, 1])


@variants.mutant(
    "All is right but for one: half a turn is a mirror left to right and a mirror top to bottom, "
    f"so the heart changes sides as well. See {WRONG}.",
)
def only_the_left_right_mirror_changes_sides(changes):
    return in_order(changes, heart=[0, 1, 1, 1, 1, 1, 1])


@variants.mutant(
    "You forbade all mirrors and half turns everywhere. Ask what the label is about: a tomato is "
    f"as red upside down, and a fall from top to bottom leaves left and right alone. See {WRONG}.",
)
def every_turnover_is_wrong(changes):
    return in_order(changes, heart=[0, 0, 0, 1, 1, 1, 1], tomato=[0, 0, 0, 1, 1, 0, 1])


@variants.mutant(
    "All is right but for one: red and green is what the tomato's label is about, and swapping the "
    f"two channels swaps it. See {WRONG}.",
)
def colour_never_matters(changes):
    return in_order(changes, tomato=[1] * 7)


@variants.mutant(
    "This is the answer in the order of the table. Your own order is the one that `personal` "
    f"printed. See {WRONG}.",
)
def in_the_order_of_the_table(changes):
    return KEEPERS


@variants.mutant(
    "You took colour and light for changes of what a picture shows. A digit in other colours is "
    f"the same digit, and light does not move a heart. See {WRONG}.",
)
def light_always_matters(changes):
    return in_order(changes, **{task: [*row[:5], 0, 0] for task, row in KEEPERS.items()})


@variants.alternative
def truth_values(changes):
    return {task: [bool(kept) for kept in row] for task, row in in_order(changes).items()}


@variants.alternative
def arrays(changes):
    return {task: np.array(row, float)[np.array(changes) - 1] for task, row in KEEPERS.items()}
