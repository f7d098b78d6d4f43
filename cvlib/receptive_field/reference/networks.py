"""Receptive fields of whole networks: formula, exact window of one unit, who sees the frame."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

from cvlib.receptive_field.reference.fields import (
    PIXEL,
    AxisField,
    ReceptiveField,
    Window,
    everything,
    hull,
    through,
    window_before,
)
from cvlib.receptive_field.reference.graph import INPUT, Graph, Node, stack
from cvlib.receptive_field.reference.layer_geometry import (
    IntOrSizes,
    LayerGeometry,
    Sizes,
    as_sizes,
    axis_names,
)

Network = Graph | Sequence[LayerGeometry] | Any


def as_graph(network: Network, input_size: IntOrSizes | None = None) -> Graph:
    """Return a list of layers or a `torch.nn.Module` as a graph; a graph as it is.

    Raises TypeError for anything else, and for a module what `module_graph` raises.
    """
    if isinstance(network, Graph):
        return network
    if isinstance(network, Sequence) and not isinstance(network, str):
        return stack(network)
    torch = sys.modules.get("torch")  # whoever holds a module has imported it
    if torch is not None and isinstance(network, torch.nn.Module):
        from cvlib.receptive_field.module_graph import module_graph

        return module_graph(network, input_size=input_size)
    raise TypeError(
        "expected a list of LayerGeometry, a Graph or a torch.nn.Module, "
        f"got {type(network).__name__}"
    )


def receptive_fields(
    network: Network, *, input_size: IntOrSizes | None = None
) -> dict[str, ReceptiveField]:
    """Return the receptive field of the units of every node, by its name.

    A window moves and stretches the interval of its input (`through`); a merge takes the hull of
    its branches, which must have one stride, and is aligned when their centres agree.

    Raises ValueError for branches of unequal strides, naming the merge.
    Source: Araujo, Norris and Sim, Distill, 2019.
    """
    size, graph = prepared(network, input_size)
    sizes = graph.sizes(size) if size is not None else None
    fields = {INPUT: ReceptiveField((PIXEL,) * graph.axes)}
    for node in graph.steps():
        units = [sizes[name] if sizes else None for name in node.inputs]
        fields[node.name] = _behind(node, [fields[name] for name in node.inputs], units)
    return fields


def receptive_field(
    network: Network, *, node: str | None = None, input_size: IntOrSizes | None = None
) -> ReceptiveField:
    """Return what a unit of a network sees: size, stride, padding, centre, alignment.

    The network is a list of `LayerGeometry`, a `Graph`, or any `torch.nn.Module` that can be
    traced; the unit belongs to its output or to the named node. With the size of the image, what
    lies behind a global pooling or a linear layer gets finite ends.

    Raises as `receptive_fields` does; KeyError for an unknown node.
    """
    size, graph = prepared(network, input_size)
    return receptive_fields(graph, input_size=size)[graph.find(node)]


def prepared(network: Network, input_size: IntOrSizes | None) -> tuple[Sizes | None, Graph]:
    """Return the size of the image as one int an axis, and the network as a graph."""
    graph = as_graph(network, input_size)
    if input_size is None:
        return None, graph
    return as_sizes(input_size, "input_size", 1, graph.axes), graph


def _behind(
    node: Node, fields: Sequence[ReceptiveField], units: Sequence[Sizes | None]
) -> ReceptiveField:
    misaligned = tuple(dict.fromkeys(name for f in fields for name in f.misaligned))
    axes = []
    for axis in range(len(fields[0].axes)):
        branches = [f.axes[axis] for f in fields]
        counts = [None if u is None else u[axis] for u in units]
        if node.layer is not None:
            axes.append(through(branches[0], node.layer, axis))
        elif node.everything:
            axes.append(everything(branches[0], counts[0]))
        else:
            axes.append(_merged(node.name, branches, counts, axis_names(len(fields[0].axes))[axis]))
            if axes[-1].stride != 0 and len({b.first + b.last for b in branches}) > 1:
                misaligned = (*misaligned, node.name)
    return ReceptiveField(tuple(axes), tuple(dict.fromkeys(misaligned)))


def _merged(name: str, branches: list[AxisField], counts: list[int | None], axis: str) -> AxisField:
    if any(b.stride == 0 for b in branches):  # one number meets every place of the other maps
        branches = [everything(b, n) for b, n in zip(branches, counts, strict=True)]
    strides = [b.stride for b in branches]
    if len(set(strides)) > 1:
        raise ValueError(
            f"merge {name!r} joins maps of unequal strides {', '.join(map(str, strides))} "
            f"({axis}): their units drift apart, so no one interval holds for all"
        )
    return hull(branches)


def unit_window(
    network: Network,
    unit: Sizes,
    *,
    node: str | None = None,
    input_size: IntOrSizes | None = None,
) -> tuple[Window | None, ...]:
    """Return the first and last pixel that one unit can see, exactly, going backwards.

    Behind an upsampling, where units of different phase see differently, this is narrower than the
    interval of `receptive_field`. With the size of the image, windows are clipped to every map on
    the way, so that padding is left out; a unit that sees none of the image gives None. Holes are
    not looked for: see `support`.
    """
    size, graph = prepared(network, input_size)
    sizes = graph.sizes(size) if size is not None else None
    wanted = graph.find(node)
    windows: dict[str, list[Window | None]] = {name: [None] * graph.axes for name in graph.nodes}
    windows[wanted] = [(i, i) for i in as_sizes(unit, "unit", -sys.maxsize, graph.axes)]
    for step in reversed(list(graph.steps())):
        for axis, window in enumerate(windows[step.name]):
            if window is None:
                continue
            for source in step.inputs:
                before: Window | None = window
                if step.layer is not None:
                    before = window_before(window, step.layer, axis)
                elif step.everything or (sizes and sizes[source] != sizes[step.name]):
                    if sizes is None:
                        raise ValueError(f"{step.name!r} sees everything: give the input_size")
                    before = (0, sizes[source][axis] - 1)
                seen = [w for w in (windows[source][axis], before) if w is not None]
                if seen:
                    first, last = min(w[0] for w in seen), max(w[1] for w in seen)
                    if sizes is not None:
                        first, last = max(first, 0), min(last, sizes[source][axis] - 1)
                    windows[source][axis] = (first, last) if first <= last else None
    return tuple(windows[INPUT])


def units_inside(
    network: Network, input_size: IntOrSizes, *, node: str | None = None
) -> tuple[Sizes, Sizes]:
    """Count the units whose field lies wholly in the image, and all units, along every axis.

    The others, and only they, meet padding somewhere on the way. Raises ValueError behind a node
    that sees everything or upsamples.
    """
    size, graph = prepared(network, input_size)
    assert size is not None
    field, units = receptive_field(graph, node=node), graph.sizes(size)[graph.find(node)]
    if any(not isinstance(a.stride, int) or a.stride < 1 for a in field.axes):
        raise ValueError(f"expected whole strides of at least 1, got {field.stride}")
    inside = []
    for axis, length, count in zip(field.axes, size, units, strict=True):
        first = max(math.ceil(-axis.first / axis.stride), 0)
        last = min(math.floor((length - 1 - axis.last) / axis.stride), count - 1)
        inside.append(max(last - first + 1, 0))
    return tuple(inside), units
