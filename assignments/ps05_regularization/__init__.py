"""Problem set 5, regularization: what is asked, on which inputs, and against what it is graded.

Whatever is random comes in as an argument, as numbers already drawn, so that every answer is
unique; the one class that draws for itself is judged by what all right draws have in common.
"""

from cvlib.grading.spec import ProblemSet

from . import (
    disturbed,
    drop_channels,
    dropout,
    elastic_net,
    label_keepers,
    least_weights,
    light,
    mean_of_networks,
    predict,
    proximal_step,
    report,
    ridge,
    split,
    stop_early,
    warp,
)
from .common import training_file

PROBLEM_SET = ProblemSet(
    id="ps05_regularization",
    title="Regularization",
    chapter="05_regularization",
    files={"digits.npz": training_file},
    exercises=(
        elastic_net.EXERCISE.worth(2),
        proximal_step.EXERCISE.worth(2),
        ridge.EXERCISE.worth(2),
        least_weights.EXERCISE.worth(2),
        dropout.EXERCISE.worth(3),
        mean_of_networks.EXERCISE.worth(3),
        drop_channels.EXERCISE.worth(3),
        warp.EXERCISE.worth(4),
        light.EXERCISE.worth(2),
        label_keepers.EXERCISE.worth(2),
        disturbed.EXERCISE.worth(3),
        stop_early.EXERCISE.worth(2),
        split.EXERCISE.worth(2),
        predict.EXERCISE.worth(4),
        report.EXERCISE.worth(4),
    ),
)
