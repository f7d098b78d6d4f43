"""A network as far as receptive fields care: windows, merges, and nodes that see everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cvlib.receptive_field.reference.layer_geometry import LayerGeometry, Sizes, axis_names

INPUT = "input"


@dataclass(frozen=True)
class Node:
    """One step: a window over one map, a merge of maps place by place, or a look at everything.

    A merge adds or concatenates, which is the same to a receptive field; `shares` says which part
    of a random walk each branch takes (see `spread`), for instance its number of channels.
    """

    name: str
    inputs: tuple[str, ...]
    layer: LayerGeometry | None = None
    everything: bool = False
    shares: tuple[float, ...] = ()


class Graph:
    """Nodes in the order of the computation; each method adds one and returns its name.

    >>> graph = Graph()
    >>> wide = graph.window(INPUT, LayerGeometry(3, padding=1))
    >>> graph.merge(INPUT, wide)
    'merge2'
    """

    def __init__(self, axes: int = 2) -> None:
        self.axes = axes
        self.nodes: dict[str, Node] = {INPUT: Node(INPUT, ())}

    @property
    def output(self) -> str:
        """Name of the last node."""
        return next(reversed(self.nodes))

    def window(self, source: str, layer: LayerGeometry, name: str = "") -> str:
        """Add a convolution, a pooling or a transposed convolution behind `source`."""
        if layer.axes != self.axes:
            raise ValueError(
                f"layer {layer.name or name!r} has {layer.axes} axes, the graph has {self.axes} "
                f"{axis_names(self.axes)}"
            )
        return self._add(name or layer.name or "layer", (source,), layer)

    def chain(self, source: str, *layers: LayerGeometry) -> str:
        """Add layers one after the other."""
        for layer in layers:
            source = self.window(source, layer)
        return source

    def merge(self, *sources: str, name: str = "", shares: Sequence[float] = ()) -> str:
        """Add a sum or a concatenation of maps; of one map, a step that looks at single places."""
        if not sources or (shares and len(shares) != len(sources)):
            raise ValueError(
                f"a merge needs maps, and one share each if any: got {len(sources)} maps and "
                f"{len(shares)} shares"
            )
        return self._add(name or "merge", sources, shares=tuple(shares))

    def whole(self, source: str, name: str = "") -> str:
        """Add a step whose every output sees the whole map: global pooling, a linear layer."""
        return self._add(name or "whole", (source,), everything=True)

    def _add(
        self,
        name: str,
        inputs: tuple[str, ...],
        layer: LayerGeometry | None = None,
        everything: bool = False,
        shares: tuple[float, ...] = (),
    ) -> str:
        for source in inputs:
            if source not in self.nodes:
                raise KeyError(f"no node {source!r} to build on; there are {list(self.nodes)}")
        if name in self.nodes:
            name = f"{name}{len(self.nodes)}"
        self.nodes[name] = Node(name, inputs, layer, everything, shares)
        return name

    def steps(self) -> Iterator[Node]:
        """Yield every node but the input, in the order of the computation."""
        yield from (node for node in self.nodes.values() if node.inputs)

    def find(self, node: str | None) -> str:
        """Return the name of a node, the output's for None; KeyError lists what there is."""
        if node is not None and node not in self.nodes:
            raise KeyError(f"no node {node!r}; there are {list(self.nodes)}")
        return node or self.output

    def sizes(self, input_size: Sizes) -> dict[str, Sizes]:
        """Give the size of every map for an image of the given size.

        Raises ValueError where a window does not fit or maps to be merged differ in size.
        """
        sizes = {INPUT: tuple(input_size)}
        for node in self.steps():
            merged = {sizes[name] for name in node.inputs}
            single = (1,) * self.axes
            if len(merged) > 1:
                merged.discard(single)  # one number for all places
            if len(merged) > 1:
                maps = ", ".join(f"{name} {sizes[name]}" for name in node.inputs)
                raise ValueError(f"merge {node.name!r} needs maps of one size, got {maps}")
            size = merged.pop()
            if node.layer is not None:
                size = node.layer.output_size(size)
            sizes[node.name] = single if node.everything else size
        return sizes


def stack(layers: Sequence[LayerGeometry]) -> Graph:
    """Build the graph of layers that follow each other."""
    for layer in layers:
        if not isinstance(layer, LayerGeometry):
            raise TypeError(f"a stack is made of LayerGeometry, got {type(layer).__name__}")
    graph = Graph(layers[0].axes if layers else 2)
    graph.chain(INPUT, *layers)
    return graph
