"""A receptive field by its definition: follow every tap of every window back to the image."""

from __future__ import annotations

from collections.abc import Sequence

from cvlib.receptive_field.reference.layer_geometry import LayerGeometry


def pixels_naive(layers: Sequence[LayerGeometry], unit: int, axis: int = 0) -> set[int]:
    """Return which pixels of the image a unit of the last layer reads, along one axis.

    A window at unit i reads the units i·stride + r·dilation - padding, for each of its taps r, of
    the map below. Pixels may lie outside of the image: there is padding.
    """
    seen = {unit}
    for layer in reversed(layers):
        stride, dilation, padding = (
            sizes[axis] for sizes in (layer.stride, layer.dilation, layer.padding)
        )
        seen = {
            i * stride + r * dilation - padding for i in seen for r in range(layer.kernel[axis])
        }
    return seen
