"""Layers one after the other: the two recursions, and when dilation leaves holes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from cvlib.receptive_field.reference.layer_geometry import LayerGeometry, Sizes


def _plain(layers: Sequence[LayerGeometry]) -> int:
    for layer in layers:
        if layer.transposed:
            raise ValueError(
                f"layer {layer.name!r} is transposed: its field differs from unit to unit, "
                "use receptive_field or unit_window"
            )
    for first, second in pairwise(layers):
        if first.axes != second.axes:
            raise ValueError(f"expected {first.axes} axes in every layer, got {second.axes}")
    return layers[0].axes if layers else 2


def grow_forward(layers: Sequence[LayerGeometry]) -> list[tuple[Sizes, Sizes]]:
    """Return (field, stride) of a unit of the image and of every layer, from input to output.

    r' = r + d(k - 1)·j, j' = s·j, from r = j = 1.

    Raises ValueError for transposed layers and for unequal numbers of axes.
    """
    ones = (1,) * _plain(layers)
    grown = [(ones, ones)]
    for layer in layers:
        field, stride = grown[-1]
        field = tuple(r + layer.reach(axis) * stride[axis] for axis, r in enumerate(field))
        grown.append((field, tuple(s * j for s, j in zip(layer.stride, stride, strict=True))))
    return grown


def grow_backward(layers: Sequence[LayerGeometry]) -> list[Sizes]:
    """Return how many units one output sees on the image and on every map, from input to output.

    r = s(r' - 1) + d(k - 1) + 1, from r' = 1 at the output. The first entry is the receptive field.

    Raises ValueError for transposed layers and for unequal numbers of axes.
    Source: Araujo, Norris and Sim, Distill, 2019.
    """
    seen = [(1,) * _plain(layers)]
    for layer in reversed(layers):
        seen.insert(
            0,
            tuple(
                stride * (r - 1) + layer.reach(axis) + 1
                for axis, (r, stride) in enumerate(zip(seen[0], layer.stride, strict=True))
            ),
        )
    return seen


def has_holes(layers: Sequence[LayerGeometry]) -> tuple[bool, ...]:
    """Tell for every axis whether a unit skips pixels between its first and its last one.

    Write c = d·j for the pixels between neighbouring taps and sort the layers by c. There is no
    hole if and only if every c is at most 1 + Σ (k - 1)c over the layers before it.

    Raises ValueError for transposed layers and for unequal numbers of axes.
    """
    strides = [stride for _, stride in grow_forward(layers)]
    holes = []
    for axis in range(_plain(layers)):
        steps = sorted(
            (layer.dilation[axis] * stride[axis], layer.kernel[axis] - 1)
            for layer, stride in zip(layers, strides, strict=False)
            if layer.kernel[axis] > 1
        )
        reached, hole = 1, False
        for step, more in steps:
            hole = hole or step > reached
            reached += step * more
        holes.append(hole)
    return tuple(holes)
