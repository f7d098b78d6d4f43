"""Problem set 4, backpropagation: what is asked, on which inputs, and against what it is graded.

Batches, features, channels, rows and columns all differ in number, so that a wrong axis shows. No
input of an activation lies on its kink, except where the gradient check must cope with one.
"""

from cvlib.grading.spec import ProblemSet

from . import (
    activation_backward,
    adam,
    c3_table,
    gradient_check,
    graph_gradients,
    learning_rate,
    linear_backward,
    maxout_backward,
    momentum_step,
    pool2d,
    predict_digits,
    predict_scattered,
    prelu_backward,
    saturation,
    stop_training,
    stuck_on_a_saddle,
    weight_std,
)
from .common import digits_file

PROBLEM_SET = ProblemSet(
    id="ps04_backpropagation",
    title="Backpropagation",
    chapter="04_backpropagation",
    files={"digits.npz": digits_file},
    exercises=(
        graph_gradients.EXERCISE.worth(3),
        linear_backward.EXERCISE.worth(3),
        activation_backward.EXERCISE.worth(4),
        saturation.EXERCISE.worth(2),
        prelu_backward.EXERCISE.worth(3),
        maxout_backward.EXERCISE.worth(3),
        pool2d.EXERCISE.worth(5),
        gradient_check.EXERCISE.worth(5),
        weight_std.EXERCISE.worth(3),
        momentum_step.EXERCISE.worth(3),
        adam.EXERCISE.worth(4),
        learning_rate.EXERCISE.worth(2),
        stop_training.EXERCISE.worth(2),
        predict_digits.EXERCISE.worth(5),
        c3_table.EXERCISE.worth(3),
        predict_scattered.EXERCISE.worth(6),
        stuck_on_a_saddle.EXERCISE.worth(4),
    ),
)
