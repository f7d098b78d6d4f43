"""Two mistakes at once in build_network."""

import math

from torch import nn


def dilated_and_without_stride(field, stride, most_layers):
    dilation = (field - 1) // 2
    return nn.Sequential(nn.Conv2d(1, 1, 3, dilation=dilation, padding=dilation))


def two_pixels_each_and_blind_strides(field, stride, most_layers):
    net = nn.Sequential()
    for i in range(int(math.log2(stride))):
        net.add_module(f"down{i}", nn.Conv2d(1, 1, 3, stride=2, padding=1))
    for i in range((field - 1) // 2):
        net.add_module(f"conv{i}", nn.Conv2d(1, 1, 3, padding=1))
    return net


def all_in_front_and_too_many_strides(field, stride, most_layers):
    missing = field - (2 * stride - 1)
    layers = []
    while missing > 0:
        layers.append(nn.Conv2d(1, 1, 3))
        missing -= 2
    layers += [nn.Conv2d(1, 1, 3, stride=2) for _ in range(stride // 2)]
    return nn.Sequential(*layers)


def full_strides_behind_small_windows(field, stride, most_layers):
    layers: list[nn.Module] = []
    jump = 1
    while jump < stride:
        layers.append(nn.Conv2d(1, 1, 2, stride=2))
        jump *= 2
    rest = (field - (2 * stride - 1)) // 2
    for _ in range(rest // stride):
        layers.append(nn.Conv2d(1, 1, 3))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


PAIRS = (
    (dilated_and_without_stride, "dilates_instead", "forgets_to_stride"),
    (
        two_pixels_each_and_blind_strides,
        "counts_two_pixels_everywhere",
        "strided_layers_see_nothing",
    ),
    (all_in_front_and_too_many_strides, "all_layers_in_front", ""),
    (full_strides_behind_small_windows, "rounds_to_full_strides", ""),
)
