"""Does it see the whole picture?

Tell what a network can see from what it looks at, and test a claim.
"""

from __future__ import annotations

from cvlib.grading.spec import Exercise

EXERCISE = Exercise(
    id="does_it_see_the_picture",
    title="Does it see the whole picture?",
    objective="Tell what a network can see from what it looks at, and test a claim.",
    section="03_receptive_fields#rf-effective",
    kind="written",
)
