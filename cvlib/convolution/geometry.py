"""Where the window may stand: stride, padding, dilation, and the sizes that follow from them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

IntOrPair = int | Sequence[int]
Pair = tuple[int, int]

AXES = ("rows", "columns")


class Slide(NamedTuple):
    """How a kernel slides over an image, each entry as (rows, columns)."""

    stride: Pair
    padding: Pair
    dilation: Pair


def as_pair(value: IntOrPair, name: str, minimum: int) -> Pair:
    """Return `value` as (rows, columns); an int stands for both.

    Raises TypeError for anything but an int or two ints, ValueError below `minimum`.
    """
    entries = tuple(value) if isinstance(value, Sequence) else (value, value)
    if isinstance(value, str) or len(entries) != 2:
        raise TypeError(f"{name} must be an int or a pair of ints, got {value!r}")
    first = _as_int(entries[0], name, value, minimum)
    second = _as_int(entries[1], name, value, minimum)
    return first, second


def _as_int(entry: object, name: str, value: object, minimum: int) -> int:
    if isinstance(entry, bool) or not isinstance(entry, int | np.integer):
        raise TypeError(f"{name} must be an int or a pair of ints, got {value!r}")
    if entry < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value!r}")
    return int(entry)


def as_count(value: int, name: str) -> int:
    """Return `value` as a positive int, or raise TypeError or ValueError naming it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an int, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return int(value)


def as_slide(stride: IntOrPair, padding: IntOrPair, dilation: IntOrPair) -> Slide:
    """Return the three arguments as pairs: stride and dilation at least 1, padding at least 0."""
    return Slide(
        as_pair(stride, "stride", 1),
        as_pair(padding, "padding", 0),
        as_pair(dilation, "dilation", 1),
    )


def output_lengths(input_size: Pair, kernel_size: Pair, slide: Slide) -> Pair:
    """Return (H', W') for arguments that are pairs already; see `conv2d_output_size`."""
    sizes = []
    for axis in range(2):
        stride, padding, dilation = (entry[axis] for entry in slide)
        # the dilated kernel covers d·(R - 1) + 1 pixels
        span = dilation * (kernel_size[axis] - 1) + 1
        # H' = ⌊(H + 2p - d·(R - 1) - 1) / s⌋ + 1
        room = input_size[axis] + 2 * padding - span
        if room < 0:
            raise ValueError(
                f"kernel spans {span} {AXES[axis]} (dilation {dilation}, size "
                f"{kernel_size[axis]}), the padded image has {input_size[axis] + 2 * padding} "
                f"({input_size[axis]} + 2 × padding {padding})"
            )
        sizes.append(room // stride + 1)
    return sizes[0], sizes[1]


def conv2d_output_size(
    input_size: IntOrPair,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Pair:
    """Count the places where the window fits.

    H' = ⌊(H + 2p - d(R - 1) - 1) / s⌋ + 1, and the same for the columns.

    Raises ValueError when the dilated kernel is larger than the padded image.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, §2-5.
    """
    return output_lengths(
        as_pair(input_size, "input_size", 1),
        as_pair(kernel_size, "kernel_size", 1),
        as_slide(stride, padding, dilation),
    )


def transposed_output_lengths(
    input_size: Pair, kernel_size: Pair, slide: Slide, output_padding: Pair
) -> Pair:
    """Return (H', W') for arguments that are pairs already; see `conv_transpose2d_output_size`."""
    sizes = []
    for axis in range(2):
        stride, padding, dilation = (entry[axis] for entry in slide)
        if output_padding[axis] >= max(stride, dilation):
            raise ValueError(
                f"output_padding must be smaller than stride or dilation, got "
                f"{output_padding[axis]} with stride {stride} and dilation {dilation} "
                f"({AXES[axis]})"
            )
        # H' = (H - 1)·s - 2p + d·(R - 1) + 1 + output_padding
        size = (
            (input_size[axis] - 1) * stride
            - 2 * padding
            + dilation * (kernel_size[axis] - 1)
            + 1
            + output_padding[axis]
        )
        if size < 1:
            raise ValueError(
                f"padding {padding} leaves {size} {AXES[axis]} of output, expected at least 1"
            )
        sizes.append(size)
    return sizes[0], sizes[1]


def conv_transpose2d_output_size(
    input_size: IntOrPair,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Pair:
    """Give the size of the image that a transposed convolution paints.

    H' = (H - 1)s - 2p + d(R - 1) + 1 + output_padding. Every output_padding in 0 … s - 1 is an
    image that `conv2d_output_size` sends to the same H: the argument says which one is meant.

    Raises ValueError when output_padding is not below max(stride, dilation) or nothing is left.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, §4.
    """
    return transposed_output_lengths(
        as_pair(input_size, "input_size", 1),
        as_pair(kernel_size, "kernel_size", 1),
        as_slide(stride, padding, dilation),
        as_pair(output_padding, "output_padding", 0),
    )
