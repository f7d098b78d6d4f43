"""The transpose is not the inverse.

Tell the adjoint from the inverse by an example and a condition.
"""

from __future__ import annotations

from cvlib.grading.spec import Exercise

EXERCISE = Exercise(
    id="transpose_is_not_inverse",
    title="The transpose is not the inverse",
    objective="Tell the adjoint from the inverse by an example and a condition.",
    section="02_convolution#conv-transpose-not-inverse",
    kind="written",
)
