"""What several exercises draw, ask and call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cvlib.receptive_field import LayerGeometry, receptive_field

Rng = np.random.Generator


Layer = tuple[str, int, int, int, int]


def geometry(layers: Sequence[Layer]) -> list[LayerGeometry]:
    """The layers of an exercise as the library knows them, on one axis."""
    return [LayerGeometry((k,), (s,), (p,), (d,)) for _, k, s, p, d in layers]


def draw_layer(
    rng: Rng,
    *,
    kernels: Sequence[int] = (2, 3, 5),
    strides: Sequence[int] = (1,),
    dilations: Sequence[int] = (1,),
    padded: bool = True,
    pool: bool = False,
) -> Layer:
    kernel, dilation = int(rng.choice(kernels)), int(rng.choice(dilations))
    padding = int(rng.integers(1, dilation * (kernel - 1) + 1)) if padded else 0
    kind = "pool" if pool else "conv"
    return kind, kernel, int(rng.choice(strides)), padding, dilation


def half_padded(layer: Layer) -> Layer:
    kind, k, s, _, d = layer
    return kind, k, s, d * (k - 1) // 2, d


def draw_stack(rng: Rng, depth: int, **options: Any) -> list[Layer]:
    return [draw_layer(rng, **options) for _ in range(depth)]


POOL: dict[str, Any] = {"kernels": (2, 3), "strides": (2, 3), "pool": True}


def field_size(layers: Sequence[Layer]) -> int:
    return int(receptive_field(geometry(layers)).size[0])


def unit_centre(layers: Sequence[Layer], unit: int) -> float:
    return receptive_field(geometry(layers)).centre((unit,))[0]


RECURSION = "See *Two recursions, one number*."


POOLING = "See *Pooling counts, and stride counts most*."


CENTRE = "See *Where does a unit look?*"


DILATED = "See *Dilated: wide, with or without holes*."


LOOKS_AT = "See *What it could see and what it looks at*."


def right_size(layers: Any) -> int:
    size, jump = 1, 1
    for _, k, s, _, d in layers:
        size, jump = size + d * (k - 1) * jump, jump * s
    return size


def right_centre(layers: Any, unit: int) -> float:
    place = float(unit)
    for _, k, s, p, d in reversed(layers):
        place = s * place - p + d * (k - 1) / 2
    return place


def convolutions(layers: Any) -> Any:
    return [layer for layer in layers if layer[0] == "conv"]


def table(n: int) -> np.ndarray:
    depth, full = (n - 1) // 2, (n**2 - 1) / 12
    return np.array([[n, n * n, full], [n, 2 * n, full], [n, 9 * depth, depth * 2 / 3]])


def gradients(network: Any, images: Any, unit: Any, *, channel: Any = None) -> Any:
    """The gradient of a unit by all images, (N, C, H, W)."""
    images = images.clone().requires_grad_()
    out = network(images)[:, :, unit[0], unit[1]]
    (out if channel is None else out[:, channel]).sum().backward()
    return images.grad
