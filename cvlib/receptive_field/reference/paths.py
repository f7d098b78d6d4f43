"""By how many paths a pixel reaches a unit: the support of its field, with holes and borders."""

from __future__ import annotations

import numpy as np

from cvlib.arrays import Array
from cvlib.receptive_field.reference.graph import INPUT
from cvlib.receptive_field.reference.layer_geometry import IntOrSizes, LayerGeometry, Sizes
from cvlib.receptive_field.reference.networks import Network, prepared


def path_counts(
    network: Network,
    input_size: IntOrSizes,
    *,
    unit: Sizes | None = None,
    node: str | None = None,
) -> Array:
    """Count the paths from every pixel of an image to one unit, by default the middle one.

    A path picks a tap in every window it passes and a branch at every merge, and stays off the
    padding. The counts are the gradient of the unit if all weights are 1, poolings add and nothing
    else is there. Returns float64 of shape `input_size`.

    Raises IndexError for a unit outside its map.
    """
    size, graph = prepared(network, input_size)
    assert size is not None
    sizes, wanted = graph.sizes(size), graph.find(node)
    counts = {name: np.zeros(shape) for name, shape in sizes.items()}
    place = unit if unit is not None else tuple(n // 2 for n in sizes[wanted])
    if len(place) != graph.axes or not all(
        0 <= i < n for i, n in zip(place, sizes[wanted], strict=True)
    ):
        raise IndexError(f"unit {place} is not on the map of {wanted!r}, which is {sizes[wanted]}")
    counts[wanted][place] = 1
    for step in reversed(list(graph.steps())):
        above = counts[step.name]
        for source in step.inputs:
            if step.layer is not None:
                counts[source] += back_through(above, step.layer, sizes[source])
            elif step.everything or sizes[source] != sizes[step.name]:
                counts[source] += above.sum()
            else:
                counts[source] += above
    return counts[INPUT]


def back_through(above: Array, layer: LayerGeometry, size: Sizes) -> Array:
    """Send numbers on the output of a layer back to its input of the given size, all weights 1."""
    if layer.transposed:
        below = np.zeros(size)
        wide = [s * (n - 1) + layer.reach(a) + 1 for a, (s, n) in _each(layer, size)]
        ends = zip(wide, layer.padding, above.shape, strict=True)
        canvas = np.zeros([max(w, p + n) for w, p, n in ends])
        canvas[_block(layer.padding, above.shape)] = above
        for tap in np.ndindex(*layer.kernel):
            below += canvas[_under(tap, layer, size)]
        return below
    reach = [s * (n - 1) + layer.reach(a) + 1 for a, (s, n) in _each(layer, above.shape)]
    ends = zip(reach, layer.padding, size, strict=True)
    canvas = np.zeros([max(r, p + n) for r, p, n in ends])
    for tap in np.ndindex(*layer.kernel):
        canvas[_under(tap, layer, above.shape)] += above
    return canvas[_block(layer.padding, size)]


def _each(layer: LayerGeometry, shape: Sizes) -> enumerate[tuple[int, int]]:
    return enumerate(zip(layer.stride, shape, strict=True))


def _block(start: Sizes, shape: Sizes) -> tuple[slice, ...]:
    return tuple(slice(p, p + n) for p, n in zip(start, shape, strict=True))


def _under(tap: Sizes, layer: LayerGeometry, windows: Sizes) -> tuple[slice, ...]:
    """Where one tap of every window lies on the padded map."""
    return tuple(
        slice(d * t, d * t + s * (n - 1) + 1, s)
        for t, d, s, n in zip(tap, layer.dilation, layer.stride, windows, strict=True)
    )


def support(
    network: Network,
    input_size: IntOrSizes,
    *,
    unit: Sizes | None = None,
    node: str | None = None,
) -> Array:
    """Mark the pixels that at least one path leads from: True where the unit can see."""
    return path_counts(network, input_size, unit=unit, node=node) > 0
