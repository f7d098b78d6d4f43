"""Stuck on a saddle: tell a saddle from a minimum, and a plateau from convergence."""

from __future__ import annotations

from cvlib.grading.spec import Exercise

EXERCISE = Exercise(
    id="stuck_on_a_saddle",
    title="Stuck on a saddle",
    objective="Tell a saddle from a minimum, and a plateau from convergence.",
    section="04_backpropagation#bp-saddles",
    kind="written",
)
