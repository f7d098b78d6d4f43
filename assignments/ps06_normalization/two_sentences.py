"""Two sentences from a lecture.

Judge statements about normalization by small examples of one's own.
"""

from __future__ import annotations

from cvlib.grading.spec import Exercise

EXERCISE = Exercise(
    id="two_sentences",
    title="Two sentences from a lecture",
    objective="Judge statements about normalization by small examples of one's own.",
    section="06_normalization#norm-train-test",
    kind="written",
)
