"""Two mistakes at once in unit_centre."""

import math


def no_padding_and_half_the_kernel(layers, unit):
    pos = unit
    for _, k, s, _, d in layers[::-1]:
        pos = pos * s + d * (k // 2)
    return float(pos)


def rounded_at_the_end_and_counted_from_one(layers, unit):
    jump, start = 1, 0.0
    for _, k, s, p, d in layers:
        start += (d * (k - 1) / 2 - p) * jump
        jump *= s
    return math.floor(start + (unit - 1) * jump)


def padded_the_wrong_way_and_a_stride_short(layers, unit):
    offset = 0.0
    strides = [1]
    for _, k, s, p, d in layers:
        jump = math.prod(strides)
        offset += jump * (d * (k - 1) / 2 + p)
        strides.append(s)
    return offset + unit * math.prod(strides[:-1])


def from_the_edge_and_strides_added(layers, unit):
    first, jump, total = 0.5, 1, 0
    for _, kernel, stride, padding, dilation in layers:
        first += jump * (dilation * (kernel - 1) / 2 - padding)
        jump *= stride
        total += stride
    return first + total * unit


PAIRS = (
    (no_padding_and_half_the_kernel, "forgets_the_padding", "half_the_kernel"),
    (rounded_at_the_end_and_counted_from_one, "rounds_at_the_end", "counts_units_from_one"),
    (padded_the_wrong_way_and_a_stride_short, "pads_the_wrong_way", ""),
    (from_the_edge_and_strides_added, "measures_from_the_edge", ""),
)
