"""Ask the gradient: find by automatic differentiation which pixels a unit depends on."""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="arg-type"

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, Variants

from .common import LOOKS_AT, Rng, gradients


def draw_networks(rng: Rng) -> Iterator[Case]:
    def weights(k: int, c: int, rows: int, columns: int) -> np.ndarray:
        return rng.normal(size=(k, c, rows, columns))

    def gates() -> list[np.ndarray]:
        first, second = weights(2, 1, 3, 3), weights(3, 2, 3, 2)
        second[0], second[1] = -np.abs(second[0]), np.abs(second[1])  # one off, one on, behind ReLU
        return [first, second]

    strides = [int(s) for s in rng.permutation([1, 2])]
    two = [("conv", strides), ("conv", [1, 1])]
    gated = [("conv", [1, 1]), ("relu", []), ("conv", [1, 1]), ("relu", [])]
    pooled = [("conv", [1, 1]), ("pool", [3, 2]), ("conv", [1, 1])]
    small = [weights(2, 2, 3, 2), weights(2, 2, 2, 3)]
    thin = [weights(2, 1, 3, 3), weights(3, 2, 3, 2)]
    for part, steps, kernels, count, shape in (
        ("one convolution", two[:1], small[:1], 1, (2, 9, 11)),
        ("two convolutions", two, small, 2, (2, 11, 13)),
        ("max pooling", pooled, thin, 3, (1, 14, 13)),
        ("ReLU", gated, gates(), 3, (1, 10, 11)),
    ):
        for again in range(2):
            if again:
                kernels = _sly(part, kernels)
            images = rng.normal(size=(count, *shape))
            unit = [int(n) for n in rng.permutation([0, 1, 2])[:2]]
            yield Case((steps, kernels, images, unit), part=part)


def _sly(part: str, kernels: list[np.ndarray]) -> list[np.ndarray]:
    """Kernels in which channels cancel, or that make all gradients tiny, or one of them."""
    kernels = [k.copy() for k in kernels]
    if part == "one convolution":  # what one channel adds, the other takes away
        kernels[0][:, 1] = -kernels[0][:, 0]
        kernels[0][:, 0, 0, 0] = 0.0  # a pixel that is seen in its other channel alone
    if part == "two convolutions":
        kernels = [1e-6 * k for k in kernels]
        kernels[0][:, :, 0, 0] *= 1e-9
    return kernels


def seen_pixels(network: Any, images: Any, unit: Sequence[int]) -> np.ndarray:
    images = images.detach().clone().requires_grad_()
    network(images)[:, :, unit[0], unit[1]].sum().backward()
    return (images.grad != 0).any(dim=0).any(dim=0).numpy()


def on_a_network(target, steps, kernels, images, unit):
    import numpy as np
    import torch
    from torch import nn

    modules, left = [], list(kernels)
    for kind, options in steps:
        if kind == "conv":
            weight = torch.from_numpy(left.pop(0))
            channels = weight.shape[1], weight.shape[0]
            conv = nn.Conv2d(*channels, weight.shape[2:], tuple(options), bias=False)
            conv.weight = nn.Parameter(weight)
            modules.append(conv)
        else:
            modules.append(nn.ReLU() if kind == "relu" else nn.MaxPool2d(*options))
    answer = target(nn.Sequential(*modules), torch.from_numpy(images), tuple(unit))
    return np.asarray(answer.detach() if isinstance(answer, torch.Tensor) else answer)


variants = Variants()
EXERCISE = Exercise(
    id="seen_pixels",
    title="Ask the gradient",
    objective="Find by automatic differentiation which pixels a unit depends on.",
    section="03_receptive_fields#rf-gradient",
    reference=seen_pixels,
    cases=draw_networks,
    driver=on_a_network,
    withhold=WITHHOLD_ROOMS,
    hints={
        "one convolution": "images.requires_grad_(), then backward from the one unit, all "
        "its channels added. unit is (row, column).",
        "two convolutions": "A pixel counts if the gradient is not zero in any of its "
        "channels, for any of the images; however small it is.",
        "max pooling": "For one image, a maximum listens to one pixel of its window. "
        "Which pixels do all images together show?",
        "ReLU": "A ReLU that is off passes nothing on. Do not average away what one image "
        "shows: combine with or.",
    },
    variants=variants,
)


