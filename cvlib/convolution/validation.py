"""Checks at the public edge, on shapes and dtypes only, so that both backends share them."""

from collections.abc import Sequence

from cvlib.arrays import check_rank
from cvlib.convolution.geometry import (
    IntOrPair,
    Pair,
    Slide,
    as_count,
    as_pair,
    as_slide,
    output_lengths,
    transposed_output_lengths,
)


def _check_divides(groups: int, count: int, name: str, axis: int) -> None:
    if count % groups:
        raise ValueError(
            f"groups must divide the {count} channels of {name}, got groups={groups} "
            f"({name}.shape[{axis}])"
        )


def _check_bias(bias_shape: Sequence[int] | None, channels: int) -> None:
    if bias_shape is not None and tuple(bias_shape) != (channels,):
        raise ValueError(
            f"b must have shape ({channels},), one number an output channel, "
            f"got {tuple(bias_shape)} (b.shape)"
        )


def check_conv2d(
    x_shape: Sequence[int],
    w_shape: Sequence[int],
    b_shape: Sequence[int] | None,
    stride: IntOrPair,
    padding: IntOrPair,
    dilation: IntOrPair,
    groups: int,
) -> tuple[Slide, Pair]:
    """Return the slide and the output size of a convolution, or raise what is wrong with it.

    Shapes: x (N, C, H, W), w (K, C / groups, R, S), b (K,) or None.
    """
    check_rank("x", x_shape, "N C H W")
    check_rank("w", w_shape, "K C/groups R S")
    slide = as_slide(stride, padding, dilation)
    groups = as_count(groups, "groups")
    _check_divides(groups, x_shape[1], "x", 1)
    if w_shape[1] * groups != x_shape[1]:
        share = f" / {groups} groups" if groups > 1 else ""
        raise ValueError(
            f"kernel has {w_shape[1]} input channels (w.shape[1]), "
            f"image has {x_shape[1]}{share} (x.shape[1])"
        )
    _check_divides(groups, w_shape[0], "w", 0)
    _check_bias(b_shape, w_shape[0])
    return slide, output_lengths((x_shape[2], x_shape[3]), (w_shape[2], w_shape[3]), slide)


def check_conv_transpose2d(
    x_shape: Sequence[int],
    w_shape: Sequence[int],
    b_shape: Sequence[int] | None,
    stride: IntOrPair,
    padding: IntOrPair,
    output_padding: IntOrPair,
    dilation: IntOrPair,
    groups: int,
) -> tuple[Slide, Pair]:
    """Return the slide and output size of a transposed convolution, or raise what is wrong.

    Shapes: x (N, C, H, W), w (C, K / groups, R, S), b (K,) or None.
    """
    check_rank("x", x_shape, "N C H W")
    check_rank("w", w_shape, "C K/groups R S")
    slide = as_slide(stride, padding, dilation)
    groups = as_count(groups, "groups")
    if w_shape[0] != x_shape[1]:
        raise ValueError(
            f"kernel has {w_shape[0]} input channels (w.shape[0]), "
            f"image has {x_shape[1]} (x.shape[1])"
        )
    _check_divides(groups, x_shape[1], "x", 1)
    _check_bias(b_shape, w_shape[1] * groups)
    out_size = transposed_output_lengths(
        (x_shape[2], x_shape[3]),
        (w_shape[2], w_shape[3]),
        slide,
        as_pair(output_padding, "output_padding", 0),
    )
    return slide, out_size


def check_pair(
    first: tuple[str, Sequence[int], str], second: tuple[str, Sequence[int], str]
) -> None:
    """Demand two kernels, each (name, shape, window), of which the second takes the first's output.

    A number in the window is demanded: "R 1" is a column of any height.
    """
    for name, shape, window in (first, second):
        check_rank(name, shape, f"K C {window}")
        for axis, wanted in enumerate(window.split(), start=2):
            if wanted.isdigit() and shape[axis] != int(wanted):
                raise ValueError(
                    f"{name} must have windows of {window.replace(' ', ' × ')}, got "
                    f"{shape[2]} × {shape[3]} ({name}.shape[{axis}])"
                )
    if first[1][0] != second[1][1]:
        raise ValueError(
            f"{second[0]} has {second[1][1]} input channels ({second[0]}.shape[1]), "
            f"{first[0]} makes {first[1][0]} ({first[0]}.shape[0])"
        )


def check_image(shape: Sequence[int]) -> None:
    """Demand one image (C, H, W) or a batch (N, C, H, W)."""
    if len(shape) not in (3, 4):
        raise ValueError(
            f"x must have axes (C, H, W) or (N, C, H, W), got {len(shape)}: shape {tuple(shape)}"
        )


def check_vector(v_shape: Sequence[int], shape: Sequence[int]) -> None:
    """Demand vectors, one or a batch, of as many numbers as an image of `shape` (C, H, W) has."""
    if len(shape) != 3:
        raise ValueError(f"shape must be (C, H, W), got {tuple(shape)}")
    length = shape[0] * shape[1] * shape[2]
    if len(v_shape) not in (1, 2) or v_shape[-1] != length:
        raise ValueError(
            f"v must be ({length},) or (N, {length}) for an image {tuple(shape)}, "
            f"got {tuple(v_shape)} (v.shape)"
        )
