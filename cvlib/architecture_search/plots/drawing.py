"""Drawings of what is searched for: the network of a code, and tours on a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from numpy.typing import ArrayLike

from cvlib.architecture_search.reference.codes import Code, format_stage, parse_code
from cvlib.architecture_search.reference.permutations import Tour
from cvlib.architecture_search.reference.salesman import distance_matrix, tour_length
from cvlib.architecture_search.reference.stages import StageGraph, decode_stage
from cvlib.figures import INK, PALETTE, PAPER, Plot, new_figure

GREY = PALETTE[5]
MOST_TOGETHER = 2
BEND = 0.42


def network(code: Code | str) -> Plot:
    """Draw the stages of a network: the code's connections above, those of the default nodes below.

    Nodes stand in their order; isolated ones are dashed. Raises ValueError as `parse_code` does.
    """
    code = parse_code(code) if isinstance(code, str) else code
    graphs = [decode_stage(stage) for stage in code]
    columns = min(MOST_TOGETHER, len(graphs))
    rows = -(-len(graphs) // columns)
    most = max(graph.nodes for graph in graphs)
    figure, axes = new_figure(rows, columns, height=(3.0 - 0.7 * columns) * rows, squeeze=False)
    said = []
    for number, (ax, graph, stage) in enumerate(
        zip(axes.flat, graphs, code, strict=False), start=1
    ):
        _draw_stage(ax, graph, most)
        ax.set_title(f"stage {number}: {format_stage(stage) or 'one node'}")
        said.append(f"Stage {number}, {graph.nodes} nodes, {_said(graph)}.")
    for ax in axes.flat[len(graphs) :]:
        ax.set_visible(False)
    return Plot(figure, " ".join(said))


def _draw_stage(ax: Axes, graph: StageGraph, most: int) -> None:
    """Put the nodes on a line between the default nodes; `most` nodes fill the width."""
    last = graph.nodes + 1
    below = [(0, n) for n in graph.sources] + [(n, last) for n in graph.sinks]
    for i, j in graph.edges:
        _arrow(ax, i, j, PALETTE[0], bend=-1)
    for i, j in below:
        _arrow(ax, i, j, PALETTE[1], bend=1)
    for node in range(last + 1):
        default = node in (0, last)
        missing = node in graph.isolated or (node == last and not graph.edges)
        colour = GREY if missing else PALETTE[1] if default else PALETTE[0]
        name = {0: "in", last: "out"}.get(node, str(node))
        style = "dashed" if missing else "solid"
        ax.text(
            node, 0, name, ha="center", va="center", color=INK, fontsize=9,
            bbox={"boxstyle": "circle,pad=0.28", "fc": PAPER, "ec": colour, "lw": 1.6, "ls": style},
        )  # fmt: skip
    # an arc rises by half of its bend
    above, under = (
        0.5 + BEND / 2 * max([j - i for i, j in arrows], default=0)
        for arrows in (graph.edges, below)
    )
    ax.set(xlim=(-0.6, most + 1.6), ylim=(-under, above), aspect="equal")
    ax.set_axis_off()


def _arrow(ax: Axes, start: int, end: int, colour: str, *, bend: int) -> None:
    """An arrow from node to node, straight between neighbours, else an arc over those between."""
    curve = 0.0 if end - start == 1 else BEND * bend
    ax.add_patch(
        FancyArrowPatch(
            (start, 0), (end, 0), connectionstyle=f"arc3,rad={curve}", arrowstyle="-|>",
            mutation_scale=9, shrinkA=10, shrinkB=11, color=colour, lw=1.4,
        )
    )  # fmt: skip


def _said(graph: StageGraph) -> str:
    """The connections of a stage in words."""
    if not graph.edges:
        return "no connection: one convolution"
    edges = ", ".join(f"{i} to {j}" for i, j in graph.edges)
    sources, sinks = (", ".join(map(str, ends)) for ends in (graph.sources, graph.sinks))
    words = f"connections {edges}; the input feeds {sources}; the output adds {sinks}"
    if graph.isolated:
        words += f"; left out: {', '.join(map(str, graph.isolated))}"
    return words


def tours(points: ArrayLike, paths: Mapping[str, Sequence[int]], *, closed: bool = True) -> Plot:
    """Draw tours through towns at points (n, 2), a panel each, with their lengths."""
    p = np.asarray(points, dtype=float)
    distances = distance_matrix(p)
    figure, axes = new_figure(1, len(paths), height=7.0 / len(paths) + 0.3, squeeze=False)
    said = []
    for ax, (name, tour) in zip(axes.flat, paths.items(), strict=True):
        length = float(tour_length(tour, distances, closed=closed))
        way = p[[*tour, tour[0]] if closed else [*tour]]
        ax.plot(*way.T, color=PALETTE[0], lw=1.6)
        ax.plot(*p.T, "o", color=PALETTE[1], ms=5)
        for town, place in enumerate(p):
            ax.annotate(str(town), place, xytext=(4, 4), textcoords="offset points", fontsize=8)
        ax.set(title=f"{name}: {length:.2f}", xticks=[], yticks=[], aspect="equal")
        ax.margins(0.12)
        ax.spines[:].set_visible(False)
        order = " ".join(map(str, _closed(tuple(tour)) if closed else tour))
        said.append(f"{name}, length {length:.2f}: {order}")
    kind = "Tours" if closed else "Open paths"
    return Plot(figure, f"{kind} through {len(p)} towns. {'; '.join(said)}.")


def _closed(tour: Tour) -> Tour:
    return (*tour, tour[0])