GRADIENT = "See *Ask the gradient*."


@variants.mutant(
    "You let the whole output map go backward, so you found what any unit sees. Pick the one unit "
    f"first, then go backward from it alone. {GRADIENT}",
)
def all_units(network, images, unit):
    images = images.clone().requires_grad_()
    network(images).sum().backward()
    return (images.grad != 0).any(dim=0).any(dim=0).numpy()


@variants.mutant(
    "You read the unit as (column, row). Maps are arrays: the row comes first, also behind the "
    f"axes of images and channels. {GRADIENT}",
)
def column_first(network, images, unit):
    return (gradients(network, images, unit[::-1]) != 0).any(dim=0).any(dim=0).numpy()


@variants.mutant(
    "You asked the first image only. A maximum or a ReLU hides pixels on one image that another "
    f"one shows: combine all of them with or. {GRADIENT}",
)
def first_image_only(network, images, unit):
    return (gradients(network, images[:1], unit) != 0).any(dim=0).any(dim=0).numpy()


@variants.mutant(
    "You asked for pixels that every image shows. It is enough that one of them does: any, not "
    f"all. {GRADIENT}",
)
def every_image(network, images, unit):
    return (gradients(network, images, unit) != 0).any(dim=1).all(dim=0).numpy()


@variants.mutant(
    "You dropped small gradients. That is the way to find what a unit looks at; what it can see is "
    f"every pixel whose gradient is not zero. {LOOKS_AT}",
)
def above_a_threshold(network, images, unit):
    power = gradients(network, images, unit).abs().amax(dim=(0, 1))
    return (power > 0.3 * power.max()).numpy()


@variants.mutant(
    "You added the gradients of a pixel's channels, and what one adds another may take away. The "
    f"pixel counts if any of its channels does. {GRADIENT}",
)
def adds_the_channels(network, images, unit):
    return (gradients(network, images, unit).sum(dim=1) != 0).any(dim=0).numpy()


@variants.mutant(
    "You called zero what is below a number of your own. A gradient of 10⁻¹² is not zero: the "
    f"unit depends on that pixel, however little. {GRADIENT}",
)
def above_a_millionth(network, images, unit):
    return (gradients(network, images, unit).abs() > 1e-8).any(dim=0).any(dim=0).numpy()


@variants.mutant(
    "You followed the unit's first channel only. A unit is a place on the map with all its "
    f"channels; one of them may be silent where another is not. {GRADIENT}",
)
def first_channel_only(network, images, unit):
    seen = gradients(network, images, unit, channel=0) != 0
    return seen.any(dim=0).any(dim=0).numpy()


@variants.mutant(
    "You marked the whole box from the first to the last pixel. Asked is for each pixel whether "
    f"the unit depends on it on these images; the box may have holes. {GRADIENT}",
)
def fills_the_box(network, images, unit):
    seen = (gradients(network, images, unit) != 0).any(dim=0).any(dim=0).numpy()
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return seen


@variants.alternative
def one_image_at_a_time(network, images, unit):
    import torch

    seen = np.zeros(images.shape[2:], dtype=bool)
    for image in images:
        image = image[None].detach().clone().requires_grad_(True)
        value = network(image)[0, :, unit[0], unit[1]].sum()
        (gradient,) = torch.autograd.grad(value, image)
        seen |= gradient[0].abs().sum(dim=0).numpy() > 0
    return seen


@variants.alternative
def through_an_upstream_gradient(network, images, unit):
    import torch

    images = images.clone().requires_grad_(True)
    out = network(images)
    upstream = torch.zeros_like(out)
    upstream[:, :, unit[0], unit[1]] = 1.0
    out.backward(upstream)
    return images.grad.ne(0).flatten(0, 1).any(0).tolist()


A_MEAN = "A mean is the sum over a number: but for rounding, the same entries are 0."
for value in (
    "network(images)[:, :, row, column]{}.backward()",
    "network(images)[:, :, unit[0], unit[1]]{}.backward()",
    "value = network(image)[0, :, unit[0], unit[1]]{}",
):
    variants.equivalent(f"{value.format('.sum()')} -> {value.format('.mean()')}", A_MEAN)
