"""Two mistakes at once in learning_rate."""

import math

import numpy as np


def ahead_and_over_all_steps(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return 0.5 * peak * (1 + math.cos(math.pi * step / steps))


def no_climb_and_a_straight_fall(step, steps, warmup, peak):
    if step <= warmup:
        return peak
    remaining = steps - step
    return peak * remaining / (steps - warmup)


def below_zero_and_at_least_one_step_of_climb(step, steps, warmup, peak):
    warmup = max(warmup, 1)
    if step < warmup:
        return peak * step / warmup
    progress = (step - warmup) / (steps - warmup)
    return float(peak * np.cos(np.pi * progress))


def too_slow_and_the_climb_without_peak(step, steps, warmup, peak):
    if step < warmup:
        return step / warmup
    t = (step - warmup) / steps
    return peak * (1 + math.cos(t * math.pi)) / 2


PAIRS = (
    (ahead_and_over_all_steps, "climbs_a_step_ahead", "cosine_over_all_steps"),
    (no_climb_and_a_straight_fall, "no_climb", "falls_in_a_line"),
    (below_zero_and_at_least_one_step_of_climb, "cosine_below_zero", ""),
    (too_slow_and_the_climb_without_peak, "falls_too_slowly", ""),
)
