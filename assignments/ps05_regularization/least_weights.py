"""The cheapest way to 21: find the weights of least L2 and of least L1 norm with a given score."""

from __future__ import annotations

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants, read_key

variants = Variants()
EXERCISE = Exercise(
    id="least_weights",
    title="The cheapest way to 21",
    objective="Find the weights of least L2 and of least L1 norm with a given score.",
    section="05_regularization#reg-l2-spreads",
    kind="answer",
    reference={"l2": [1.0, 2.0, 4.0], "l1": [0.0, 0.0, 5.25]},
    cases=lambda rng: [Case((key,), part=key) for key in ("l2", "l1")],
    driver=read_key,
    hints={
        "l2": "By Cauchy and Schwarz: among all w with one score, which direction is shortest?",
        "l1": "What does one unit of score cost if you buy it at the first pixel, the "
        "second, the third?",
    },
    variants=variants,
)


SPREADS = "*Why L2 spreads weights, and L1 does not care*"


variants.mutant_value(
    "equal_weights",
    {"l2": [3.0, 3.0, 3.0], "l1": [0.0, 0.0, 5.25]},
    "L1 is right. Equal weights are shortest only if all pixels are equal; here they cost 27, and "
    f"spreading in proportion to the pixels costs less. See {SPREADS}.",
)


variants.mutant_value(
    "the_darkest_pixel",
    {"l2": [1.0, 2.0, 4.0], "l1": [21.0, 0.0, 0.0]},
    "L2 is right. For L1 you bought all the score where a unit of it is dearest: at the pixel 1 it "
    f"costs 21, at the pixel 4 only 5.25. See {SPREADS}.",
)


variants.mutant_value(
    "swapped",
    {"l2": [0.0, 0.0, 5.25], "l1": [1.0, 2.0, 4.0]},
    "You have them the wrong way round: L2 spreads, L1 puts all eggs in one basket. See "
    f"{SPREADS}.",
)


variants.mutant_value(
    "one_for_both",
    {"l2": [1.0, 2.0, 4.0], "l1": [1.0, 2.0, 4.0]},
    "L2 is right. For L1 these weights cost 7, and there are cheaper ones: what does a unit of "
    f"score cost at each pixel? See {SPREADS}.",
)


variants.mutant_value(
    "a_unit_vector",
    {"l2": [1 / 21, 2 / 21, 4 / 21], "l1": [0.0, 0.0, 0.25]},
    f"The directions are right; the score comes out as 1 and was to be 21. See {SPREADS}.",
)


variants.alternative_value("whole_numbers", {"l1": (0, 0, 5.25), "l2": (1, 2, 4)})


variants.alternative_value(
    "arrays",
    {"l2": np.array([1.0, 2.0, 4.0]), "l1": np.array([0.0, 0.0, 21 / 4])},
)
