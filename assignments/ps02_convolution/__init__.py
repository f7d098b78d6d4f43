"""Problem set 2, convolution: what is asked, on which inputs, and against what it is graded.

Every kernel and image is oblong, and strides and paddings differ between the axes, so that a pair
read the wrong way round shows. Strides leave pixels over wherever an exercise can trip on them.
"""

from cvlib.grading.spec import ProblemSet

from . import (
    camera_layer,
    checkerboard,
    column_and_row,
    compose,
    conv2d_backward,
    conv2d_forward,
    conv_transpose2d,
    convolution_matrix,
    convolution_matrix_channels,
    depthwise_separable,
    depthwise_separable_parameters,
    one_by_one_macs,
    output_padding,
    output_size,
    recover_filter,
    transpose_is_not_inverse,
    transposed_output_size,
)

PROBLEM_SET = ProblemSet(
    id="ps02_convolution",
    title="Convolution",
    chapter="02_convolution",
    exercises=(
        output_size.EXERCISE.worth(2),
        camera_layer.EXERCISE.worth(2),
        conv2d_forward.EXERCISE.worth(4),
        convolution_matrix.EXERCISE.worth(4),
        convolution_matrix_channels.EXERCISE.worth(3),
        recover_filter.EXERCISE.worth(3),
        conv2d_backward.EXERCISE.worth(5),
        transposed_output_size.EXERCISE.worth(2),
        output_padding.EXERCISE.worth(2),
        conv_transpose2d.EXERCISE.worth(4),
        checkerboard.EXERCISE.worth(2),
        depthwise_separable_parameters.EXERCISE.worth(2),
        one_by_one_macs.EXERCISE.worth(2),
        compose.EXERCISE.worth(2),
        column_and_row.EXERCISE.worth(3),
        depthwise_separable.EXERCISE.worth(4),
        transpose_is_not_inverse.EXERCISE.worth(4),
    ),
)
