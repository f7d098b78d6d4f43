"""How many pixels? Compute the receptive field of a stack by its recursion."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import (
    DILATED,
    POOL,
    POOLING,
    RECURSION,
    Rng,
    convolutions,
    draw_layer,
    draw_stack,
    field_size,
    right_size,
)


def draw_sizes(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        yield Case((draw_stack(rng, 3),), part="stride 1")
        first, second, third = (draw_layer(rng, strides=(2, 3)) for _ in range(3))
        yield Case(([first, second, draw_layer(rng), third],), part="strides")
        kernel, stride = rng.permutation([2, 3]).tolist()  # its stride is not its kernel
        pools = [("pool", kernel, stride, 1, 1), draw_layer(rng, **POOL)]
        convs = draw_stack(rng, 3, strides=(1, 2))
        yield Case(([convs[0], pools[0], convs[1], pools[1], convs[2]],), part="pooling")
        dilated = draw_stack(rng, 2, dilations=(2, 3, 4), kernels=(3, 5), strides=(1, 2))
        yield Case(([draw_layer(rng, **POOL), *dilated],), part="dilation")


variants = Variants()
EXERCISE = Exercise(
    id="field_size",
    title="How many pixels?",
    objective="Compute the receptive field of a stack by its recursion.",
    section="03_receptive_fields#rf-recursion",
    reference=field_size,
    cases=draw_sizes,
    tolerance=EXACT,
    hints={
        "stride 1": "A second 3 × 3 layer lets a unit see one more pixel on either side. "
        "How many more does a layer with k taps add?",
        "strides": "Behind a stride of 2, neighbouring taps lie two pixels apart. Carry "
        "that distance along, and update it after the layer that strides.",
        "pooling": "A window is a window. Compare *Pooling counts, and stride counts most*.",
        "dilation": "Between k taps there are k - 1 gaps, each d wide.",
    },
    variants=variants,
)


@variants.mutant(
    "You counted convolutions only. A pooling window looks at several units of the map below it "
    f"just as a kernel does, and its stride spreads all that follows. {POOLING}",
)
def counts_convolutions_only(layers):
    return right_size(convolutions(layers))


@variants.mutant(
    "You let each pooling stride by its own kernel. Many do, but not all: the layer says by how "
    f"much. {POOLING}",
)
def pools_stride_by_their_kernel(layers):
    return right_size([(kind, k, k if kind == "pool" else s, p, d) for kind, k, s, p, d in layers])


@variants.mutant(
    "You left the strides out. Behind a stride of 2, neighbours on the map are two pixels apart, "
    f"and every later tap counts twice. {POOLING}",
)
def ignores_the_strides(layers):
    return right_size([(kind, k, 1, p, d) for kind, k, _, p, d in layers])


@variants.mutant(
    "You let a layer's own stride spread its own taps. Its taps lie on the map below; the stride "
    f"moves the window, and spreads only what comes after. {RECURSION}",
)
def strides_too_early(layers):
    size, jump = 1, 1
    for _, k, s, _, d in layers:
        jump *= s
        size += d * (k - 1) * jump
    return size


@variants.mutant(
    "You used the stride of the layer before, and forgot the ones before that. The distance of "
    f"neighbours is the product of all strides so far. {RECURSION}",
)
def remembers_one_stride_only(layers):
    size, jump = 1, 1
    for _, k, s, _, d in layers:
        size, jump = size + d * (k - 1) * jump, s
    return size


@variants.mutant(
    "You added k for each layer. The windows overlap: a further layer adds k − 1 units, one for "
    f"each gap between its taps. {RECURSION}",
)
def adds_whole_kernels(layers):
    size, jump = 0, 1
    for _, k, s, _, d in layers:
        size, jump = size + (d * (k - 1) + 1) * jump, jump * s
    return size


@variants.mutant(
    "You added the padding. It moves the window and can hang it over the edge, but it makes it no "
    f"wider. {RECURSION}",
)
def adds_the_padding(layers):
    size, jump = 1, 1
    for _, k, s, p, d in layers:
        size, jump = size + (d * (k - 1) + 2 * p) * jump, jump * s
    return size


@variants.mutant(
    "All is right but for the dilation, which you left out: k taps with d − 1 units between them "
    f"span d · (k − 1) + 1. {DILATED}",
)
def ignores_the_dilation(layers):
    return right_size([(kind, k, s, p, 1) for kind, k, s, p, _ in layers])


@variants.mutant(
    "You counted the pixels that are read. With dilation, pixels in between are not, and the span "
    f"from the first to the last counts them all the same. {DILATED}",
)
def counts_what_is_read(layers):
    read = {0}
    for _, k, s, _, d in reversed(layers):
        read = {s * unit + d * tap for unit in read for tap in range(k)}
    return len(read)


@variants.mutant(
    "You let dilation lengthen the kernel by d − 1 once. It lies between any two taps: k of them "
    f"span d · (k − 1) + 1. {DILATED}",
)
def dilates_once(layers):
    return right_size([(kind, k + d - 1, s, p, 1) for kind, k, s, p, d in layers])


@variants.mutant(
    "You let a layer's dilation spread the layers after it. Units of its map lie as close as its "
    f"stride says: only strides carry on. {DILATED}",
)
def dilation_carries_on(layers):
    size, jump = 1, 1
    for _, k, s, _, d in layers:
        size, jump = size + d * (k - 1) * jump, jump * s * d
    return size


@variants.mutant(
    "You read the list from the wrong end: the first layer stands next to the picture, and its "
    f"stride spreads all that follow. {RECURSION}",
)
def from_the_wrong_end(layers):
    return right_size(layers[::-1])


@variants.alternative
def from_the_output_back(layers):
    size = 1
    for _, k, s, _, d in layers[::-1]:
        size = s * (size - 1) + d * (k - 1) + 1
    return size


@variants.alternative
def as_a_sum_of_products(layers):
    kernels, strides, dilations = (np.array([layer[i] for layer in layers]) for i in (1, 2, 4))
    jumps = np.cumprod([1, *strides])[:-1]
    return 1 + np.sum(jumps * dilations * (kernels - 1))


@variants.alternative
def by_following_both_ends(layers):
    low, high = 0, 0
    for _, k, s, p, d in reversed(layers):
        low, high = s * low - p, s * high - p + d * (k - 1)
    return high - low + 1
