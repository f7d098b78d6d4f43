"""The transposed convolution, seen as stamps, as zeros slipped in, and as checkerboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution.plots.cells import draw_cells, draw_frame, number, spread_of
from cvlib.convolution.reference import conv_transpose2d_forward
from cvlib.figures import PALETTE, Plot, new_figure, show_image


def spread_image(y: Array, kernel: Array, stride: int = 1, padding: int = 0) -> Array:
    """Apply the transposed convolution to one grey (H, W) image."""
    out, _ = conv_transpose2d_forward(
        y[None, None], kernel[None, None].astype(y.dtype), stride=stride, padding=padding
    )
    return out[0, 0]


def stamps(y: Array, kernel: Array, *, stride: int) -> Plot:
    """Draw the scatter view: each input number stamps its multiple of the kernel; stamps add."""
    out = spread_image(y, kernel, stride)
    panels = []
    for i, j in np.ndindex(*y.shape):
        one = np.zeros_like(y)
        one[i, j] = y[i, j]
        panels.append(((i, j), spread_image(one, kernel, stride)))
    figure, axes = new_figure(1, len(panels) + 1, height=1.9)
    for n, (ax, ((i, j), stamp)) in enumerate(zip(axes, panels, strict=False)):
        draw_cells(ax, stamp, labels=False, largest=float(out.max()))
        rows, cols = kernel.shape
        draw_frame(ax, i * stride, j * stride, rows, cols, PALETTE[n % len(PALETTE)])
        ax.set_title(("" if n == 0 else "+ ") + f"{number(float(y[i, j]))} × kernel")
    draw_cells(axes[-1], out, largest=float(out.max()), fontsize=7)
    axes[-1].set_title("= output")
    alt = (
        f"{y.size} stamps of a {kernel.shape[0]} by {kernel.shape[1]} kernel, {stride} pixels "
        f"apart, add up to a {out.shape[0]} by {out.shape[1]} output whose numbers run from "
        f"{number(out.min())} to {number(out.max())}."
    )
    return Plot(figure, alt)


def zero_insertion(y: Array, kernel: Array, *, stride: int) -> Plot:
    """Draw the gather view: slip zeros in, pad, and slide the rotated kernel at stride 1."""
    rows, cols = kernel.shape
    apart = np.zeros([(n - 1) * stride + 1 for n in y.shape])
    apart[::stride, ::stride] = y
    ready = np.pad(apart, ((rows - 1, rows - 1), (cols - 1, cols - 1)))
    out = spread_image(y, kernel, stride)
    figure, axes = new_figure(1, 4, height=2.1)
    panels = {
        "input": y,
        "with zeros": ready,
        "kernel, rotated": kernel[::-1, ::-1],
        "output": out,
    }
    for ax, (name, values) in zip(axes, panels.items(), strict=True):
        draw_cells(ax, values, fontsize=7)
        ax.set_title(name)
    draw_frame(axes[1], 0, 0, rows, cols, colour=PALETTE[1])
    draw_frame(axes[3], 0, 0, 1, 1, colour=PALETTE[1])
    alt = (
        f"A {y.shape[0]} by {y.shape[1]} input with {stride - 1} zero between neighbours and "
        f"{rows - 1} zeros around becomes {ready.shape[0]} by {ready.shape[1]}; the rotated "
        f"kernel slides over it one pixel at a time and gives {out.shape[0]} by {out.shape[1]}."
    )
    return Plot(figure, alt)


def overlap_counts(settings: Sequence[tuple[int, int]], *, size: int = 4) -> Plot:
    """Draw how many stamps land on each output pixel, for pairs (kernel, stride)."""
    figure, axes = new_figure(1, len(settings), height=7.0 / len(settings) + 0.3, squeeze=False)
    said = []
    for ax, (kernel, stride) in zip(axes.flat, settings, strict=True):
        ones = np.ones((size, size))
        counts = spread_image(ones, np.ones((kernel, kernel)), stride)
        draw_cells(ax, counts, fontsize=6.5)
        ax.set_title(f"k = {kernel}, s = {stride}")
        inner = counts[kernel - 1 : 1 - kernel, kernel - 1 : 1 - kernel]
        said.append(f"Kernel {kernel}, stride {stride}: inside, {spread_of(inner)}.")
    return Plot(figure, "Stamps that land on each output pixel. " + " ".join(said))


def phase_means(image: Array, stride: int, *, margin: int = 0) -> Array:
    """Average an image over each of its stride² sublattices: (stride, stride)."""
    inner = image[margin : image.shape[0] - margin, margin : image.shape[1] - margin]
    return np.array(
        [[inner[a::stride, b::stride].mean() for b in range(stride)] for a in range(stride)]
    )


def ripple(image: Array, stride: int, *, margin: int = 0) -> float:
    """Measure a checkerboard: the spread of the sublattice means over their mean size.

    (max - min) / mean |·|, 0 when every sublattice has the same mean.
    """
    means = phase_means(image, stride, margin=margin)
    return float(np.ptp(means) / np.abs(means).mean())


def checkerboards(images: Mapping[str, Array], *, stride: int) -> Plot:
    """Show enlarged images side by side, each with its ripple."""
    figure, axes = new_figure(1, len(images), height=7.0 / len(images) + 0.4, squeeze=False)
    said = []
    for ax, (name, image) in zip(axes.flat, images.items(), strict=True):
        show_image(ax, image, vmin=0, vmax=1)
        size = 100 * ripple(image, stride, margin=2 * stride)
        ax.set_title(f"{name}\nripple {size:.1f} %")
        said.append(f"{name}: ripple {size:.1f} %.")
    return Plot(figure, "Enlarged photographs. " + " ".join(said), photo=True)
