"""Checks at the public edge, on shapes and numbers only, so that both backends share them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real


def check_batch(shape: Sequence[int]) -> None:
    """Demand a batch of vectors (N, C), of sequences (N, C, L) or of images (N, C, H, W)."""
    if len(shape) not in (2, 3, 4):
        raise ValueError(
            "x must have axes (N, C), (N, C, L) or (N, C, H, W), "
            f"got {len(shape)}: shape {tuple(shape)}"
        )
    _check_filled(shape, "NC" if len(shape) == 2 else "NCL" if len(shape) == 3 else "NCHW")


def check_images(shape: Sequence[int]) -> None:
    """Demand a batch of images (N, C, H, W)."""
    if len(shape) != 4:
        raise ValueError(f"x must have 4 axes (N, C, H, W), got {len(shape)}: shape {tuple(shape)}")
    _check_filled(shape, "NCHW")


def _check_filled(shape: Sequence[int], letters: str) -> None:
    for axis, letter in enumerate(letters):
        if letter != "N" and shape[axis] < 1:
            raise ValueError(
                f"x must have at least 1 along {letter}, got {shape[axis]} (x.shape[{axis}])"
            )


def check_per_channel(channels: int, **shapes: Sequence[int] | None) -> None:
    """Demand one number a channel in each named array (None passes)."""
    for name, shape in shapes.items():
        if shape is not None and tuple(shape) != (channels,):
            raise ValueError(
                f"{name} must have shape ({channels},), one number a channel of x (x.shape[1]), "
                f"got {tuple(shape)} ({name}.shape)"
            )


def check_enough(shape: Sequence[int]) -> None:
    """Demand two numbers a channel: one alone has no variance to be normalized by."""
    count = shape[0]
    for length in shape[2:]:
        count *= length
    if count < 2:
        axes = " · ".join(("N", "L") if len(shape) == 3 else "NHW"[: len(shape) - 1])
        raise ValueError(
            f"training needs at least 2 numbers a channel, got {axes} = {count} "
            f"(x.shape = {tuple(shape)}): one number alone minus its mean is 0, whatever it was"
        )


def check_running(running_mean: object, running_var: object, training: bool) -> None:
    """Demand both running statistics or neither, and both outside training."""
    if (running_mean is None) != (running_var is None):
        missing = "running_mean" if running_mean is None else "running_var"
        raise ValueError(f"expected both running statistics or neither, got no {missing}")
    if running_mean is None and not training:
        raise ValueError(
            "expected running_mean and running_var when training=False, got None: "
            "without a batch there is nothing else to normalize by"
        )


def check_eps(eps: float) -> None:
    """Demand a number that is not negative under the root."""
    _check_number("eps", eps)
    if eps < 0:
        raise ValueError(f"eps must be at least 0, got {eps}")


def check_momentum(momentum: float) -> None:
    """Demand a share between 0 and 1."""
    _check_number("momentum", momentum)
    if not 0 <= momentum <= 1:
        raise ValueError(
            f"momentum must lie between 0 and 1, got {momentum}: it is the share of the new batch"
        )


def _check_number(name: str, value: object) -> None:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}")


def check_groups(channels: int, groups: object) -> int:
    """Demand a whole number of groups that divides the channels."""
    if not isinstance(groups, int) or isinstance(groups, bool):
        raise TypeError(f"groups must be an int, got {groups!r}")
    if groups < 1 or channels % groups:
        raise ValueError(
            f"groups must divide the {channels} channels of x, got groups={groups} (x.shape[1])"
        )
    return groups


def check_trailing(
    x_shape: Sequence[int], gamma: Sequence[int] | None, beta: Sequence[int] | None
) -> int:
    """Return how many trailing axes of x the scale has; demand that scale and shift match them."""
    if gamma is None and beta is None:
        raise ValueError(
            "expected gamma or beta, whose axes say what to normalize over, got neither: "
            "use normalize_forward"
        )
    if gamma is not None and beta is not None and tuple(gamma) != tuple(beta):
        raise ValueError(
            f"gamma and beta must have one shape, got {tuple(gamma)} and {tuple(beta)} (beta.shape)"
        )
    name, shape = ("gamma", gamma) if gamma is not None else ("beta", beta)
    assert shape is not None
    count = len(shape)
    if not 1 <= count < len(x_shape) or tuple(x_shape[-count:]) != tuple(shape):
        raise ValueError(
            f"{name} must have the shape of the last axes of x, all but N at most: "
            f"x has {tuple(x_shape)}, got {tuple(shape)} ({name}.shape)"
        )
    if 0 in shape:
        raise ValueError(f"x must have at least 1 along each axis but N, got {tuple(x_shape)}")
    return count


def check_axes(shape: Sequence[int], axes: int | Sequence[int]) -> tuple[int, ...]:
    """Return the axes counted from 0 and in order; each must exist, be new and hold a number."""
    named = (axes,) if isinstance(axes, int) else tuple(axes)
    found = []
    for axis in named:
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise TypeError(f"axes must be ints, got {axis!r}")
        if not -len(shape) <= axis < len(shape):
            raise ValueError(f"x has {len(shape)} axes, got axis {axis} (axes)")
        found.append(axis % len(shape))
    if not found or len(set(found)) != len(found):
        raise ValueError(f"axes must name at least one axis, and each once, got {named}")
    for axis in found:
        if shape[axis] < 1:
            raise ValueError(
                f"x must have at least 1 along a normalized axis, got 0 (x.shape[{axis}])"
            )
    return tuple(sorted(found))


def check_folded(w_shape: Sequence[int], **shapes: Sequence[int] | None) -> None:
    """Demand weights with an axis of outputs, and one number an output in each named array."""
    if len(w_shape) < 2:
        raise ValueError(
            f"w must have at least 2 axes (K, …), got {len(w_shape)}: shape {tuple(w_shape)}"
        )
    for name, shape in shapes.items():
        if shape is not None and tuple(shape) != (w_shape[0],):
            raise ValueError(
                f"{name} must have shape ({w_shape[0]},), one number an output of w (w.shape[0]), "
                f"got {tuple(shape)} ({name}.shape)"
            )


def check_window(size: object, alpha: float, beta: float, k: float) -> int:
    """Demand a window of at least one channel, and a denominator that stays above 0."""
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"size must be an int, got {size!r}")
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    for name, value in (("alpha", alpha), ("beta", beta), ("k", k)):
        _check_number(name, value)
    if alpha < 0:
        raise ValueError(f"alpha must be at least 0, got {alpha}")
    if k <= 0:
        raise ValueError(f"k must be above 0, got {k}: it keeps the denominator from 0")
    return size
