"""Two mistakes at once in transposed_output_size."""


def cuts_one_side_and_ignores_output_padding(small, kernel, stride, padding, output_padding):
    height = stride[0] * (small[0] - 1) + kernel[0] - padding[0]
    width = stride[1] * (small[1] - 1) + kernel[1] - padding[1]
    return height, width


def a_stride_too_many_and_output_padding_twice(small, kernel, stride, padding, output_padding):
    sizes = []
    for n, k, s, p, e in zip(small, kernel, stride, padding, output_padding, strict=True):
        sizes.append(n * s + k - 2 * (p - e))
    return tuple(sizes)


def padding_adds_and_one_kernel_for_both(small, kernel, stride, padding, output_padding):
    k = kernel[0]
    rows = (small[0] - 1) * stride[0] + k + 2 * padding[0] + output_padding[0]
    cols = (small[1] - 1) * stride[1] + k + 2 * padding[1] + output_padding[1]
    return rows, cols


def one_stride_for_both_and_a_short_kernel(small, kernel, stride, padding, output_padding):
    s = stride[0]

    def size(axis):
        last = (small[axis] - 1) * s + (kernel[axis] - 1)
        return last - 2 * padding[axis] + output_padding[axis]

    return size(0), size(1)


PAIRS = (
    (cuts_one_side_and_ignores_output_padding, "cuts_one_side", "ignores_output_padding"),
    (
        a_stride_too_many_and_output_padding_twice,
        "one_stride_too_many",
        "output_padding_on_both_sides",
    ),
    (padding_adds_and_one_kernel_for_both, "padding_makes_it_larger", ""),
    (one_stride_for_both_and_a_short_kernel, "one_stride_for_both", ""),
)
