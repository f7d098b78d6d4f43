"""Where a layer's window stands: all that a receptive field needs to know about a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

IntOrSizes = int | Sequence[int]
Sizes = tuple[int, ...]


def axis_names(count: int) -> tuple[str, ...]:
    """Name the axes of a map: ("rows", "columns") for an image."""
    return {1: ("positions",), 2: ("rows", "columns")}.get(count, ("depth", "rows", "columns"))


def as_sizes(value: IntOrSizes, name: str, minimum: int, axes: int = 2) -> Sizes:
    """Return `value` as one int an axis; an int stands for all of them.

    Raises TypeError for anything but ints, ValueError below `minimum` or for another count.
    """
    entries = tuple(value) if isinstance(value, Sequence) else (value,) * axes
    if isinstance(value, str) or any(
        isinstance(n, bool) or not isinstance(n, int | np.integer) for n in entries
    ):
        raise TypeError(f"{name} must be an int or one int an axis, got {value!r}")
    if len(entries) != axes:
        raise ValueError(f"{name} must have {axes} entries, one an axis, got {value!r}")
    if min(entries) < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value!r}")
    return tuple(int(n) for n in entries)


@dataclass(frozen=True, init=False)
class LayerGeometry:
    """The window of a convolution or a pooling, one entry an axis; an int stands for all axes.

    Window i covers the inputs s·i - p, s·i - p + d, …, s·i - p + d(k - 1). A transposed layer does
    the reverse: input i stamps the outputs s·i - p, …, s·i - p + d(k - 1). `padding_after`, by
    default as `padding`, moves no window and counts for the size of the output only; so does
    `ceil`, which lets a last window hang over the edge.

    Raises TypeError or ValueError naming the argument. Source: Dumoulin and Visin, A guide to
    convolution arithmetic for deep learning, 2016, §2-5.
    """

    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    name: str
    transposed: bool
    padding_after: Sizes
    ceil: bool

    def __init__(
        self,
        kernel: IntOrSizes,
        stride: IntOrSizes = 1,
        padding: IntOrSizes = 0,
        dilation: IntOrSizes = 1,
        name: str = "",
        *,
        transposed: bool = False,
        padding_after: IntOrSizes | None = None,
        ceil: bool = False,
    ) -> None:
        given = (kernel, stride, padding, dilation, padding_after)
        axes = next(
            (len(g) for g in given if isinstance(g, Sequence) and not isinstance(g, str)), 2
        )
        if not 1 <= axes <= 3:
            raise ValueError(f"a layer has 1 to 3 axes, got {axes}: kernel={kernel!r}")
        write = object.__setattr__
        write(self, "kernel", as_sizes(kernel, "kernel", 1, axes))
        write(self, "stride", as_sizes(stride, "stride", 1, axes))
        write(self, "padding", as_sizes(padding, "padding", 0, axes))
        write(self, "dilation", as_sizes(dilation, "dilation", 1, axes))
        write(self, "name", name)
        write(self, "transposed", transposed)
        # after a transposed layer, an output padding makes this one negative
        lowest = -max(*self.stride, *self.dilation) if transposed else 0
        after = self.padding if padding_after is None else padding_after
        write(self, "padding_after", as_sizes(after, "padding_after", lowest, axes))
        write(self, "ceil", ceil)

    @property
    def axes(self) -> int:
        """How many axes the window has."""
        return len(self.kernel)

    def reach(self, axis: int) -> int:
        """Count the steps from the first to the last tap: d(k - 1)."""
        return self.dilation[axis] * (self.kernel[axis] - 1)

    def output_size(self, input_size: Sizes) -> Sizes:
        """Count the units along each axis.

        H' = ⌊(H + p + p_after - d(k - 1) - 1) / s⌋ + 1; transposed
        H' = (H - 1)s - p - p_after + d(k - 1) + 1.

        Raises ValueError when no window fits or nothing is left.
        """
        return tuple(self._units(axis, length) for axis, length in enumerate(input_size))

    def _units(self, axis: int, length: int) -> int:
        stride, before, after = self.stride[axis], self.padding[axis], self.padding_after[axis]
        if self.transposed:
            units = (length - 1) * stride - before - after + self.reach(axis) + 1
        else:
            room = length + before + after - self.reach(axis) - 1
            units = (math.ceil(room / stride) if self.ceil else room // stride) + 1
            if self.ceil and (units - 1) * stride >= length + before:
                units -= 1  # a window must begin in the image or in the padding before it
        if units < 1 or (not self.transposed and room < 0):
            where = f" of layer {self.name!r}" if self.name else ""
            raise ValueError(
                f"no window{where} fits: it spans {self.reach(axis) + 1} "
                f"{axis_names(self.axes)[axis]}, the padded map has {length + before + after}"
            )
        return units
