"""Two mistakes at once in field_size."""


def no_pooling_and_no_dilation(layers):
    field, jump = 1, 1
    for kind, kernel, stride, _padding, _dilation in layers:
        if kind != "conv":
            continue
        field = field + (kernel - 1) * jump
        jump = jump * stride
    return field


def whole_kernels_and_strides_too_early(layers):
    total = 0
    jump = 1
    for layer in layers:
        k, s, d = layer[1], layer[2], layer[4]
        jump *= s
        effective = d * (k - 1) + 1
        total += effective * jump
    return total


def one_stride_and_begins_with_nothing(layers):
    size = 0
    last_stride = 1
    for _, k, s, _, d in layers:
        size += d * (k - 1) * last_stride
        last_stride = s
    return size


def no_strides_and_every_tap_dilated(layers):
    return 1 + sum(d * k - 1 for _, k, s, p, d in layers)


PAIRS = (
    (no_pooling_and_no_dilation, "counts_convolutions_only", "ignores_the_dilation"),
    (whole_kernels_and_strides_too_early, "adds_whole_kernels", "strides_too_early"),
    (one_stride_and_begins_with_nothing, "remembers_one_stride_only", ""),
    (no_strides_and_every_tap_dilated, "ignores_the_strides", ""),
)
