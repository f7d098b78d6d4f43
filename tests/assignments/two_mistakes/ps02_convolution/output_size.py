"""Two mistakes at once in output_size."""

import math


def pads_one_side_and_counts_steps(image, kernel, stride, padding, dilation):
    result = []
    for axis in (0, 1):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        room = image[axis] + padding[axis] - reach
        result.append(room // stride[axis])
    return tuple(result)


def rounds_up_and_dilates_every_tap(image, kernel, stride, padding, dilation):
    def one_axis(n, k, s, p, d):
        return math.ceil((n + 2 * p - d * k) / s) + 1

    h = one_axis(image[0], kernel[0], stride[0], padding[0], dilation[0])
    w = one_axis(image[1], kernel[1], stride[1], padding[1], dilation[1])
    return h, w


def ignores_dilation_and_one_stride_for_both(image, kernel, stride, padding, dilation):
    (H, W), (R, S), (ph, pw) = image, kernel, padding
    s = stride[0]
    return (H + 2 * ph - R) // s + 1, (W + 2 * pw - S) // s + 1


def width_first_and_a_short_kernel(image, kernel, stride, padding, dilation):
    height, width = image
    kh, kw = dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)
    out_h = int((height + 2 * padding[0] - kh) / stride[0]) + 1
    out_w = int((width + 2 * padding[1] - kw) / stride[1]) + 1
    return out_w, out_h


PAIRS = (
    (pads_one_side_and_counts_steps, "pads_one_side", "counts_steps"),
    (rounds_up_and_dilates_every_tap, "rounds_up", "dilates_every_tap"),
    (ignores_dilation_and_one_stride_for_both, "ignores_dilation", ""),
    (width_first_and_a_short_kernel, "width_first", ""),
)
