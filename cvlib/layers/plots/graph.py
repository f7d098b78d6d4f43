"""Figures of computational graphs, and of the gradient's way through pooling windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from cvlib.arrays import Array
from cvlib.figures import INK, PALETTE, Plot, new_figure, show_image
from cvlib.layers.graph import Value
from cvlib.layers.reference.max_pool import max_pool2d_backward, max_pool2d_forward
from cvlib.layers.reference.mean_pool import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    sum_pool2d_backward,
    sum_pool2d_forward,
)

VALUE, GRADIENT = PALETTE[0], PALETTE[1]


def graph(result: Value) -> Plot:
    """Draw the graph behind a value: above each node its number, below it its gradient.

    Call `result.backward()` first. Slopes stand on the edges.
    """
    nodes = result.ancestors()
    places = _places(result)
    columns = 1 + max(x for x, _ in places)
    rows = 1 + max(y for _, y in places)
    figure, ax = new_figure(width=7.2, height=0.85 * rows + 0.5)
    lift = 0.0
    for parent, child, slope in result.edges():
        (x0, y0), (x1, y1) = places[parent], places[child]
        over = 0.95 if x1 - x0 > 1 else 0.0  # an edge past other nodes goes over their heads
        lift = max(lift, y0 / 2 + y1 / 2 + over)
        arrow = {"arrowstyle": "-|>", "color": PALETTE[5], "lw": 1.2, "shrinkA": 15, "shrinkB": 15}
        if over:
            arrow["connectionstyle"] = f"arc3,rad={-over / (x1 - x0)}"
        ax.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
        # nearer to the parent, where the edges into one node lie further apart
        at = (0.58 * x0 + 0.42 * x1, 0.58 * y0 + 0.42 * y1 + 0.1 + 0.75 * over)
        ax.text(*at, f"{slope:.3g}", ha="center", va="bottom", fontsize=8, color=PALETTE[5])
    for node, (x, y) in zip(nodes, places, strict=True):
        _node(ax, node, x, y)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(-0.65, max(rows - 0.45, lift + 0.1)))
    ax.axis("off")
    said = [f"{_label(node)} = {node.data:.3g}, gradient {node.grad:.3g}" for node in nodes]
    return Plot(figure, f"A computational graph of {len(nodes)} nodes. " + "; ".join(said) + ".")


def _label(node: Value) -> str:
    if node.name and node.operation:
        return f"{node.operation} ({node.name})"
    return node.name or node.operation or f"{node.data:g}"


def _node(ax: Axes, node: Value, x: float, y: float) -> None:
    leaf = not node.parents
    ax.plot(
        x, y, marker="s" if leaf else "o", ms=25, mfc="#dbe7f0", mec=VALUE if leaf else PALETTE[5]
    )
    text = node.operation or node.name or f"{node.data:g}"
    ax.text(x, y, text, ha="center", va="center", color=INK, fontsize=10)
    title = f"{node.name} = " if node.name and node.operation else ""
    ax.text(x, y + 0.33, f"{title}{node.data:.3g}", ha="center", va="center", color=VALUE)
    ax.text(x, y - 0.35, f"{node.grad:.3g}", ha="center", va="center", color=GRADIENT)


def _places(result: Value) -> list[tuple[float, float]]:
    """Put every node one column behind its last parent, leaves one before their first child."""
    nodes = result.ancestors()
    column: dict[int, int] = {}
    for node in nodes:
        column[id(node)] = 1 + max((column[id(p)] for p in node.parents), default=-1)
    for node in nodes:
        if not node.parents:
            children = [column[id(n)] for n in nodes if any(p is node for p in n.parents)]
            column[id(node)] = max(min(children, default=0) - 1, 0)
    filled: dict[int, int] = {}
    places = []
    for node in nodes:
        x = column[id(node)]
        places.append((float(x), float(filled.get(x, 0))))
        filled[x] = filled.get(x, 0) + 1
    height = max(filled.values())
    # the first node of a column on top, short columns in the middle
    return [(x, height - 1 - y - (height - filled[int(x)]) / 2) for x, y in places]


def pooling_routes(image: Array, upstream: Array) -> Plot:
    """Show where max, sum and average pooling of 2 × 2 windows send a gradient."""
    x, dout = image[None, None].astype(float), upstream[None, None].astype(float)
    routes: list[tuple[str, Array]] = []
    pools: dict[str, tuple[Any, Any]] = {
        "max": (max_pool2d_forward, max_pool2d_backward),
        "sum": (sum_pool2d_forward, sum_pool2d_backward),
        "average": (avg_pool2d_forward, avg_pool2d_backward),
    }
    for name, (forward, backward) in pools.items():
        _, cache = forward(x, 2)
        routes.append((name, backward(dout, cache)[0, 0]))
    panels = [("image", image), ("gradient that arrives", upstream), *routes]
    figure, axes = new_figure(1, len(panels), width=7.2, height=1.9)
    reach = float(max(np.abs(panel).max() for _, panel in panels[1:]))
    for ax, (name, panel) in zip(axes, panels, strict=True):
        if name == "image":
            show_image(ax, panel, cmap="Blues", vmin=panel.min() - 1, vmax=1.6 * panel.max())
        else:
            show_image(ax, panel, cmap="PuOr", vmin=-1.8 * reach, vmax=1.8 * reach)
        for (i, j), number in np.ndenumerate(panel):
            ax.text(j, i, f"{number:g}", ha="center", va="center", color=INK, fontsize=8)
        ax.set_title({"max": "to max", "sum": "to sum", "average": "to average"}.get(name, name))
        step = 2 if panel.shape == image.shape else 1
        for edge in range(step, len(panel), step):
            ax.axhline(edge - 0.5, color=INK, lw=0.8)
            ax.axvline(edge - 0.5, color=INK, lw=0.8)
    said = [
        f"{name}: {np.count_nonzero(route)} of {route.size} pixels get a share"
        for name, route in routes
    ]
    return Plot(figure, "Gradients through pooling. " + "; ".join(said) + ".")
