"""The camera and the grid: choose kernel, stride and padding for a wanted output size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cvlib.grading.spec import EXACT, Exercise, Variants

from .common import Pair

Camera = tuple[Pair, Pair]  # the image, the grid
Layer = dict[str, int]


def cameras() -> list[Camera]:
    """Images that are cut into cells of an even number of pixels: 17 sizes, 8 grids each."""
    grids = [(15, 20), (18, 32), (24, 32), (27, 48), (30, 40), (36, 48), (20, 15), (32, 24)]
    return [((s * h, s * w), (h, w)) for s in range(8, 41, 2) for h, w in grids]


def cell(camera: Camera) -> int:
    return camera[0][0] // camera[1][0]


def camera_layer(camera: Camera) -> Layer:
    return {"kernel": cell(camera) + 1, "stride": cell(camera), "padding": 1}


variants = Variants()
EXERCISE = Exercise(
    id="camera_layer",
    title="The camera and the grid",
    objective="Choose kernel, stride and padding for a wanted output size.",
    section="02_convolution#conv-output-size",
    kind="answer",
    reference=camera_layer,
    numbers={"camera": cameras()},
    tolerance=EXACT,
    hints={
        "values": "Let your output_size check the grid. No pixel may be skipped: what "
        "does that say about kernel and stride? Then find the smallest padding.",
    },
    variants=variants,
)


def instead(name: str, misconception: str, wrong: Callable[[int], tuple[float, ...]]) -> None:
    """Register a function of the camera that answers with another kernel, stride and padding."""

    def answer(camera: Camera) -> dict[str, float]:
        return dict(zip(("kernel", "stride", "padding"), wrong(cell(camera)), strict=True))

    text = f"{misconception} See *How big is what comes out?*"
    variants.mutant_value(name, answer, text)


instead(
    "even_kernel",
    "Tiles as large as the stride fill the image and skip nothing, but the kernel was to be odd, "
    "so that it has a middle pixel.",
    lambda s: (s, s, 0),
)
instead(
    "skips_pixels",
    "The size is right, but a 3 × 3 window at every stop looks at 9 pixels and is blind for the "
    "rest. A window that is narrower than its stride skips pixels.",
    lambda s: (3, s, 1),
)
instead(
    "no_padding",
    "Kernel and stride are right. Without padding the last window would hang over the edge, and "
    "along each axis one window is missing.",
    lambda s: (s + 1, s, 0),
)
instead(
    "half_kernel_padding",
    "Half the kernel is the padding that keeps the size at stride 1. It works here, too, but less "
    "is enough: every padded pixel is a made-up one.",
    lambda s: (s + 1, s, s // 2),
)
instead(
    "a_larger_kernel",
    "Your layer has the right size, skips nothing, and its kernel is odd. A smaller one does it.",
    lambda s: (s + 3, s, 2),
)
instead(
    "one_less",
    "Your kernel is odd and narrower than its stride: between two windows a pixel is skipped. The "
    "next odd kernel is the smallest that skips none.",
    lambda s: (s - 1, s, 0),
)


@variants.alternative
def as_whole_floats(camera):
    return {key: float(value) for key, value in camera_layer(camera).items()}


@variants.alternative
def by_trying_them_all(camera):
    """Kernels from the smallest odd one, paddings from 0, any stride."""
    (image, grid), size = camera, max(camera[0])
    for kernel in range(1, size, 2):
        for padding in range(kernel):
            for stride in range(1, kernel + 1):
                counts = [(n + 2 * padding - kernel) // stride + 1 for n in image]
                ends = [(c - 1) * stride + kernel - padding for c in counts]
                reach = all(end >= n for end, n in zip(ends, image, strict=True))
                if counts == list(grid) and reach:
                    return {"padding": padding, "stride": np.int64(stride), "kernel": kernel}
    raise ValueError(f"no layer takes {image} to {grid}")
