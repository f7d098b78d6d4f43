"""Count them: count the statistics and parameters of each normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Exercise, Variants, keys, read_key

from .common import FAMILY

N, C, H, W, GROUPS, MOMENTUM = 64, 96, 14, 10, 8, 0.05


COUNTS = {
    "batch": C,
    "layer": N,
    "instance": N * C,
    "group": N * GROUPS,
    "averaged by group": C // GROUPS * H * W,
    "learned": 2 * C,
    "steps": next(k for k in range(1, 1000) if (1 - MOMENTUM) ** k < 0.01),
}


variants = Variants()
EXERCISE = Exercise(
    id="count_them",
    title="Count them",
    objective="Count the statistics and parameters of each normalization.",
    section="06_normalization#norm-family",
    kind="answer",
    reference=COUNTS,
    cases=keys(COUNTS),
    driver=read_key,
    tolerance=EXACT,
    hints={
        "batch": "How many means does batch norm compute for these 64 images?",
        "layer": "Layer norm over (C, H, W): which axis is left?",
        "instance": "One mean for each panel of pixels.",
        "group": "A mean for each group of each image.",
        "averaged by group": "How many channels does a group have, and how many pixels "
        "each of them?",
        "learned": "γ and β; the running statistics are not learned.",
        "steps": "What does the first value weigh after k updates? Take logarithms, or "
        "let Python count.",
    },
    variants=variants,
)


def wrong_counts(name: str, misconception: str, **changed: Any) -> None:
    variants.mutant_value(name, {**COUNTS, **changed}, misconception)


wrong_counts(
    "one_mean_a_feature",
    "Your batch norm has a mean for each of the C · H · W numbers of an image. A lecture says "
    f"so; in a convolutional network it is one a channel, over N, H and W. {FAMILY}",
    batch=C * H * W,
)


wrong_counts(
    "layer_norm_keeps_channels",
    "Your layer norm has a mean for each channel of each image. That is instance norm; layer norm "
    f"over (C, H, W) mixes the channels of an image. {FAMILY}",
    layer=N * C,
)


wrong_counts(
    "groups_share_a_batch",
    "Your group norm has one mean a group for the whole batch. It looks at one image at a time, so "
    f"there is one for each group of each image. {FAMILY}",
    group=GROUPS,
)


wrong_counts(
    "eight_channels_a_group",
    "You took groups=8 for eight channels in a group. It is the number of groups; 96 channels make "
    "eight groups of twelve. See *Group norm: ask some channels of one image*.",
    **{"averaged by group": GROUPS * H * W},
)


wrong_counts(
    "learns_the_statistics",
    "You counted four learned numbers a channel. γ and β are learned; the running mean and "
    "variance are kept, without a gradient. See *What it costs*.",
    learned=4 * C,
)


wrong_counts(
    "old_weight_of_a_twentieth",
    "You let the first value keep a twentieth at each step. With momentum 0.05 it keeps nineteen, "
    "and 0.95ᵏ < 1 % takes a while. See *In training and at test time*.",
    steps=2,
)


variants.alternative_value("floats", {k: float(v) for k, v in COUNTS.items()})


variants.alternative_value("numpy", {k: np.int64(v) for k, v in COUNTS.items()})
