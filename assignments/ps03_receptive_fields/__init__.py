"""Problem set 3, receptive fields: what is asked, on which inputs, and against what it is graded.

A layer is (kind, kernel, stride, padding, dilation) along one axis. Kinds, strides, paddings and
dilations are mixed so that leaving out any of them shows.
"""

from cvlib.grading.spec import ProblemSet

from . import (
    build_network,
    camera_network,
    does_it_see_the_picture,
    field_size,
    merge_branches,
    pixels_read,
    seen_pixels,
    spread_of_gradients,
    three_ways,
    unit_centre,
    units_inside,
    walk_spread,
)

PROBLEM_SET = ProblemSet(
    id="ps03_receptive_fields",
    title="Receptive fields",
    chapter="03_receptive_fields",
    exercises=(
        field_size.EXERCISE.worth(3),
        unit_centre.EXERCISE.worth(4),
        units_inside.EXERCISE.worth(3),
        camera_network.EXERCISE.worth(3),
        pixels_read.EXERCISE.worth(4),
        three_ways.EXERCISE.worth(3),
        merge_branches.EXERCISE.worth(4),
        seen_pixels.EXERCISE.worth(4),
        build_network.EXERCISE.worth(4),
        walk_spread.EXERCISE.worth(3),
        spread_of_gradients.EXERCISE.worth(2),
        does_it_see_the_picture.EXERCISE.worth(3),
    ),
)
