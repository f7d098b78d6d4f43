"""Count them: count the statistics and parameters of each normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Exercise, Variants, keys, read_own_key

from .common import FAMILY

LAYOUT: dict[str, Any] = {
    "images": range(20, 100),
    "channels": (48, 72, 80, 96, 112, 120, 144),  # none of them is 4 · 4 or 8 · 8
    "height": range(6, 16),
    "width": range(6, 16),
    "groups": (4, 8),
    "momentum": (0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08),
}


def counts(
    images: int, channels: int, height: int, width: int, groups: int, momentum: float
) -> dict[str, int]:
    """How many of each, in the order of the exercise."""
    return {
        "batch": channels,
        "layer": images,
        "instance": images * channels,
        "group": images * groups,
        "averaged by group": channels // groups * height * width,
        "learned": 2 * channels,
        "steps": first_below(1 - momentum),
    }


def first_below(kept: float) -> int:
    """After how many steps what is kept of a number at each is less than 1 % of it."""
    return next(k for k in range(1, 1000) if kept**k < 0.01)


variants = Variants()
EXERCISE = Exercise(
    id="count_them",
    title="Count them",
    objective="Count the statistics and parameters of each normalization.",
    section="06_normalization#norm-family",
    kind="answer",
    reference=counts,
    cases=keys(dict.fromkeys(counts(64, 96, 14, 10, 8, 0.05))),
    driver=read_own_key,
    numbers=LAYOUT,
    tolerance=EXACT,
    hints={
        "batch": "How many means does batch norm compute for all these images?",
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


@variants.mutant(
    "Your batch norm has a mean for each of the C · H · W numbers of an image. A lecture says "
    f"so; in a convolutional network it is one a channel, over N, H and W. {FAMILY}",
)
def one_mean_a_feature(**layout):
    feature = layout["channels"] * layout["height"] * layout["width"]
    return {**counts(**layout), "batch": feature}


@variants.mutant(
    "Your layer norm has a mean for each channel of each image. That is instance norm; layer norm "
    f"over (C, H, W) mixes the channels of an image. {FAMILY}",
)
def layer_norm_keeps_channels(**layout):
    return {**counts(**layout), "layer": layout["images"] * layout["channels"]}


@variants.mutant(
    "Your layer and instance norm are for the whole batch. Both look at one image at a time, so "
    f"what you counted comes once for each image. {FAMILY}",
)
def one_image_for_all(**layout):
    return {**counts(**layout), "layer": 1, "instance": layout["channels"]}


@variants.mutant(
    "Your group norm has one mean a group for the whole batch. It looks at one image at a time, so "
    f"there is one for each group of each image. {FAMILY}",
)
def groups_share_a_batch(**layout):
    return {**counts(**layout), "group": layout["groups"]}


@variants.mutant(
    "You took the number of groups for the number of channels in a group. The channels are divided "
    "by it. See *Group norm: ask some channels of one image*.",
)
def groups_are_sizes(**layout):
    averaged = layout["groups"] * layout["height"] * layout["width"]
    return {**counts(**layout), "averaged by group": averaged}


@variants.mutant(
    "You counted four learned numbers a channel. γ and β are learned; the running mean and "
    "variance are kept, without a gradient. See *What it costs*.",
)
def learns_the_statistics(**layout):
    return {**counts(**layout), "learned": 4 * layout["channels"]}


@variants.mutant(
    "You let the first value keep the momentum at each step. The momentum is the weight of the "
    "new; the old keeps the rest, and that takes a while. See *In training and at test time*.",
)
def momentum_is_kept(**layout):
    return {**counts(**layout), "steps": first_below(layout["momentum"])}


@variants.mutant(
    "Your steps are one too few: after them the first value still weighs more than 1 %. The "
    "logarithms seldom give a whole number; go on to the next. See *In training and at test time*.",
)
def rounds_down(**layout):
    right = counts(**layout)
    return {**right, "steps": right["steps"] - 1}


@variants.alternative
def floats(**layout):
    return {key: float(count) for key, count in counts(**layout).items()}


@variants.alternative
def numpy_integers(**layout):
    steps = np.ceil(np.log(0.01) / np.log1p(-layout["momentum"]))
    return {k: np.int64(v) for k, v in {**counts(**layout), "steps": steps}.items()}
