"""One warp for every move of the picture: ask each output pixel where it comes from."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array, check_arrays, check_rank, check_upstream
from cvlib.regularization.reference import affine
from cvlib.regularization.validation import check_per_image

#: One pixel around the image, and a second at the far ends, so that four can always be read.
RIM = ((0, 0), (0, 0), (1, 2), (1, 2))


class WarpCache(NamedTuple):
    """Where the upper left of the four pixels lies that an output pixel reads, in the image with
    its rim, and the shares (down, right) by which it reads the others."""

    place: Array
    share: Array
    shape: tuple[int, ...]


def inverse_moves(moves: npt.ArrayLike, count: int) -> Array:
    """Return the inverse of one (3, 3) matrix or of one an image, as (count, 3, 3), float64.

    Raises ValueError for another shape, or for a move that flattens the picture.
    """
    matrices = np.asarray(moves, float)
    if matrices.shape not in ((3, 3), (count, 3, 3)):
        raise ValueError(
            f"moves must be (3, 3) or ({count}, 3, 3), got {matrices.shape} (moves.shape)"
        )
    flattens = np.abs(np.linalg.det(matrices)) < 1e-9
    if flattens.any():
        raise ValueError("moves must be invertible, got a matrix that flattens the picture")
    return np.broadcast_to(np.linalg.inv(matrices), (count, 3, 3))


def warp_forward(x: Array, moves: npt.ArrayLike, *, fill: float = 0.0) -> tuple[Array, WarpCache]:
    """Move a picture: each output pixel looks up where it comes from and mixes four neighbours.

    out[n, c, p] = x[n, c, M⁻¹p], read between pixels by bilinear interpolation

    Points are measured from the centre ((H − 1)/2, (W − 1)/2). Asking every *output* pixel leaves
    no holes; throwing every input pixel does. Outside the picture is `fill`. The output is linear
    in x (for fill = 0): a sparse matrix with at most four entries a row.

    Shapes: x (N, C, H, W), moves (3, 3) or (N, 3, 3) from `regularization.affine` -> out
    like x, cache. Raises TypeError or ValueError for arrays that do not fit.
    Source: Szeliski, Computer vision: algorithms and applications, 2022, §3.6.1.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    n, c, h, w = x.shape
    back = inverse_moves(moves, n)
    centre = np.array([(h - 1) / 2, (w - 1) / 2, 0.0])[:, None]
    grid = np.stack([*np.indices((h, w), float).reshape(2, -1), np.ones(h * w)]) - centre
    # one product of matrices for all images: numpy multiplies stacks of small ones one by one
    source = (back[:, :2].reshape(-1, 3) @ grid).reshape(n, 2, h * w) + centre[:2]

    source = np.clip(source, -1, np.array([h, w])[:, None])  # further out all is rim
    near = np.floor(source)
    place = ((near[:, 0] + 1) * (w + 3) + near[:, 1] + 1).astype(np.intp)
    cache = WarpCache(place, (source - near).astype(x.dtype), x.shape)

    level = x.dtype.type(fill)
    framed = np.pad(x - level, RIM).ravel()
    start = flat_places(cache)
    out = np.zeros((n, c, h * w), x.dtype)
    for offset, weight in taps(cache):  # all within the rim; "clip" only saves take the check
        out += weight[:, None] * framed.take(start + offset, mode="clip")
    return out.reshape(x.shape) + level, cache


def flat_places(cache: WarpCache) -> Array:
    """Where each output pixel's upper left neighbour lies in all images with their rims."""
    n, c, h, w = cache.shape
    size = (h + 3) * (w + 3)
    return np.asarray(np.arange(n * c).reshape(n, c, 1) * size + cache.place[:, None])


def taps(cache: WarpCache) -> Iterator[tuple[int, Array]]:
    """The four neighbours: how far each lies from the upper left one, and its weight."""
    down, right = cache.share[:, 0], cache.share[:, 1]
    width = cache.shape[3] + 3
    yield 0, (1 - down) * (1 - right)
    yield 1, (1 - down) * right
    yield width, down * (1 - right)
    yield width + 1, down * right


def warp_backward(dout: Array, cache: WarpCache) -> Array:
    """Send each output's gradient back to the four pixels it read, by the same weights.

    dx = Bᵀ dout, where out = Bx. Bᵀ is not the warp by the inverse move: the transpose of a
    look-up adds up, it does not undo.

    Shapes: dout like x -> dx like x. Raises ValueError or TypeError when dout is not of the
    output's shape and dtype.
    """
    n, c, h, w = cache.shape
    check_upstream(dout, cache.shape, cache.share.dtype)
    g = dout.reshape(n, c, h * w)
    start = flat_places(cache)
    framed = np.zeros(n * c * (h + 3) * (w + 3))
    for offset, weight in taps(cache):
        sent = weight[:, None] * g
        framed += np.bincount((start + offset).ravel(), sent.ravel(), minlength=len(framed))
    return framed.reshape(n, c, h + 3, w + 3)[:, :, 1:-2, 1:-2].astype(dout.dtype)


def _amounts(count: int, **amounts: npt.ArrayLike) -> None:
    for name, amount in amounts.items():
        check_per_image(name, np.shape(amount), count)


def translate(x: Array, rows: npt.ArrayLike, columns: npt.ArrayLike, *, fill: float = 0.0) -> Array:
    """Move each picture down by `rows` and to the right by `columns` pixels, whole or not.

    Shapes: x (N, C, H, W), amounts () or (N,) -> like x. Errors as in `warp_forward`.
    """
    _amounts(len(x), rows=rows, columns=columns)
    return warp_forward(x, affine.translation(rows, columns), fill=fill)[0]


def rotate(x: Array, degrees: npt.ArrayLike, *, fill: float = 0.0) -> Array:
    """Turn each picture about its centre, counter-clockwise.

    Shapes: x (N, C, H, W), degrees () or (N,) -> like x. Errors as in `warp_forward`.
    """
    _amounts(len(x), degrees=degrees)
    return warp_forward(x, affine.rotation(degrees), fill=fill)[0]


def stretch(x: Array, rows: npt.ArrayLike, columns: npt.ArrayLike, *, fill: float = 0.0) -> Array:
    """Make each picture `rows` times as high and `columns` times as wide, in the same frame.

    Shapes: x (N, C, H, W), factors () or (N,) -> like x. Errors as in `warp_forward`.
    """
    _amounts(len(x), rows=rows, columns=columns)
    return warp_forward(x, affine.stretching(rows, columns), fill=fill)[0]


def shear(x: Array, columns: npt.ArrayLike, *, fill: float = 0.0) -> Array:
    """Slant each picture: `columns` pixels to the right for every row below the centre.

    Shapes: x (N, C, H, W), columns () or (N,) -> like x. Errors as in `warp_forward`.
    """
    _amounts(len(x), columns=columns)
    return warp_forward(x, affine.shearing(columns), fill=fill)[0]
