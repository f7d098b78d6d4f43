"""Two mistakes at once in merge_branches."""


def intersected_and_always_aligned(branches):
    strides, firsts, lasts = [], [], []
    for branch in branches:
        low = high = 0
        stride = 1
        for _, k, s, p, d in reversed(branch):
            low, high = s * low - p, s * high - p + d * (k - 1)
            stride *= s
        strides.append(stride)
        firsts.append(low)
        lasts.append(high)
    if len(set(strides)) != 1:
        raise ValueError("the strides of the branches differ")
    return strides[0], max(firsts), min(lasts), True


def any_strides_without_padding(branches):
    ends = []
    stride = 1
    for branch in branches:
        size, stride = 1, 1
        for _, k, s, _, d in branch:
            size += d * (k - 1) * stride
            stride *= s
        ends.append(size - 1)
    aligned = all(end == ends[0] for end in ends)
    return stride, 0, max(ends), aligned


def equal_windows_and_one_pixel_too_many(branches):
    fields = []
    for branch in branches:
        jump, first, size = 1, 0, 1
        for _, k, s, p, d in branch:
            first -= p * jump
            size += d * (k - 1) * jump
            jump *= s
        fields.append((jump, first, first + size))
    if any(f[0] != fields[0][0] for f in fields):
        raise ValueError("strides differ")
    aligned = len({(f[1], f[2]) for f in fields}) == 1
    return fields[0][0], min(f[1] for f in fields), max(f[2] for f in fields), aligned


def last_strides_and_paddings_in_pixels(branches):
    if len({b[-1][2] for b in branches}) > 1:
        raise ValueError("unequal strides")
    firsts, lasts = [], []
    for b in branches:
        jump, start, size = 1, 0, 1
        for _, kernel, stride, padding, dilation in b:
            start -= padding
            size += (kernel - 1) * dilation * jump
            jump *= stride
        firsts.append(start)
        lasts.append(start + size - 1)
    centres = [first + last for first, last in zip(firsts, lasts, strict=True)]
    return jump, min(firsts), max(lasts), min(centres) == max(centres)


PAIRS = (
    (intersected_and_always_aligned, "takes_the_intersection", "always_aligned"),
    (any_strides_without_padding, "merges_any_strides", "branches_without_padding"),
    (equal_windows_and_one_pixel_too_many, "aligned_means_equal", ""),
    (last_strides_and_paddings_in_pixels, "compares_the_last_strides", ""),
)
