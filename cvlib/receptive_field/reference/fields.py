"""A receptive field as an interval that moves with its unit, and what layers do to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cvlib.receptive_field.reference.layer_geometry import LayerGeometry, Sizes, axis_names

Number = int | Fraction | float
Window = tuple[int, int]


def tidy(value: Number) -> Number:
    """Return a fraction that is whole as an int."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return int(value)
    return value


@dataclass(frozen=True)
class AxisField:
    """Along one axis, unit i sees the pixels stride·i + first … stride·i + last.

    Behind an upsampling these are fractions, and the whole pixels between them are meant. A unit
    that sees everything has stride 0, and infinite ends where the size of the image is not known.
    """

    stride: Number
    first: Number
    last: Number

    @property
    def size(self) -> Number:
        """Pixels seen by a unit; behind an upsampling, the most that any unit can see."""
        length = self.last - self.first
        return length if math.isinf(length) else math.floor(length) + 1

    def window(self, unit: int) -> Window:
        """First and last pixel of one unit, which may lie in the padding."""
        place = self.stride * unit
        return math.ceil(place + self.first), math.floor(place + self.last)

    def centre(self, unit: int = 0) -> float:
        """Middle of a unit's window, in pixels: stride·i + (first + last)/2."""
        return float(self.stride * unit + (self.first + self.last) / 2)


#: A pixel sees itself.
PIXEL = AxisField(1, 0, 0)


def through(field: AxisField, layer: LayerGeometry, axis: int) -> AxisField:
    """Carry the field of a layer's input forward to its output.

    stride' = s·stride, first' = first - p·stride, last' = last + (d(k - 1) - p)·stride. A
    transposed layer divides: output o meets the inputs (o + p - d(k - 1))/s … (o + p)/s.

    Source: Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks,
    Distill, 2019.
    """
    step, padding = layer.stride[axis], layer.padding[axis]
    before, after = padding, layer.reach(axis) - padding
    if layer.transposed:
        stride = tidy(Fraction(field.stride) / step)
        before, after = after, before  # the taps run the other way
    else:
        stride = field.stride * step
    unit = stride if layer.transposed else field.stride
    first = tidy(field.first - before * unit) if field.stride else field.first
    last = tidy(field.last + after * unit) if field.stride else field.last
    return AxisField(stride, first, last)


def everything(field: AxisField, units: int | None) -> AxisField:
    """Hull of what all units of a map see together; infinite if their number is not known."""
    if field.stride and units is None:
        return AxisField(0, -math.inf, math.inf)
    return AxisField(0, field.first, tidy(field.last + field.stride * ((units or 1) - 1)))


def hull(fields: Sequence[AxisField]) -> AxisField:
    """Smallest interval that holds the fields of all branches, which share one stride."""
    first, last = min(f.first for f in fields), max(f.last for f in fields)
    return AxisField(fields[0].stride, first, last)


def window_before(window: Window, layer: LayerGeometry, axis: int) -> Window | None:
    """Carry a window of a layer's output back to its input: exact for whole units.

    [a, b] becomes [s·a - p, s·b - p + d(k - 1)]. A transposed layer may leave outputs that no
    input reaches; None if the window holds no other.
    """
    (a, b), stride, padding = window, layer.stride[axis], layer.padding[axis]
    if not layer.transposed:
        return stride * a - padding, stride * b - padding + layer.reach(axis)
    taps = [layer.dilation[axis] * r - padding for r in range(layer.kernel[axis])]
    ends = {*range(a, min(a + stride - 1, b) + 1), *range(max(b - stride + 1, a), b + 1)}
    reached = [(o - t) // stride for o in ends for t in taps if (o - t) % stride == 0]
    return (min(reached), max(reached)) if reached else None


@dataclass(frozen=True)
class ReceptiveField:
    """What a unit sees along every axis, and the merges below it whose branches do not line up."""

    axes: tuple[AxisField, ...]
    misaligned: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[Number, ...]:
        """Pixels seen, (rows, columns)."""
        return tuple(a.size for a in self.axes)

    @property
    def stride(self) -> tuple[Number, ...]:
        """Pixels from the window of one unit to the next, (rows, columns)."""
        return tuple(a.stride for a in self.axes)

    @property
    def padding(self) -> tuple[Number, ...]:
        """How far the window of unit 0 begins before pixel 0, (rows, columns)."""
        return tuple(-a.first for a in self.axes)

    @property
    def aligned(self) -> bool:
        """Whether the branches of every merge look at one centre."""
        return not self.misaligned

    @property
    def whole(self) -> bool:
        """Whether a unit sees the whole image, as behind a global pooling."""
        return any(a.stride == 0 for a in self.axes)

    def centre(self, unit: Sizes | None = None) -> tuple[float, ...]:
        """Where a unit looks, in pixels; unit 0 if none is given."""
        unit = self._unit(unit)
        return tuple(a.centre(i) for a, i in zip(self.axes, unit, strict=True))

    def window(self, unit: Sizes | None = None) -> tuple[Window, ...]:
        """First and last pixel of a unit along every axis; they may lie in the padding."""
        unit = self._unit(unit)
        return tuple(a.window(i) for a, i in zip(self.axes, unit, strict=True))

    def _unit(self, unit: Sizes | None) -> Sizes:
        if unit is not None and len(unit) != len(self.axes):
            raise ValueError(
                f"unit must have {len(self.axes)} entries {axis_names(len(self.axes))}, "
                f"got {unit!r}"
            )
        return (0,) * len(self.axes) if unit is None else unit
