"""Drawn layers and graphs for the tests of receptive fields."""

from hypothesis import strategies as st

from cvlib.receptive_field import INPUT, Graph, LayerGeometry


@st.composite
def layers(draw, *, strides=(1, 2, 3), dilations=(1, 2, 3), axes=1, solid=False):
    """One layer; padded by no more than its window spans, so that every window meets its map."""
    one = []
    for _ in range(axes):
        stride, dilation = draw(st.sampled_from(strides)), draw(st.sampled_from(dilations))
        kernel = draw(st.integers(stride if solid else 1, 5))
        reach = dilation * (kernel - 1)
        one.append((kernel, stride, draw(st.integers(0, min(reach, 4))), dilation))
    kernel, stride, padding, dilation = zip(*one, strict=True)
    return LayerGeometry(kernel, stride, padding, dilation)


def kept(layer):
    """The same windows, padded behind so that stride 1 keeps the size of the map."""
    reach = (d * (k - 1) for d, k in zip(layer.dilation, layer.kernel, strict=True))
    after = tuple(r - p for r, p in zip(reach, layer.padding, strict=True))
    return LayerGeometry(
        layer.kernel, layer.stride, layer.padding, layer.dilation, padding_after=after
    )


@st.composite
def graphs(draw, *, axes=1, solid=False, up=False):
    """A network of branches whose strides agree where they meet."""
    graph = Graph(axes)
    dilations = (1,) if solid else (1, 2)
    same = layers(strides=(1,), dilations=dilations, axes=axes, solid=solid).map(kept)
    x = INPUT
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["layer", "skip", "branches", *(["up"] if up else [])]))
        if kind == "layer":
            layer = layers(strides=(1, 2), dilations=dilations, axes=axes, solid=solid)
            x = graph.window(x, draw(layer))
        elif kind == "up":
            kernel = (draw(st.integers(2, 4)),) * axes
            x = graph.window(x, LayerGeometry(kernel, (2,) * axes, (1,) * axes, transposed=True))
        elif kind == "skip":
            x = graph.merge(x, graph.window(x, draw(same)))
        else:
            stride = (draw(st.sampled_from([1, 2])),) * axes
            ends = []
            for _ in range(draw(st.integers(2, 3))):
                kernel = draw(st.integers(2, 4))
                padding = draw(st.integers(0, kernel - 1))
                deep = graph.chain(x, *draw(st.lists(same, max_size=2)))
                last = LayerGeometry((kernel,) * axes, stride, (padding,) * axes)
                ends.append(graph.window(deep, kept(last)))
            x = graph.merge(*ends)
    return graph
