"""One formula, four index sets: write batch, layer, instance and group norm as one function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import (
    batch_norm_forward,
    group_norm_forward,
    instance_norm_forward,
    layer_norm_forward,
)

from .common import FAMILY, Rng, draw_batch, draw_eps

NORMS = ("batch", "layer", "instance", "group")


def draw_family(rng: Rng) -> Iterator[Case]:
    for norm in NORMS:
        # the last two: one group of all channels, and one of each
        layouts = [(2, 3), (4, 2), (3, 2), (2, 4), (1, 6), (6, 1)]
        for groups, share in layouts if norm == "group" else layouts[:2]:
            x = draw_batch(rng, channels=groups * share)
            # whole images of their own brightness and contrast, too
            x = x * rng.uniform(0.5, 2, (len(x), 1, 1, 1)) + rng.normal(size=(len(x), 1, 1, 1))
            yield Case((x, norm, groups, draw_eps(rng)), part=norm)


def normalize_by(x: np.ndarray, norm: str, groups: int, eps: float) -> np.ndarray:
    match norm:
        case "batch":
            return batch_norm_forward(x, None, None, training=True, eps=eps)[0]
        case "layer":
            return layer_norm_forward(x, np.ones(x.shape[1:]), None, eps=eps)[0]
        case "instance":
            return instance_norm_forward(x, None, None, eps=eps)[0]
    return group_norm_forward(x, None, None, groups=groups, eps=eps)[0]


variants = Variants()
EXERCISE = Exercise(
    id="normalize_by",
    title="One formula, four index sets",
    objective="Write batch, layer, instance and group norm as one function.",
    section="06_normalization#norm-family",
    reference=normalize_by,
    cases=draw_family,
    hints={
        "batch": "Which axes may be summed when each channel keeps its own mean?",
        "layer": "Every image has one mean, over all it has.",
        "instance": "Every channel of every image has a mean of its own.",
        "group": "See the channels as (groups, channels of a group) for a moment: "
        "neighbours in memory belong together.",
    },
    variants=variants,
)


def standard(x: Any, axes: Any, eps: float, ddof: int = 0) -> Any:
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True, ddof=ddof)
    return (x - mean) / np.sqrt(var + eps)


AXES = {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}


def in_groups(x: Any, groups: int, eps: float, axes: Any = (2, 3, 4)) -> Any:
    n, c, h, w = x.shape
    return standard(x.reshape(n, groups, c // groups, h, w), axes, eps).reshape(x.shape)


def family(x: Any, norm: str, groups: int, eps: float, **changed: Any) -> Any:
    if norm == "group":
        return in_groups(x, groups, eps)
    return standard(x, {**AXES, **changed}[norm], eps)


@variants.mutant(
    "Your layer norm averages over the channels of each pixel alone. Over (C, H, W) there is one "
    "mean an image. (Some networks do normalize per pixel; then it should say so.) See "
    "*Layer norm: ask one image*.",
)
def layer_norm_per_pixel(x, norm, groups, eps):
    return family(x, norm, groups, eps, layer=(1,))


@variants.mutant(
    "Layer and instance norm are exchanged: the first takes all of an image, the second one "
    f"channel of it. {FAMILY}",
)
def layer_and_instance_exchanged(x, norm, groups, eps):
    return family(x, norm, groups, eps, layer=(2, 3), instance=(1, 2, 3))


@variants.mutant(
    "Your groups are interleaved: channels 0, G, 2G … share a mean. Neighbours belong together: "
    "reshape to (N, groups, C / groups, H, W). See "
    "*Group norm: ask some channels of one image*.",
)
def interleaved_groups(x, norm, groups, eps):
    if norm != "group":
        return family(x, norm, groups, eps)
    n, c, h, w = x.shape
    return standard(x.reshape(n, c // groups, groups, h, w), (1, 3, 4), eps).reshape(x.shape)


@variants.mutant(
    "You read groups as the number of channels in a group. It is the number of groups. See "
    "*Group norm: ask some channels of one image*.",
)
def groups_of_that_size(x, norm, groups, eps):
    return family(x, norm, x.shape[1] // groups if norm == "group" else groups, eps)


@variants.mutant(
    "Your group norm averages over the batch. Group norm was made to do without: each image by "
    "itself. See *Group norm: ask some channels of one image*.",
)
def groups_over_the_batch(x, norm, groups, eps):
    if norm == "group":
        return in_groups(x, groups, eps, axes=(0, 2, 3, 4))
    return family(x, norm, groups, eps)


@variants.mutant(
    "Your batch norm averages over N alone, one mean for each pixel. A channel is one feature "
    f"wherever it looks. {FAMILY}",
)
def batch_norm_per_pixel(x, norm, groups, eps):
    return family(x, norm, groups, eps, batch=(0,))


@variants.mutant(
    "You divided the variance by m − 1. A normalization divides by the spread that its numbers "
    f"have, over m; m − 1 is for estimates. {FAMILY}",
)
def unbiased_variance(x, norm, groups, eps):
    if norm != "group":
        return standard(x, AXES[norm], eps, ddof=1)
    n, c, h, w = x.shape
    split = x.reshape(n, groups, c // groups, h, w)
    return standard(split, (2, 3, 4), eps, ddof=1).reshape(x.shape)


@variants.mutant(
    "Your group norm has always two groups. How many, the argument says. See "
    "*Group norm: ask some channels of one image*.",
)
def always_two_groups(x, norm, groups, eps):
    return family(x, norm, 2, eps)


@variants.alternative
def everything_is_a_group(x, norm, groups, eps):
    n, c = x.shape[:2]
    if norm == "batch":
        turned = x.swapaxes(0, 1)
        return standard(turned.reshape(c, -1), 1, eps).reshape(turned.shape).swapaxes(0, 1)
    count = {"layer": 1, "instance": c, "group": groups}[norm]
    return standard(x.reshape(n * count, -1), 1, eps).reshape(x.shape)


@variants.alternative
def with_loops(x, norm, groups, eps):
    share = x.shape[1] // groups
    out = np.empty_like(x)
    for n in range(len(x)):
        for c in range(x.shape[1]):
            first = c // share * share
            seen = {
                "batch": x[:, c],
                "layer": x[n],
                "instance": x[n, c],
                "group": x[n, first : first + share],
            }[norm]
            out[n, c] = (x[n, c] - seen.mean()) / np.sqrt(seen.var() + eps)
    return out
