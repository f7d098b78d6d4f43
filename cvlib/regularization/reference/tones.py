"""Changes of light: a colour cast, and three curves that bend the scale from black to white.

Pixels lie in 0 … 1. Each curve is increasing and keeps black black and white white.
"""

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array, check_arrays, check_rank
from cvlib.regularization.validation import check_per_image


def _pixels(x: Array) -> None:
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(f"x must lie in 0 … 1, got {x.min():g} to {x.max():g}")


def _amount(x: Array, name: str, value: npt.ArrayLike) -> Array:
    """An amount as (N, 1, 1, 1) or () in the dtype of x."""
    _pixels(x)
    amount = np.asarray(value, x.dtype)
    check_per_image(name, amount.shape, len(x))
    if not (amount > 0).all():
        raise ValueError(f"{name} must be more than 0, got {amount.min():g}")
    return amount[:, None, None, None] if amount.ndim else amount


def gamma(x: Array, exponent: npt.ArrayLike) -> Array:
    """Bend the scale by a power: out = x^exponent; below 1 it lightens, above 1 it darkens.

    Shapes: x (N, C, H, W) in 0 … 1, exponent () or (N,) -> like x. Raises TypeError or ValueError
    for arrays that do not fit, pixels outside 0 … 1 and an exponent that is not positive.
    """
    return np.asarray(x ** _amount(x, "exponent", exponent))


def log_tone(x: Array, strength: npt.ArrayLike) -> Array:
    """Open the shadows: out = log(1 + strength · x) / log(1 + strength).

    Shapes: x (N, C, H, W) in 0 … 1, strength () or (N,) -> like x. Errors as in `gamma`.
    """
    a = _amount(x, "strength", strength)
    return np.asarray(np.log1p(a * x) / np.log1p(a))


def exp_tone(x: Array, strength: npt.ArrayLike) -> Array:
    """Close the shadows: out = ((1 + strength)^x − 1) / strength, which undoes `log_tone`.

    Shapes: x (N, C, H, W) in 0 … 1, strength () or (N,) -> like x. Errors as in `gamma`.
    """
    a = _amount(x, "strength", strength)
    return np.asarray(np.expm1(x * np.log1p(a)) / a)


def check_gains(shape: tuple[int, ...], count: int, channels: int) -> None:
    """Demand one gain a channel, for all images or an image."""
    if shape not in ((channels,), (count, channels)):
        raise ValueError(
            f"gains must be ({channels},) or ({count}, {channels}), one a channel, got {shape} "
            "(gains.shape)"
        )


def color_cast(x: Array, gains: npt.ArrayLike) -> Array:
    """Tint the light: multiply each channel by its gain, and cut off at white.

    out[n, c] = min(gains[n, c] · x[n, c], 1)

    Shapes: x (N, C, H, W) in 0 … 1, gains (C,) or (N, C), not negative -> like x. Errors as in
    `gamma`.
    """
    _pixels(x)
    factor = np.asarray(gains, x.dtype)
    check_gains(factor.shape, *x.shape[:2])
    if not (factor >= 0).all():
        raise ValueError(f"gains must be at least 0, got {factor.min():g}")
    return np.minimum(factor[..., None, None] * x, x.dtype.type(1))
