"""Figures of windows: cones of units, boxes on a photograph, centres, merged branches, strips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Rectangle

from cvlib.arrays import Array
from cvlib.figures import PALETTE, PAPER, Plot, new_figure, show_image
from cvlib.receptive_field.reference.layer_geometry import LayerGeometry
from cvlib.receptive_field.reference.networks import Network, as_graph, receptive_fields
from cvlib.receptive_field.reference.paths import path_counts
from cvlib.receptive_field.reference.spread import spread
from cvlib.receptive_field.reference.stacks import grow_backward

GREY = "#8a8a8a"


def number(value: float) -> str:
    """Write a number as short as it goes, with a true minus sign."""
    return f"{round(float(value), 2):g}".replace("-", "−")


def fields_on_photo(
    photo: Array,
    network: Network,
    nodes: Mapping[str, tuple[int, int]],
    *,
    effective: bool = False,
) -> Plot:
    """Outline on a photograph what one unit of each named map sees; the units are (row, column).

    With `effective`, an ellipse of two standard deviations of the random walk is added.
    """
    graph = as_graph(network)
    fields = receptive_fields(graph)
    height, width = photo.shape[:2]
    figure, ax = new_figure(width=5.2, height=5.2 * height / width + 0.45)
    show_image(ax, photo)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    said, handles = [], []
    for (node, unit), colour in zip(nodes.items(), PALETTE, strict=False):
        (top, bottom), (left, right) = fields[node].window(unit)
        shape = (left - 0.5, top - 0.5), right - left + 1, bottom - top + 1
        for line, edge in ((4.4, PAPER), (2.4, colour)):
            ax.add_patch(Rectangle(*shape, fill=False, lw=line, ec=edge))
        size = f"{bottom - top + 1} × {right - left + 1}"
        handles.append(Line2D([], [], color=colour, lw=2.4, label=f"{node}: {size}"))
        words = f"{node} sees {size} pixels"
        if effective:
            rows, columns = spread(graph, node=node)
            i, j = fields[node].centre(unit)
            for line, edge in ((3.6, PAPER), (1.8, colour)):
                ring = Ellipse((j, i), 4 * columns, 4 * rows, fill=False, lw=line, ec=edge)
                ax.add_patch(ring)
            words += f", and its random paths rarely stray further than {2 * rows:.0f} pixels"
        said.append(words)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        fontsize=8,
        frameon=False,
        handlelength=1.1,
        columnspacing=1.1,
        handletextpad=0.4,
        borderpad=0.1,
    )
    alt = f"A photograph of {height} × {width} pixels with nested squares: {'; '.join(said)}."
    return Plot(figure, alt, photo=True)


def cone(layers: Sequence[LayerGeometry], pixels: int, unit: int) -> Plot:
    """Draw maps of one axis as rows of dots, and the windows that lead from a unit to pixels."""
    sizes = [pixels]
    for layer in layers:
        sizes.append(layer.output_size((sizes[-1],))[0])
    fields = list(receptive_fields(list(layers)).values())
    counts = [n[0] for n in grow_backward(layers)]
    figure, ax = new_figure(height=0.5 + 0.62 * len(sizes))
    seen, segments = {unit}, []
    for level in range(len(layers), -1, -1):
        axis = fields[level].axes[0]
        low, high = min([0, *seen]), max([sizes[level] - 1, *seen])
        for i in range(low, high + 1):
            inside, bright = 0 <= i < sizes[level], i in seen
            ax.plot(
                axis.centre(i),
                level,
                "o",
                ms=8.5 if bright else 5.5,
                mfc=(PALETTE[0] if bright else GREY) if inside else "none",
                mec=PALETTE[0] if bright else GREY,
                mew=1.4,
                alpha=1 if bright else 0.55,
            )
        if level:
            layer, below = layers[level - 1], fields[level - 1].axes[0]
            reads: set[int] = set()
            for i in seen:
                taps = [
                    layer.stride[0] * i - layer.padding[0] + layer.dilation[0] * t
                    for t in range(layer.kernel[0])
                ]
                reads |= set(taps)
                if 0 <= i < sizes[level]:
                    segments += [
                        [(axis.centre(i), level), (below.centre(t), level - 1)] for t in taps
                    ]
            seen = reads
    ax.add_collection(LineCollection(segments, colors=PALETTE[0], lw=0.9, alpha=0.5, zorder=0))
    names = ["pixels", *(layer.name or f"layer {k}" for k, layer in enumerate(layers, start=1))]
    ax.set_yticks(range(len(sizes)), [f"{n}\n{c}" for n, c in zip(names, counts, strict=True)])
    ax.set(xlabel="place in the picture (pixels)", ylim=(-0.4, len(layers) + 0.4))
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    first, last = fields[-1].window((unit,))[0]
    alt = (
        f"{len(sizes)} rows of dots, pixels at the bottom. Lines lead from unit {unit} of the last "
        f"map down: it sees {', then '.join(map(str, reversed(counts)))} places, at the bottom "
        f"pixels {number(first)} to {number(last)} of {pixels}. Neighbouring dots are "
        f"{', '.join(str(f.axes[0].stride) for f in fields)} pixels apart, from the bottom up."
    )
    return Plot(figure, alt)


def centres_on_a_line(networks: Mapping[str, tuple[Network, int]]) -> Plot:
    """Mark where the units of each network's last map look, on pictures of the given side."""
    figure, ax = new_figure(height=0.75 + 0.46 * len(networks))
    said = []
    for level, (name, (network, pixels)) in enumerate(reversed([*networks.items()])):
        graph = as_graph(network)
        axis = receptive_fields(graph)[graph.output].axes[0]
        (units, _), middle = graph.sizes((pixels, pixels))[graph.output], (pixels - 1) / 2
        centres = [axis.centre(i) for i in range(units)]
        shift = middle - (centres[0] + centres[-1]) / 2
        ax.plot([-0.5, pixels - 0.5], [level, level], color=GREY, lw=5, alpha=0.35)
        ax.plot(centres, [level] * units, "o", ms=6.5, color=PALETTE[0])
        ax.plot([middle, middle], [level - 0.28, level + 0.28], color=PALETTE[1], lw=1.6)
        average = (centres[0] + centres[-1]) / 2
        ax.plot(average, level, "D", ms=6, mfc="none", mec=PALETTE[1], mew=1.4)
        said.append(
            f"{name} on {pixels} pixels: {units} centres from {number(centres[0])} to "
            f"{number(centres[-1])}, their middle {number(shift)} pixels before that of the picture"
        )
    labels = [f"{name}\n{pixels} px" for name, (_, pixels) in reversed([*networks.items()])]
    ax.set_yticks(range(len(networks)), labels)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set(xlabel="pixel", ylim=(-0.5, len(networks) - 0.5))
    return Plot(figure, "Where units look along one axis. " + "; ".join(said) + ".")


