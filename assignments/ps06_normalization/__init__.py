"""Problem set 6, normalization: what is asked, on which inputs, and against what it is graded.

The four sizes of every image batch differ, so that a sum over the wrong axes shows in the shape or
in the values, and ε is large, so that its place under the root shows too.
"""

from cvlib.grading.spec import ProblemSet

from . import (
    batch_norm,
    batch_norm_backward,
    batch_norm_test,
    count_them,
    fold,
    ghost_batch_norm2d,
    local_response_backward,
    local_response_norm,
    normalize_by,
    predict,
    running_statistics,
    two_sentences,
)
from .common import digits_file

PROBLEM_SET = ProblemSet(
    id="ps06_normalization",
    title="Normalization",
    chapter="06_normalization",
    files={"digits.npz": digits_file},
    exercises=(
        batch_norm.EXERCISE.worth(4),
        running_statistics.EXERCISE.worth(3),
        batch_norm_test.EXERCISE.worth(2),
        count_them.EXERCISE.worth(3),
        batch_norm_backward.EXERCISE.worth(5),
        normalize_by.EXERCISE.worth(4),
        local_response_norm.EXERCISE.worth(3),
        local_response_backward.EXERCISE.worth(3),
        fold.EXERCISE.worth(3),
        ghost_batch_norm2d.EXERCISE.worth(4),
        predict.EXERCISE.worth(4),
        two_sentences.EXERCISE.worth(2),
    ),
)
