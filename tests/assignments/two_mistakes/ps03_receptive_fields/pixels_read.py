"""Two mistakes at once in pixels_read."""


def whole_span_without_strides(layers):
    span = 1
    for _, k, _, _, d in layers:
        span += d * (k - 1)
    return list(range(span))


def padding_and_repetitions(layers):
    pixels = [0]
    for _, k, s, p, d in layers[::-1]:
        below = []
        for u in pixels:
            for t in range(k):
                below.append(u * s - p + d * t)
        pixels = below
    return sorted(pixels)


def a_step_too_far_and_a_tap_short(layers):
    read = {0}
    for _, kernel, stride, _, dilation in reversed(layers):
        new = set()
        for unit in read:
            for tap in range(kernel - 1):
                new.add(stride * unit + (dilation + 1) * tap)
        read = new
    return sorted(read)


def from_one_and_strides_too_early(layers):
    offsets, jump = [1], 1
    for _, k, s, _, d in layers:
        jump *= s
        offsets = [o + t * d * jump for o in offsets for t in range(k)]
    return sorted(set(offsets))


PAIRS = (
    (whole_span_without_strides, "the_whole_span", "taps_without_strides"),
    (padding_and_repetitions, "with_the_padding", "with_repetitions"),
    (a_step_too_far_and_a_tap_short, "one_step_too_far", ""),
    (from_one_and_strides_too_early, "counts_from_one", ""),
)
