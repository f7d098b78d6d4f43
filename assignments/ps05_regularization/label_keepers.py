"""Who keeps the label? Tell which augmentations keep the label, task by task."""

from __future__ import annotations

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants, read_key

#: In the order of the notebook: mirror, half a turn, upside-down mirror, 5°, shift, red ⇄ green, γ.
KEEPERS = {
    "digit": [0, 0, 0, 1, 1, 1, 1],
    "tomato": [1, 1, 1, 1, 1, 0, 1],
    "heart": [0, 0, 1, 1, 1, 1, 1],
    "upright": [1, 0, 0, 1, 1, 1, 1],
}


variants = Variants()
EXERCISE = Exercise(
    id="label_keepers",
    title="Who keeps the label?",
    objective="Tell which augmentations keep the label, task by task.",
    section="05_regularization#reg-flip-wrong",
    kind="answer",
    reference=KEEPERS,
    cases=lambda rng: [Case((key,), part=key) for key in KEEPERS],
    driver=read_key,
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


variants.mutant_value(
    "goes_crazy",
    {key: [1, 1, 1, 1, 1, 1, 1] for key in KEEPERS},
    "You allowed everything. Mirror a 2, turn a 6 by 180°, mirror a chest: what is the label "
    f"then? See {WRONG}.",
)


variants.mutant_value(
    "mirrors_are_harmless",
    {**KEEPERS, "digit": [1, 0, 0, 1, 1, 1, 1], "heart": [1, 0, 1, 1, 1, 1, 1]},
    "All is right but for the mirror. A mirrored cat is a cat; a mirrored 2 is no 2, and in a "
    f"mirrored chest the heart has changed sides. See {WRONG}.",
)


variants.mutant_value(
    "only_the_left_right_mirror_changes_sides",
    {**KEEPERS, "heart": [0, 1, 1, 1, 1, 1, 1]},
    "All is right but for one: half a turn is a mirror left to right and a mirror top to bottom, "
    f"so the heart changes sides as well. See {WRONG}.",
)


variants.mutant_value(
    "every_turnover_is_wrong",
    {**KEEPERS, "heart": [0, 0, 0, 1, 1, 1, 1], "tomato": [0, 0, 0, 1, 1, 0, 1]},
    "You forbade all mirrors and half turns everywhere. Ask what the label is about: a tomato is "
    f"as red upside down, and a fall from top to bottom leaves left and right alone. See {WRONG}.",
)


variants.mutant_value(
    "colour_never_matters",
    {**KEEPERS, "tomato": [1, 1, 1, 1, 1, 1, 1]},
    "All is right but for one: red and green is what the tomato's label is about, and swapping the "
    f"two channels swaps it. See {WRONG}.",
)


variants.alternative_value(
    "truth_values", {k: [bool(v) for v in KEEPERS[k]] for k in reversed(KEEPERS)}
)


variants.alternative_value("arrays", {k: np.array(v, float) for k, v in KEEPERS.items()})
