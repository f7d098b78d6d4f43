"""The PyTorch twins of everything that changes a picture: moves, frames and light."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from cvlib.arrays import check_rank
from cvlib.convolution.geometry import IntOrPair, as_pair
from cvlib.regularization.reference import affine
from cvlib.regularization.reference.frame import Direction, check_flip
from cvlib.regularization.reference.tones import check_gains
from cvlib.regularization.reference.warp import inverse_moves
from cvlib.regularization.validation import check_corners, check_per_image
from cvlib.tensors import check_tensors


def warp(x: Tensor, moves: npt.ArrayLike, *, fill: float = 0.0) -> Tensor:
    """Move a picture: out[n, c, p] = x[n, c, M⁻¹p], bilinear, about the centre.

    Shapes: x (N, C, H, W), moves (3, 3) or (N, 3, 3), as an array -> like x. Raises TypeError or
    ValueError as the reference does. Twin of `reference.warp_forward`.
    """
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    back = inverse_moves(moves, len(x))[:, :2]
    h, w = x.shape[2:]
    # grid_sample wants (x, y) on a scale where the picture reaches from −1 to 1
    size = np.array([h, w])[:, None]
    unit = np.diag([h / 2, w / 2, 1.0])
    theta = (back @ unit) * 2 / size
    exact = torch.float64 if x.dtype == torch.float64 else torch.float32
    swapped = np.ascontiguousarray(theta[:, ::-1][:, :, [1, 0, 2]])
    grid = functional.affine_grid(
        torch.as_tensor(swapped, dtype=exact, device=x.device), list(x.shape), align_corners=False
    )
    moved = functional.grid_sample(
        x - fill, grid.to(x.dtype), mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return moved + fill


def _amounts(x: Tensor, **amounts: npt.ArrayLike) -> None:
    for name, amount in amounts.items():
        check_per_image(name, np.shape(amount), len(x))


def translate(
    x: Tensor, rows: npt.ArrayLike, columns: npt.ArrayLike, *, fill: float = 0.0
) -> Tensor:
    """Move each picture down by `rows` and right by `columns` pixels, amounts () or (N,)."""
    _amounts(x, rows=rows, columns=columns)
    return warp(x, affine.translation(rows, columns), fill=fill)


def rotate(x: Tensor, degrees: npt.ArrayLike, *, fill: float = 0.0) -> Tensor:
    """Turn each picture about its centre, counter-clockwise, degrees () or (N,)."""
    _amounts(x, degrees=degrees)
    return warp(x, affine.rotation(degrees), fill=fill)


def stretch(x: Tensor, rows: npt.ArrayLike, columns: npt.ArrayLike, *, fill: float = 0.0) -> Tensor:
    """Make each picture `rows` times as high and `columns` times as wide, factors () or (N,)."""
    _amounts(x, rows=rows, columns=columns)
    return warp(x, affine.stretching(rows, columns), fill=fill)


def shear(x: Tensor, columns: npt.ArrayLike, *, fill: float = 0.0) -> Tensor:
    """Slant each picture by `columns` a row below the centre, () or (N,)."""
    _amounts(x, columns=columns)
    return warp(x, affine.shearing(columns), fill=fill)


def flip(x: Tensor, chosen: Any, *, direction: Direction = "left-right") -> Tensor:
    """Mirror the images where `chosen` is true, () or (N,). Twin of `reference.flip`."""
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    picked = torch.as_tensor(chosen, dtype=torch.bool, device=x.device)
    axis = check_flip(tuple(picked.shape), len(x), direction)
    return torch.where(picked.expand(len(x))[:, None, None, None], x.flip(axis), x)


def crop(x: Tensor, corners: Any, size: IntOrPair, *, padding: IntOrPair = 0) -> Tensor:
    """Cut a window out of each zero-padded image, corners (N, 2). Twin of `reference.crop`."""
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    (high, wide), (ph, pw) = as_pair(size, "size", 1), as_pair(padding, "padding", 0)
    places = torch.as_tensor(corners, dtype=torch.int64, device=x.device)
    n = len(x)
    room = x.shape[2] + 2 * ph - high, x.shape[3] + 2 * pw - wide
    low, high_end = (0, 0), (0, 0)
    if tuple(places.shape) == (n, 2) and n:
        low, high_end = (tuple(f.tolist()) for f in (places.amin(0), places.amax(0)))
    check_corners(tuple(places.shape), low, high_end, n, room)
    padded = functional.pad(x, (pw, pw, ph, ph))
    rows = places[:, 0, None, None] + torch.arange(high, device=x.device)[:, None]
    columns = places[:, 1, None, None] + torch.arange(wide, device=x.device)
    image = torch.arange(n, device=x.device)[:, None, None]
    return padded[image, :, rows, columns].movedim(3, 1)


def _amount(x: Tensor, name: str, value: Any) -> Tensor:
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    amount = torch.as_tensor(value, dtype=x.dtype, device=x.device)
    check_per_image(name, tuple(amount.shape), len(x))
    return amount[:, None, None, None] if amount.ndim else amount


def gamma(x: Tensor, exponent: Any) -> Tensor:
    """Bend the scale by a power, x^exponent, () or (N,). Twin of `reference.gamma`.

    Pixels are taken to lie in 0 … 1 and amounts to be positive: looking would stop a GPU.
    """
    return x ** _amount(x, "exponent", exponent)


def log_tone(x: Tensor, strength: Any) -> Tensor:
    """Open the shadows: log(1 + a · x) / log(1 + a), a () or (N,); pixels as in `gamma`."""
    a = _amount(x, "strength", strength)
    return torch.log1p(a * x) / torch.log1p(a)


def exp_tone(x: Tensor, strength: Any) -> Tensor:
    """Close the shadows: ((1 + a)^x − 1) / a, a () or (N,); pixels as in `gamma`."""
    a = _amount(x, "strength", strength)
    return torch.expm1(x * torch.log1p(a)) / a


def color_cast(x: Tensor, gains: Any) -> Tensor:
    """Tint the light: min(gain · x, 1), gains (C,) or (N, C); pixels as in `gamma`."""
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    factor = torch.as_tensor(gains, dtype=x.dtype, device=x.device)
    check_gains(tuple(factor.shape), x.shape[0], x.shape[1])
    return (factor[..., None, None] * x).clamp(max=1)
