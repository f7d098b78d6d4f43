"""What every room demands of its arrays, in dtype, rank and shape, and their name in types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def check_arrays(**arrays: object) -> None:
    """Demand NumPy arrays of one floating dtype, float32 or float64 (None passes).

    Raises TypeError that names the argument, what was expected and what came.
    """
    first: tuple[str, np.dtype[Any]] | None = None
    for name, array in arrays.items():
        if array is None:
            continue
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{name} must be a NumPy array, got {type(array).__name__}")
        if array.dtype not in (np.float32, np.float64):
            raise TypeError(
                f"{name} must be float32 or float64, got {array.dtype} ({name}.dtype); "
                f"convert with {name}.astype(np.float32)"
            )
        if first is None:
            first = name, array.dtype
        elif array.dtype != first[1]:
            raise TypeError(
                f"{name} has dtype {array.dtype}, {first[0]} has {first[1]}: "
                f"expected one dtype ({name}.dtype)"
            )


def check_rank(name: str, shape: Sequence[int], axes: str) -> None:
    """Demand one axis a letter of `axes`, for instance "NCHW", none but N of length 0."""
    layout = "(" + ", ".join(axes.split()) + ")"
    expected = len(axes.split())
    if len(shape) != expected:
        raise ValueError(
            f"{name} must have {expected} axes {layout}, got {len(shape)}: shape {tuple(shape)}"
        )
    for axis, letter in enumerate(axes.split()):
        if letter != "N" and shape[axis] < 1:
            raise ValueError(
                f"{name} must have at least 1 along {letter}, got {shape[axis]} "
                f"({name}.shape[{axis}])"
            )


def check_upstream(dout: object, out_shape: Sequence[int], dtype: np.dtype[Any]) -> None:
    """Demand that `dout` has the shape and dtype of the output whose gradient it is."""
    check_arrays(dout=dout)
    assert isinstance(dout, np.ndarray)
    if dout.shape != tuple(out_shape):
        raise ValueError(
            f"dout must have the output's shape {tuple(out_shape)}, got {dout.shape} (dout.shape)"
        )
    if dout.dtype != dtype:
        raise TypeError(f"dout must be {dtype} like the input, got {dout.dtype} (dout.dtype)")