def merged_intervals(merges: Mapping[str, tuple[Network, str, Sequence[str]]]) -> Plot:
    """Draw what unit 0 of every branch of a merge sees, and the merged unit.

    Each merge is (network, its name, labels of its branches).
    """
    figure, axes = new_figure(1, len(merges), height=2.5, squeeze=False)
    said = []
    for ax, (title, (network, merge, labels)) in zip(axes.flat, merges.items(), strict=True):
        graph = as_graph(network)
        fields = receptive_fields(graph)
        aligned = merge not in fields[merge].misaligned
        rows = [merge, *reversed(graph.nodes[merge].inputs)]
        windows = [fields[name].axes[0].window(0) for name in rows]
        for level, (name, (first, last)) in enumerate(zip(rows, windows, strict=True)):
            colour = PALETTE[0] if level else PALETTE[1]
            ax.plot(
                [first - 0.5, last + 0.5],
                [level, level],
                color=colour,
                lw=8,
                alpha=0.55,
                solid_capstyle="butt",
            )
            if level or aligned:
                centre = fields[name].axes[0].centre(0)
                ax.plot(centre, level, "|", ms=13, color="#000000", mew=1.6)
        ax.set_yticks(range(len(rows)), ["merged", *reversed(labels)])
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set(title=title, xlabel="pixel", ylim=(-0.6, len(rows) - 0.4))
        told = ", ".join(f"{first} to {last}" for first, last in reversed(windows[1:]))
        said.append(
            f"{title}: branches see {told}, merged {windows[0][0]} to {windows[0][1]}, "
            f"{'all centres equal' if aligned else 'centres differ'}"
        )
    return Plot(figure, ("Pixels that unit 0 sees. " + "; ".join(said)).replace("-", "−") + ".")


def path_strips(stacks: Mapping[str, Sequence[LayerGeometry]]) -> Plot:
    """Draw along one axis how many paths lead from every pixel to a unit; holes stay empty."""
    figure, axes = new_figure(len(stacks), 1, height=0.3 + 0.78 * len(stacks), sharex=True)
    said = []
    widest = max(len(_counts(layers)) for layers in stacks.values())
    for ax, (title, layers) in zip(np.atleast_1d(axes), stacks.items(), strict=True):
        counts = _counts(layers)
        place = np.arange(len(counts)) - (len(counts) - 1) / 2
        share = counts / counts.max()
        ax.bar(place, share, width=0.86, color=PALETTE[0])
        ax.plot([place[0] - 0.5, place[-1] + 0.5], [0, 0], color=GREY, lw=1.2)
        ax.set(yticks=[], ylim=(0, 1.08), xlim=(-widest / 2 - 0.5, widest / 2 + 0.5))
        read = int(np.count_nonzero(counts))
        ax.set_title(f"{title}: reads {read} of {len(counts)}", loc="left", pad=2)
        ax.spines["left"].set_visible(False)
        said.append(f"{title}: {read} of {len(counts)} pixels read, up to {counts.max():.0f} paths")
    np.atleast_1d(axes)[-1].set_xlabel("pixels from the centre")
    return Plot(figure, "Paths from every pixel to one unit. " + "; ".join(said) + ".")


def _counts(layers: Sequence[LayerGeometry]) -> Array:
    size = grow_backward(layers)[0]
    return path_counts(list(layers), size, unit=(0,) * len(size))
