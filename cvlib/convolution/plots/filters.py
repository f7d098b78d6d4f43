"""What a filter does to a photograph, and which pixels its window sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array
from cvlib.convolution.plots.cells import counted, draw_cells, draw_grid, spread_of
from cvlib.convolution.reference import conv2d_backward, conv2d_forward, convolution_matrix
from cvlib.figures import Plot, new_figure, show_image


def filter_image(photo: Array, kernel: Array, *, stride: int = 1, padding: int = 0) -> Array:
    """Slide one kernel over one grey (H, W) image and return what comes out, (H', W')."""
    weights = kernel[None, None].astype(photo.dtype)
    out, _ = conv2d_forward(photo[None, None], weights, stride=stride, padding=padding)
    return out[0, 0]


def filter_gallery(photo: Array, filters: Mapping[str, Array]) -> Plot:
    """Show a grey photograph and what each named kernel makes of it.

    A kernel whose weights sum to zero is shown with grey for 0, white above, black below.
    """
    cols = 3
    rows = -(-(len(filters) + 1) // cols)
    height = rows * (7.0 / cols * photo.shape[0] / photo.shape[1] + 0.3)
    figure, axes = new_figure(rows, cols, height=height)
    for ax in axes.flat[len(filters) + 1 :]:
        ax.set_visible(False)
    show_image(axes.flat[0], photo, vmin=0, vmax=1)
    axes.flat[0].set_title("the photograph")
    said = [f"The photograph: brightness {photo.mean():.2f}, contrast {photo.std():.2f}."]
    for ax, (name, kernel) in zip(axes.flat[1:], filters.items(), strict=False):
        out = filter_image(photo, kernel)
        edges = abs(float(kernel.sum())) < 1e-9
        reach = float(np.quantile(np.abs(out), 0.995)) if edges else 1.0
        show_image(ax, out, vmin=-reach if edges else 0.0, vmax=reach)
        ax.set_title(name)
        corner = ax.inset_axes((0.0, 0.0, 0.28, 0.28 * photo.shape[1] / photo.shape[0]))
        corner.set_facecolor("white")
        corner.patch.set_alpha(0.9)
        _kernel_card(corner, kernel)
        said.append(f"{name}: mean {out.mean():.2f}, contrast {out.std():.2f}.")
    return Plot(figure, " ".join(said), photo=True)


def _kernel_card(ax: Any, kernel: Array) -> None:
    draw_grid(ax, kernel.shape)
    for (i, j), value in np.ndenumerate(kernel):
        text = "1/9" if abs(value - 1 / 9) < 1e-9 else f"{value:g}".replace("-", "−")
        ax.text(j + 0.5, i + 0.5, text, fontsize=5.5, color="#111111", ha="center", va="center")
    ax.patch.set_visible(True)


def kernel_direction(kernel: Array) -> Plot:
    """Let cross-correlation and convolution answer to one bright pixel, side by side."""
    side = kernel.shape[0] + 2
    dot = np.zeros((side, side))
    dot[side // 2, side // 2] = 1
    padded = np.pad(dot, kernel.shape[0] // 2)
    correlated = filter_image(padded, kernel)
    convolved = filter_image(padded, kernel[::-1, ::-1])
    panels = {
        "the kernel": kernel,
        "one bright pixel": dot,
        "cross-correlation": correlated,
        "convolution": convolved,
    }
    figure, axes = new_figure(1, 4, height=2.1)
    for ax, (name, values) in zip(axes.flat, panels.items(), strict=True):
        draw_cells(ax, values, largest=float(np.abs(kernel).max()))
        ax.set_title(name)
    inner = (slice(1, -1), slice(1, -1))
    turned = np.array_equal(correlated[inner], kernel[::-1, ::-1])
    same = np.array_equal(convolved[inner], kernel)
    alt = (
        f"A {kernel.shape[0]} by {kernel.shape[1]} kernel meets one bright pixel. "
        f"Cross-correlation writes the kernel {'turned by half a turn' if turned else 'changed'}; "
        f"convolution writes the kernel {'as it is' if same else 'changed'}."
    )
    return Plot(figure, alt)


def window_counts(
    size: tuple[int, int], kernel_size: tuple[int, int], **slide: int
) -> NDArray[np.int64]:
    """Count, for every pixel of an image of this size, the windows that see it: (H, W)."""
    ones = np.ones((1, 1, *kernel_size))
    matrix = convolution_matrix(ones, (1, *size), **slide)
    return np.asarray(matrix.sum(axis=0)).reshape(size).astype(np.int64)


def coverage(size: int, settings: Sequence[Mapping[str, int]]) -> Plot:
    """Draw how many windows see each pixel, one panel for each setting of kernel, stride, padding.

    A setting is {"kernel": 3, "stride": 2, "padding": 0}.
    """
    figure, axes = new_figure(1, len(settings), height=7.0 / len(settings) + 0.3, squeeze=False)
    said = []
    for ax, setting in zip(axes.flat, settings, strict=True):
        slide = {k: v for k, v in setting.items() if k != "kernel"}
        kernel = setting["kernel"]
        counts = window_counts((size, size), (kernel, kernel), **slide)
        draw_cells(ax, counts)
        name = f"k = {kernel}, s = {slide.get('stride', 1)}, p = {slide.get('padding', 0)}"
        ax.set_title(name)
        unseen = int((counts == 0).sum())
        said.append(
            f"{name}: {spread_of(counts)}; corner {counts[0, 0]}, "
            f"{counted(unseen, 'pixel')} of {counts.size} never seen."
        )
    alt = f"Windows that see each pixel of an image of {size} by {size}. " + " ".join(said)
    return Plot(figure, alt)


def equivariance_error(differences: Mapping[str, Array]) -> Plot:
    """Draw where 'shift, then filter' and 'filter, then shift' disagree, one panel each."""
    figure, axes = new_figure(1, len(differences), height=2.2, squeeze=False)
    largest = max(float(np.abs(d).max()) for d in differences.values())
    said = []
    for ax, (name, difference) in zip(axes.flat, differences.items(), strict=True):
        gap = np.abs(difference)
        show_image(ax, gap, cmap="cividis", vmin=0, vmax=largest)
        wrong = float((gap > 1e-9).mean())
        ax.set_title(f"{name}\n{100 * wrong:.3g} % differ")
        inside = float(gap[1:-1, 1:-1].max())
        where = "nowhere" if wrong == 0 else "only on the rim" if inside < 1e-9 else "inside too"
        said.append(f"{name}: {100 * wrong:.1f} % of pixels differ, {where}.")
    return Plot(figure, "Disagreement maps. " + " ".join(said), photo=True)


def dilated_reach(stacks: Sequence[Sequence[int]], *, kernel: int = 3) -> Plot:
    """Draw by how many paths each input pixel reaches one output of a stack of dilated layers."""
    side = max(1 + (kernel - 1) * sum(stack) for stack in stacks) + 2
    figure, axes = new_figure(1, len(stacks), height=7.0 / len(stacks) + 0.3, squeeze=False)
    said = []
    for ax, stack in zip(axes.flat, stacks, strict=True):
        paths = reach_of(stack, side, kernel)
        draw_cells(ax, np.sqrt(paths), labels=False)
        used, span = int((paths > 0).sum()), 1 + (kernel - 1) * sum(stack)
        name = "dilations " + ", ".join(map(str, stack))
        ax.set_title(f"{name}\n{used} of {span}² pixels")
        said.append(f"{name}: reads {used} of the {span * span} pixels it spans.")
    return Plot(figure, "Input pixels that one output depends on. " + " ".join(said))


def reach_of(stack: Sequence[int], side: int, kernel: int) -> Array:
    """Count the paths from each pixel of a (side, side) image to its centre through the stack."""
    ones = np.ones((1, 1, kernel, kernel))
    gradient = np.zeros((1, 1, side, side))
    gradient[..., side // 2, side // 2] = 1
    for dilation in stack:
        padding = dilation * (kernel - 1) // 2
        _, cache = conv2d_forward(gradient, ones, padding=padding, dilation=dilation)
        gradient, _, _ = conv2d_backward(gradient, cache)
    return gradient[0, 0]
