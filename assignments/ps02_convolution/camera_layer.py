"""The camera and the grid: choose kernel, stride and padding for a wanted output size."""

from __future__ import annotations

import numpy as np

from cvlib.grading.spec import EXACT, Exercise, Variants


def read_layer(target):
    return target


variants = Variants()
EXERCISE = Exercise(
    id="camera_layer",
    title="The camera and the grid",
    objective="Choose kernel, stride and padding for a wanted output size.",
    section="02_convolution#conv-output-size",
    kind="answer",
    reference={"kernel": 17, "stride": 16, "padding": 1},
    driver=read_layer,
    tolerance=EXACT,
    hints={
        "values": "Let your output_size check the 30 × 40. No pixel may be skipped: what "
        "does that say about kernel and stride? Then find the smallest padding.",
    },
    variants=variants,
)


variants.mutant_value(
    "even_kernel",
    {"kernel": 16, "stride": 16, "padding": 0},
    "16 × 16 tiles fill the image and skip nothing, but the kernel was to be odd, so that it has a "
    "middle pixel. See *How big is what comes out?*",
)


variants.mutant_value(
    "skips_pixels",
    {"kernel": 3, "stride": 16, "padding": 1},
    "The size is right, but a 3 × 3 window every 16 pixels looks at 9 pixels of 256 and is blind "
    "for the rest. A window that is narrower than its stride skips pixels. See "
    "*How big is what comes out?*",
)


variants.mutant_value(
    "no_padding",
    {"kernel": 17, "stride": 16, "padding": 0},
    "Kernel and stride are right. Without padding the last window would hang over the edge, and "
    "29 × 39 windows are left. See *How big is what comes out?*",
)


variants.mutant_value(
    "half_kernel_padding",
    {"kernel": 17, "stride": 16, "padding": 8},
    "Half the kernel is the padding that keeps the size at stride 1. It works here, too, but less "
    "is enough: every padded pixel is a made-up one. See *How big is what comes out?*",
)


variants.alternative_value("whole_floats", {"kernel": 17.0, "stride": 16.0, "padding": 1.0})


variants.alternative_value(
    "numpy_integers",
    {"padding": np.int64(1), "stride": np.int64(16), "kernel": np.int64(17)},
)
