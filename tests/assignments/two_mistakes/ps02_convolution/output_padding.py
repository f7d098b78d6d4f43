"""Two mistakes at once in output_padding."""


def padding_once_and_columns_first(large, kernel, stride, padding):
    (H, W), (R, S) = large, kernel
    left_h = (H + padding[0] - R) % stride[0]
    left_w = (W + padding[1] - S) % stride[1]
    return left_w, left_h


def missing_and_forgets_the_padding(large, kernel, stride, padding):
    out = []
    for n, k, s in zip(large, kernel, stride, strict=True):
        over = (n - k) % s
        out.append((s - over) % s)
    return tuple(out)


def at_most_one_and_one_stride_for_both(large, kernel, stride, padding):
    s = stride[0]
    extra = [0, 0]
    for axis in range(2):
        if (large[axis] + 2 * padding[axis] - kernel[axis]) % s != 0:
            extra[axis] = 1
    return tuple(extra)


def columns_first_and_one_off(large, kernel, stride, padding):
    height, width = large
    rows = (height + 2 * padding[0] - (kernel[0] - 1)) % stride[0]
    columns = (width + 2 * padding[1] - (kernel[1] - 1)) % stride[1]
    return columns, rows


PAIRS = (
    (padding_once_and_columns_first, "padding_once", "columns_first"),
    (missing_and_forgets_the_padding, "missing_for_one_more", "forgets_the_padding"),
    (at_most_one_and_one_stride_for_both, "at_most_one", ""),
    (columns_first_and_one_off, "columns_first", ""),
)
