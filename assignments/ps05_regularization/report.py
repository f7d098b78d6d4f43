"""A report to take apart: find what makes a reported accuracy wrong, and say how to mend it."""

from __future__ import annotations

from cvlib.grading.spec import Exercise

EXERCISE = Exercise(
    id="report",
    title="A report to take apart",
    objective="Find what makes a reported accuracy wrong, and say how to mend it.",
    section="05_regularization#reg-cross-validation",
    kind="written",
)
