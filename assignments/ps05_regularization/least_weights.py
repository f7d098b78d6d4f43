"""The cheapest way to 21: find the weights of least L2 and of least L1 norm with a given score."""

from __future__ import annotations

import itertools

import numpy as np

from cvlib.grading.spec import Exercise, Variants, keys, read_own_key

SCORE = 21
Pixels = tuple[int, ...]
#: Three pixels, all different; those whose energy is the score would be their own answer.
PIXELS: list[Pixels] = [
    x for x in itertools.permutations(range(1, 8), 3) if sum(p * p for p in x) != SCORE
]


def cheapest(x: Pixels, score: float = SCORE) -> dict[str, list[float]]:
    """The weights of least Σw² and of least Σ|w| with this score."""
    brightest = max(x)
    energy = sum(p * p for p in x)
    return {
        "l2": [score * p / energy for p in x],
        "l1": [score / p if p == brightest else 0.0 for p in x],
    }


variants = Variants()
EXERCISE = Exercise(
    id="least_weights",
    title="The cheapest way to 21",
    objective="Find the weights of least L2 and of least L1 norm with a given score.",
    section="05_regularization#reg-l2-spreads",
    kind="answer",
    reference=cheapest,
    cases=keys({"l2": None, "l1": None}),
    driver=read_own_key,
    numbers={"x": PIXELS},
    hints={
        "l2": "By Cauchy and Schwarz: among all w with one score, which direction is shortest?",
        "l1": "What does one unit of score cost if you buy it at the first pixel, the "
        "second, the third?",
    },
    variants=variants,
)


SPREADS = "*Why L2 spreads weights, and L1 does not care*"


@variants.mutant(
    "L1 is right. Equal weights are shortest only if all pixels are equal; here it costs less to "
    f"spread in proportion to the pixels. See {SPREADS}.",
)
def equal_weights(x):
    return {**cheapest(x), "l2": [SCORE / sum(x)] * 3}


@variants.mutant(
    "L2 is right. For L1 you bought all the score where a unit of it is dearest, at the darkest "
    f"pixel; at the brightest it is cheapest. See {SPREADS}.",
)
def the_darkest_pixel(x):
    return {**cheapest(x), "l1": [SCORE / p if p == min(x) else 0.0 for p in x]}


@variants.mutant(
    "You have them the wrong way round: L2 spreads, L1 puts all eggs in one basket. See "
    f"{SPREADS}.",
)
def swapped(x):
    right = cheapest(x)
    return {"l2": right["l1"], "l1": right["l2"]}


@variants.mutant(
    "L2 is right. For L1 there are cheaper weights than these: what does a unit of score cost at "
    f"each pixel? See {SPREADS}.",
)
def one_for_both(x):
    shortest = cheapest(x)["l2"]
    return {"l2": shortest, "l1": shortest}


@variants.mutant(
    "The directions are right; the score comes out as 1, and it was to be the one that is asked "
    f"for. See {SPREADS}.",
)
def a_score_of_one(x):
    return cheapest(x, 1)


@variants.mutant(
    "L1 is right. For L2 you found the direction, the picture itself, and not how long it must be: "
    f"what score do the pixels give as weights? See {SPREADS}.",
)
def the_picture_itself(x):
    return {**cheapest(x), "l2": [*map(float, x)]}


@variants.alternative
def by_the_pseudo_inverse(x):
    shortest = np.linalg.pinv([x]) @ [SCORE]
    return {"l1": np.where(np.arange(3) == np.argmax(x), SCORE / max(x), 0), "l2": shortest}


@variants.alternative
def with_six_digits(x):
    right = cheapest(x)
    return {key: tuple(float(f"{w:.8g}") for w in right[key]) for key in right}
