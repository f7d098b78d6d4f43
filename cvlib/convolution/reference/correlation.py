"""The one routine with three uses: y = w ⋆ x, and its adjoints in x and in w.

⟨y, w ⋆ x⟩ is linear in each of its three letters. Fixing two of them and reading off the third
gives the three functions here. A convolution runs `correlate` forward and the other two
backward; a transposed convolution runs `spread` forward and the other two backward.
"""

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution.geometry import Pair, Slide
from cvlib.convolution.reference.frames import View, add_tap
from cvlib.convolution.reference.patches import patches, plan


def correlate(x: Array, w: Array, size: Pair, slide: Slide, groups: int) -> Array:
    """Slide the kernel over the image: y[k, i, j] = Σ_crs w[k, c, r, s] x[c, is + rd - p, …].

    Shapes: x (N, C, H, W), w (K, C / groups, R, S) -> (N, K, *size). Padding may be negative.
    """
    kernels = len(w)
    view = View((w.shape[2], w.shape[3]), size, slide.stride, slide.padding, slide.dilation)
    y = np.empty((len(x), kernels, *size), x.dtype)
    grouped = y.reshape(len(x), groups, kernels // groups, size[0] * size[1])
    matrix = w.reshape(groups, kernels // groups, -1)
    for images, outputs, columns in patches(x, view):
        block = columns.reshape(groups, matrix.shape[2], -1)
        target = grouped[images, :, :, outputs]
        # Y = W · columns
        if len(target) == 1:
            np.matmul(matrix, block, out=target[0])
        else:
            product = np.matmul(matrix, block)
            target[...] = product.reshape(*matrix.shape[:2], len(target), -1).transpose(2, 0, 1, 3)
    return y


def packed(grouped: Array) -> Array:
    """Write the outputs of several images side by side: (m, G, K / G, P) -> (G, K / G, m·P)."""
    return grouped.transpose(1, 2, 0, 3).reshape(*grouped.shape[1:3], -1)


def spread(y: Array, w: Array, size: Pair, slide: Slide, groups: int) -> Array:
    """Send every output back to the pixels it looked at: the adjoint of `correlate` in x.

    x[c, is + rd - p, …] += Σ_k w[k, c, r, s] y[k, i, j].

    Shapes: y (N, K, H', W'), w (K, C / groups, R, S) -> (N, C, *size).
    """
    if slide.stride == (1, 1):
        # x = (w rotated by 180°, input and output channels exchanged) ⋆ (y padded by d(R - 1) - p)
        reach = tuple(
            slide.dilation[axis] * (w.shape[2 + axis] - 1) - slide.padding[axis] for axis in (0, 1)
        )
        turned = Slide((1, 1), (reach[0], reach[1]), slide.dilation)
        return correlate(y, rotated(w, groups), size, turned, groups)
    view = View(
        (w.shape[2], w.shape[3]),
        (y.shape[2], y.shape[3]),
        slide.stride,
        slide.padding,
        slide.dilation,
    )
    return _spread_strided(y, w, view, size, groups)


def rotated(w: Array, groups: int) -> Array:
    """Turn each kernel by 180° and exchange its input and output channels, group by group."""
    kernels, share, height, width = w.shape
    split = w.reshape(groups, kernels // groups, share, height, width)
    turned = split.swapaxes(1, 2)[..., ::-1, ::-1]
    # in memory order: BLAS does not take rows that run backwards
    return np.ascontiguousarray(turned).reshape(groups * share, -1, height, width)


def _spread_strided(y: Array, w: Array, view: View, size: Pair, groups: int) -> Array:
    kernels, channels = len(w) // groups, w.shape[1] * groups
    height, width = view.size
    x = np.zeros((len(y), channels, *size), y.dtype)
    transposed = w.reshape(groups, kernels, -1).swapaxes(1, 2)
    grouped = y.reshape(len(y), groups, kernels, height * width)
    row_numbers = channels * w[0, 0].size * width
    together, blocks = plan(len(y), view.size, row_numbers * y.itemsize)
    workspace = np.empty(together * blocks[0].stop * row_numbers, y.dtype)
    # a matrix with one column is faster multiplied than matrix-multiplied
    product = np.multiply if kernels == 1 else np.matmul
    for first in range(0, len(y), together):
        images = slice(first, min(first + together, len(y)))
        for rows in blocks:
            seen = packed(grouped[images, :, :, rows.start * width : rows.stop * width])
            columns = workspace[: channels * w[0, 0].size * seen.shape[2]]
            # columns = Wᵀ · Y
            product(transposed, seen, out=columns.reshape(groups, -1, seen.shape[2]))
            windows = columns.reshape(channels, *view.kernel, images.stop - first, -1, width)
            for r, s in np.ndindex(view.kernel):
                add_tap(x[images], windows[:, r, s].swapaxes(0, 1), view, (r, s), rows.start)
    return x


def match(x: Array, y: Array, kernel_size: Pair, slide: Slide, groups: int) -> Array:
    """Correlate input with output: the adjoint of `correlate` in w.

    w[k, c, r, s] = Σ_nij y[n, k, i, j] x[n, c, is + rd - p, …].

    Shapes: x (N, C, H, W), y (N, K, H', W') -> (K, C / groups, R, S).
    """
    batch, kernels, *size = y.shape
    channels = x.shape[1]
    view = View(kernel_size, (size[0], size[1]), slide.stride, slide.padding, slide.dilation)
    w = np.zeros((kernels, channels // groups, *kernel_size), x.dtype)
    total = w.reshape(groups, kernels // groups, -1)
    part = total
    grouped = y.reshape(batch, groups, kernels // groups, size[0] * size[1])
    for step, (images, outputs, columns) in enumerate(patches(x, view)):
        seen = packed(grouped[images, :, :, outputs])
        if step == 1:
            part = np.empty_like(total)
        # W += Y · columnsᵀ
        np.matmul(seen, columns.reshape(groups, total.shape[2], -1).swapaxes(1, 2), out=part)
        if step:
            total += part
    return w
