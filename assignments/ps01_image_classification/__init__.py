"""Problem set 1, image classification: what is asked, on which inputs, against what it is graded.

Batches, images and classes all differ in number, so that an axis read for another shows.
"""

from cvlib.grading.spec import ProblemSet

from . import (
    cat_car_frog,
    center_both,
    color_histogram,
    cross_entropy,
    hinge,
    orientation_histogram,
    predict,
    softmax,
    stratified_split,
    three_principles,
    train_linear,
)
from .common import digits_file

PROBLEM_SET = ProblemSet(
    id="ps01_image_classification",
    title="Image classification",
    chapter="01_image_classification",
    files={"digits.npz": digits_file},
    exercises=(
        color_histogram.EXERCISE.worth(4),
        orientation_histogram.EXERCISE.worth(4),
        softmax.EXERCISE.worth(3),
        cross_entropy.EXERCISE.worth(5),
        hinge.EXERCISE.worth(5),
        cat_car_frog.EXERCISE.worth(3),
        center_both.EXERCISE.worth(3),
        stratified_split.EXERCISE.worth(3),
        train_linear.EXERCISE.worth(4),
        predict.EXERCISE.worth(4),
        three_principles.EXERCISE.worth(2),
    ),
)
