"""Slowly, then fast, then gently: implement a warm-up with a cosine decay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.optim import cosine, warmup

from .common import Rng


def draw_schedules(rng: Rng) -> Iterator[Case]:
    for part in ("climb", "fall", "both ends", "no warm-up"):
        for which in range(3):
            climb, fall = (int(n) for n in rng.integers((8, 20), (20, 60)))
            climb = 1 if which == 2 else climb
            climb = 0 if part == "no warm-up" else climb
            steps = climb + fall
            asked = {
                "climb": [*range(0, climb, 3), climb - 1],
                "fall": [*range(climb + 1, steps, 5), steps - 1],
                "both ends": [climb, steps],
                "no warm-up": [0, *range(1, steps, 7), steps],
            }[part]
            peak = float(np.round(rng.uniform(0.01, 0.5), 3))
            yield Case((list(asked), steps, climb, peak), part=part)


def at_each_step(target, asked, steps, warmup, peak):
    return [target(step, steps, warmup, peak) for step in asked]


def learning_rate(step: int, steps: int, climb: int, peak: float) -> float:
    fall = cosine(steps - climb)
    return peak * (warmup(climb, fall) if climb else fall)(step)


variants = Variants()
EXERCISE = Exercise(
    id="learning_rate",
    title="Slowly, then fast, then gently",
    objective="Implement a warm-up with a cosine decay.",
    section="04_backpropagation#bp-schedules",
    reference=learning_rate,
    cases=draw_schedules,
    driver=at_each_step,
    hints={
        "climb": "A straight line through (0, 0) and (warmup, peak).",
        "fall": "How far has the fall come, as a share from 0 to 1? It begins at warmup.",
        "both ends": "The rate is peak at step warmup and 0 at step steps.",
        "no warm-up": "With warmup = 0 the fall begins at once, and nothing may divide by 0.",
    },
    variants=variants,
)


@variants.mutant(
    "Your climb is one step ahead: it begins at peak / warmup. A line from 0 at step 0 is "
    "peak · step / warmup. (Some libraries do count from one.) See *Schedules*.",
)
def climbs_a_step_ahead(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup))) / 2


@variants.mutant(
    "Your cosine began at step 0, so when the climb is over it has fallen already, and the rate "
    "jumps. The fall begins at warmup. See *Schedules*.",
)
def cosine_over_all_steps(step, steps, warmup, peak):
    return peak * (step / warmup if step < warmup else (1 + np.cos(np.pi * step / steps)) / 2)


@variants.mutant(
    "Your fall takes `steps` steps after the warm-up, so it is cut off before it reaches 0. It has "
    "steps − warmup of them. See *Schedules*.",
)
def falls_too_slowly(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * (1 + np.cos(np.pi * (step - warmup) / steps)) / 2


@variants.mutant(
    "You fell along a straight line. Half a cosine leaves the peak slowly and comes in slowly: "
    "(1 + cos(π · progress)) / 2. See *Schedules*.",
)
def falls_in_a_line(step, steps, warmup, peak):
    return peak * (step / warmup if step < warmup else (steps - step) / (steps - warmup))


@variants.mutant(
    "Your cosine runs down to −peak: gradient descent would go uphill in the second half. Lift and "
    "halve it: (1 + cos) / 2. See *Schedules*.",
)
def cosine_below_zero(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * np.cos(np.pi * (step - warmup) / (steps - warmup))


@variants.mutant(
    "You took a quarter of the cosine: from its top to 0, arriving at full speed. Half of it ends "
    "flat: (1 + cos(π · progress)) / 2. See *Schedules*.",
)
def quarter_of_a_cosine(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * np.cos(np.pi / 2 * (step - warmup) / (steps - warmup))


@variants.mutant(
    "There is no climb in yours: before warmup the rate stands at its peak. See *Schedules*.",
)
def no_climb(step, steps, warmup, peak):
    return peak * (1 + np.cos(np.pi * max(step - warmup, 0) / (steps - warmup))) / 2


@variants.mutant(
    "Your climb ends one step early, at warmup − 1. Its last step but one is peak · (warmup − 1) / "
    "warmup, and the peak is reached at warmup. See *Schedules*.",
)
def climbs_in_one_step_less(step, steps, warmup, peak):
    if step < warmup:
        return peak * min(step / max(warmup - 1, 1), 1)
    return peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup))) / 2


@variants.mutant(
    "Your rate is 0 one step early. It is 0 at step `steps`, and a little more at the one before. "
    "See *Schedules*.",
)
def falls_in_one_step_less(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / (steps - warmup - 1), 1)
    return peak * (1 + np.cos(np.pi * progress)) / 2


@variants.alternative
def half_angle(step, steps, warmup, peak):
    if warmup and step <= warmup:
        return step / warmup * peak
    return peak * np.cos(np.pi / 2 * (step - warmup) / (steps - warmup)) ** 2


@variants.alternative
def by_interpolation(step, steps, warmup, peak):
    down = np.linspace(0, np.pi, steps - warmup + 1)
    up = np.arange(warmup) / max(warmup, 1)
    return peak * np.concatenate([up, 0.5 * np.cos(down) + 0.5])[step]
