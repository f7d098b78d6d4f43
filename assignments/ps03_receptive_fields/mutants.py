"""Problem set 3, receptive fields: plausible wrong answers, their misconceptions, other right ones.

All functions speak of layers (kind, kernel, stride, padding, dilation) on one axis, as students do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.grading.spec import Variants

variants = Variants()
mutant, alternative = variants.mutant, variants.alternative

RECURSION = "See *Two recursions, one number*."
POOLING = "See *Pooling counts, and stride counts most*."
CENTRE = "See *Where does a unit look?*"
FRAME = "See *When the field is larger than the picture*."
DILATED = "See *Dilated: wide, with or without holes*."
FACTORIZED = "See *Factorized: the same field, seen more narrowly*."
BRANCHES = "See *Branches: intervals that merge*."
GRADIENT = "See *Ask the gradient*."
LOOKS_AT = "See *What it could see and what it looks at*."
WALK = "See *A random walk with a bell at its end*."


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


def right_count(layers: Any, pixels: int) -> int:
    for _, k, s, p, d in layers:
        pixels = (pixels + 2 * p - d * (k - 1) - 1) // s + 1
    return pixels


def convolutions(layers: Any) -> Any:
    return [layer for layer in layers if layer[0] == "conv"]


# --- field_size ---------------------------------------------------------------------------------


@mutant(
    "field_size",
    "You counted convolutions only. A pooling window looks at several units of the map below it "
    f"just as a kernel does, and its stride spreads all that follows. {POOLING}",
)
def counts_convolutions_only(layers):
    return right_size(convolutions(layers))


@mutant(
    "field_size",
    "You left the strides out. Behind a stride of 2, neighbours on the map are two pixels apart, "
    f"and every later tap counts twice. {POOLING}",
)
def ignores_the_strides(layers):
    return right_size([(kind, k, 1, p, d) for kind, k, _, p, d in layers])


@mutant(
    "field_size",
    "You let a layer's own stride spread its own taps. Its taps lie on the map below; the stride "
    f"moves the window, and spreads only what comes after. {RECURSION}",
)
def strides_too_early(layers):
    size, jump = 1, 1
    for _, k, s, _, d in layers:
        jump *= s
        size += d * (k - 1) * jump
    return size


@mutant(
    "field_size",
    "You used the stride of the layer before, and forgot the ones before that. The distance of "
    f"neighbours is the product of all strides so far. {RECURSION}",
)
def remembers_one_stride_only(layers):
    size, jump = 1, 1
    for _, k, s, _, d in layers:
        size, jump = size + d * (k - 1) * jump, s
    return size


@mutant(
    "field_size",
    "You added k for each layer. The windows overlap: a further layer adds k − 1 units, one for "
    f"each gap between its taps. {RECURSION}",
)
def adds_whole_kernels(layers):
    size, jump = 0, 1
    for _, k, s, _, d in layers:
        size, jump = size + (d * (k - 1) + 1) * jump, jump * s
    return size


@mutant(
    "field_size",
    "You added the padding. It moves the window and can hang it over the edge, but it makes it no "
    f"wider. {RECURSION}",
)
def adds_the_padding(layers):
    size, jump = 1, 1
    for _, k, s, p, d in layers:
        size, jump = size + (d * (k - 1) + 2 * p) * jump, jump * s
    return size


@mutant(
    "field_size",
    "All is right but for the dilation, which you left out: k taps with d − 1 units between them "
    f"span d · (k − 1) + 1. {DILATED}",
)
def ignores_the_dilation(layers):
    return right_size([(kind, k, s, p, 1) for kind, k, s, p, _ in layers])


@alternative("field_size")
def from_the_output_back(layers):
    size = 1
    for _, k, s, _, d in layers[::-1]:
        size = s * (size - 1) + d * (k - 1) + 1
    return size


@alternative("field_size")
def as_a_sum_of_products(layers):
    kernels, strides, dilations = (np.array([layer[i] for layer in layers]) for i in (1, 2, 4))
    jumps = np.cumprod([1, *strides])[:-1]
    return 1 + np.sum(jumps * dilations * (kernels - 1))


@alternative("field_size")
def by_following_both_ends(layers):
    low, high = 0, 0
    for _, k, s, p, d in reversed(layers):
        low, high = s * low - p, s * high - p + d * (k - 1)
    return high - low + 1


# --- unit_centre --------------------------------------------------------------------------------


@mutant(
    "unit_centre",
    "You rounded down to whole pixels. An even kernel has its middle between two taps, and that "
    f"half pixel is part of the answer. {CENTRE}",
)
def rounds_to_pixels(layers, unit):
    place = unit
    for _, k, s, p, d in reversed(layers):
        place = s * place - p + d * (k - 1) // 2
    return float(place)


@mutant(
    "unit_centre",
    f"You left the padding out. It moves every window towards the upper left corner. {CENTRE}",
)
def forgets_the_padding(layers, unit):
    return right_centre([(kind, k, s, 0, d) for kind, k, s, _, d in layers], unit)


@mutant(
    "unit_centre",
    "Your padding moves the window the wrong way. Zeros in front let the first window begin before "
    f"pixel 0: subtract them. {CENTRE}",
)
def pads_the_wrong_way(layers, unit):
    return right_centre([(kind, k, s, -p, d) for kind, k, s, p, d in layers], unit)


@mutant(
    "unit_centre",
    "You gave the first pixel of the window. The unit looks at its middle, half the size minus one "
    f"further on. {CENTRE}",
)
def where_the_window_begins(layers, unit):
    return right_centre(layers, unit) - (right_size(layers) - 1) / 2


@mutant(
    "unit_centre",
    "You added the paddings up as they are. A padding of one unit on a map whose units lie j "
    f"pixels apart moves the window by j pixels. {CENTRE}",
)
def paddings_in_pixels(layers, unit):
    moved = sum(layer[3] for layer in layers)
    return forgets_the_padding(layers, unit) - moved


@mutant(
    "unit_centre",
    "You took unit times stride. That holds only if every kernel is odd and padded by half; here "
    f"the first window may begin elsewhere. {CENTRE}",
)
def stride_times_unit(layers, unit):
    return float(unit * np.prod([layer[2] for layer in layers]))


@mutant(
    "unit_centre",
    "You counted units from 1. The first unit is number 0, and its window begins at minus the "
    f"padding. {CENTRE}",
)
def counts_units_from_one(layers, unit):
    return right_centre(layers, unit - 1)


@mutant(
    "unit_centre",
    "You counted half a pixel more: that is right where pixel 0 reaches from 0 to 1, but here the "
    f"middle of pixel 0 is 0. {CENTRE}",
)
def measures_from_the_edge(layers, unit):
    return right_centre(layers, unit) + 0.5


@alternative("unit_centre")
def forward_with_offsets(layers, unit):
    jump, offset = 1, 0.0
    for _, k, s, p, d in layers:
        offset += jump * (d * (k - 1) / 2 - p)
        jump *= s
    return offset + jump * unit


@alternative("unit_centre")
def mean_of_both_ends(layers, unit):
    low = high = unit
    for _, k, s, p, d in reversed(layers):
        low, high = s * low - p, s * high - p + d * (k - 1)
    return np.float64((low + high) / 2)


# --- units_inside -------------------------------------------------------------------------------


def inside(layers: Any, pixels: int, low: float = 0.0, high: float = 0.0, half: Any = None) -> int:
    """Count units between the ends, moved by ``low`` and ``high``."""
    half = (right_size(layers) - 1) / 2 if half is None else half
    centres = [right_centre(layers, unit) for unit in range(right_count(layers, pixels))]
    return sum(half + low <= c <= pixels - 1 - half + high for c in centres)


@mutant(
    "units_inside",
    "You tested whether the centre lies in the picture. A window reaches half its size to either "
    f"side of it, and that must fit, too. {FRAME}",
)
def centres_inside(layers, pixels):
    return inside(layers, pixels, half=0.0), right_count(layers, pixels)


@mutant(
    "units_inside",
    "You tested the first pixel of the window only. At the other end of the picture windows hang "
    f"over the edge as well. {FRAME}",
)
def tests_one_end(layers, pixels):
    return inside(layers, pixels, high=np.inf), right_count(layers, pixels)


@mutant(
    "units_inside",
    "Your picture is a pixel too long: it ends with pixel number pixels − 1, and a window that "
    f"ends at number pixels sees the frame. {FRAME}",
)
def one_pixel_too_many(layers, pixels):
    counted = inside([*layers], pixels, low=-1.0, high=1.0)
    return counted, right_count(layers, pixels)


@mutant(
    "units_inside",
    "You counted places of the window, one for each pixel. Units are a stride apart, so there are "
    f"fewer, and with padding some places belong to no unit inside. {FRAME}",
)
def counts_places(layers, pixels):
    return max(pixels - right_size(layers) + 1, 0), right_count(layers, pixels)


@mutant(
    "units_inside",
    "You left the padding out when you counted the units. It is there, and it makes more of them; "
    f"the ones that it adds are those that see the frame. {FRAME}",
)
def units_without_padding(layers, pixels):
    bare = [(kind, k, s, 0, d) for kind, k, s, _, d in layers]
    units = max(right_count(bare, pixels), 0)
    return min(inside(layers, pixels), units), units


@mutant(
    "units_inside",
    "You gave the numbers in the wrong order: first the units inside the picture, then all units. "
    f"{FRAME}",
)
def all_units_first(layers, pixels):
    return right_count(layers, pixels), inside(layers, pixels)


@alternative("units_inside")
def window_by_window(layers, pixels):
    counted = 0
    for unit in range(right_count(layers, pixels)):
        low = high = unit
        for _, k, s, p, d in reversed(layers):
            low, high = s * low - p, s * high - p + d * (k - 1)
        counted += low >= 0 and high < pixels
    return counted, right_count(layers, pixels)


@alternative("units_inside")
def by_watching_the_padding(layers, pixels):
    """Send ones through windows that add: units that miss some saw padding."""
    ones = np.ones(pixels)
    free = 1.0
    for _, k, s, p, d in layers:
        padded = np.pad(ones, p)
        units = (len(padded) - d * (k - 1) - 1) // s + 1
        ones = np.array([padded[s * i : s * i + d * (k - 1) + 1 : d].sum() for i in range(units)])
        free *= k
    return [int((ones == free).sum()), len(ones)]


# --- camera_network -----------------------------------------------------------------------------

CAMERA = {"field": 91, "stride": 16, "last centre": 80.0, "shift": 7.5}


def camera(name: str, misconception: str, **wrong: float) -> None:
    wrong = {key.replace("_", " "): value for key, value in wrong.items()}
    variants.mutant_value("camera_network", name, {**CAMERA, **wrong}, misconception)


camera(
    "without_the_pooling",
    "You counted convolutions only. The pooling has a window and a stride of its own: without it "
    f"everything behind it looks half as far. {POOLING}",
    field=47, stride=8, last_centre=88.0, shift=3.5,
)  # fmt: skip
camera(
    "one_unit_too_far",
    "There are six units, numbers 0 to 5; the last centre belongs to number 5, and 96 is no pixel "
    f"of the picture any more. {CENTRE}",
    last_centre=96.0, shift=-0.5,
)  # fmt: skip
camera(
    "centres_of_tiles",
    "You divided the picture into six tiles and took the middle of the last one. Windows are not "
    f"tiles: here they are centred on 0, 16, 32, … {CENTRE}",
    last_centre=87.5, shift=0.0,
)  # fmt: skip
camera(
    "shift_of_the_other_sign",
    "The middle of the centres lies before the middle of the picture, so it misses it by a "
    f"positive number of pixels, 47.5 minus it. {CENTRE}",
    shift=-7.5,
)  # fmt: skip
camera(
    "last_pixel_of_the_window",
    "You gave the last pixel that the last unit can see, far outside the picture. Its centre is "
    f"the middle of its window. {CENTRE}",
    last_centre=125.0, shift=-15.0,
)  # fmt: skip
camera(
    "middle_of_96",
    "All right but for half a pixel: pixels 0 to 95 have their middle at 47.5, not at 48. "
    f"{CENTRE}",
    shift=8.0,
)  # fmt: skip
variants.alternative_value(
    "camera_network", "numpy_numbers", {key: np.float64(value) for key, value in CAMERA.items()}
)
variants.alternative_value(
    "camera_network",
    "computed",
    {
        "shift": 95 / 2 - 40,
        "last centre": 5 * 16,
        "stride": np.int64(2**4),
        "field": 7 + 2 * 2 + 2 * 4 * 2 + 2 * 8 * 2 + 2 * 16,
    },
)


# --- pixels_read --------------------------------------------------------------------------------


def offsets(layers: Any) -> list[int]:
    read = {0}
    for _, k, s, _, d in reversed(layers):
        read = {s * unit + d * tap for unit in read for tap in range(k)}
    return sorted(read)


@mutant(
    "pixels_read",
    "You listed the whole span. Dilation leaves pixels between the taps unread, and no later layer "
    f"need read them. {DILATED}",
)
def the_whole_span(layers):
    return list(range(right_size(layers)))


@mutant(
    "pixels_read",
    "You dilated the first layer only and took the rest as solid. Each layer's taps are d units of "
    f"its own map apart. {DILATED}",
)
def dilates_one_layer(layers):
    first, *rest = layers
    return offsets([first, *((kind, k, s, p, 1) for kind, k, s, p, _ in rest)])


@mutant(
    "pixels_read",
    "You listed the pixels under the first layer's window only. Its unit is one of several that "
    f"the next layer reads: add up the taps of all layers. {DILATED}",
)
def one_layer_only(layers):
    return offsets(layers[:1])


@mutant(
    "pixels_read",
    "You left out the strides. Behind a stride of s, a tap one unit further on is s pixels further "
    f"on. {POOLING}",
)
def taps_without_strides(layers):
    return offsets([(kind, k, 1, p, d) for kind, k, _, p, d in layers])


@mutant(
    "pixels_read",
    "You listed each pixel once for each path that leads to it. Asked is which pixels are read, "
    f"not how often. {DILATED}",
)
def with_repetitions(layers):
    read = [0]
    for _, k, s, _, d in reversed(layers):
        read = [s * unit + d * tap for unit in read for tap in range(k)]
    return sorted(read)


@mutant(
    "pixels_read",
    "You put d pixels between the taps, so that they are d + 1 apart. Dilation d means a distance "
    f"of d; 1 is no dilation. {DILATED}",
)
def one_step_too_far(layers):
    return offsets([(kind, k, s, p, d + 1) for kind, k, s, p, d in layers])


@alternative("pixels_read")
def by_marking_a_line(layers):
    seen = np.ones(1, dtype=bool)
    for _, k, s, _, d in reversed(layers):
        below = np.zeros(s * (len(seen) - 1) + d * (k - 1) + 1, dtype=bool)
        for tap in range(k):
            below[d * tap : d * tap + s * (len(seen) - 1) + 1 : s] |= seen
        seen = below
    return np.flatnonzero(seen)


@alternative("pixels_read")
def from_the_picture_up(layers):
    read, jump = {0}, 1
    for _, k, s, _, d in layers:
        read = {pixel + jump * d * tap for pixel in read for tap in range(k)}
        jump *= s
    return tuple(sorted(read))


# --- three_ways ---------------------------------------------------------------------------------


def table(n: int) -> np.ndarray:
    depth, full = (n - 1) // 2, (n**2 - 1) / 12
    return np.array([[n, n * n, full], [n, 2 * n, full], [n, 9 * depth, depth * 2 / 3]])


@mutant(
    "three_ways",
    "You took half of n layers of 3 × 3. Every layer adds two pixels to the one that is there: "
    f"(n − 1)/2 of them make n. {FACTORIZED}",
)
def one_layer_too_many(n):
    right, depth = table(n), (n + 1) // 2
    right[2] = 2 * depth + 1, 9 * depth, depth * 2 / 3
    return right


@mutant(
    "three_ways",
    "You counted 3 × 3 layers as if their windows did not overlap: n/3 of them. Stacked windows "
    f"overlap, and each adds only two pixels. {FACTORIZED}",
)
def windows_side_by_side(n):
    right, depth = table(n), n // 3
    right[2] = n, 9 * depth, depth * 2 / 3
    return right


@mutant(
    "three_ways",
    "Field and weights are right. The stack does not spread like one n × n window: its steps are "
    f"short, and many short steps rarely add up to a long one. {FACTORIZED}",
)
def spreads_like_one_window(n):
    right = table(n)
    right[2, 2] = right[0, 2]
    return right


@mutant(
    "three_ways",
    "Your last column holds standard deviations. Asked is the variance, which is what adds up from "
    f"layer to layer. {FACTORIZED}",
)
def standard_deviations(n):
    right = table(n)
    right[:, 2] = np.sqrt(right[:, 2])
    return right


@mutant(
    "three_ways",
    "A column of n and a row of n have 2n taps in all; you let them share one. They are two layers "
    f"with weights of their own. {FACTORIZED}",
)
def column_and_row_share_a_tap(n):
    right = table(n)
    right[1, 1] = 2 * n - 1
    return right


@mutant(
    "three_ways",
    "Your row of 1 × n steps along the rows, too. It steps along the columns; only the column of "
    f"n × 1 moves you along the rows. {FACTORIZED}",
)
def both_step_along_the_rows(n):
    right = table(n)
    right[1, 2] *= 2
    return right


@alternative("three_ways")
def as_nested_lists(n):
    rows = []
    for windows in ([(n, n)], [(n, 1), (1, n)], [(3, 3)] * ((n - 1) // 2)):
        field = 1 + sum(k - 1 for k, _ in windows)
        weights = sum(k * m for k, m in windows)
        rows.append([field, weights, sum((k * k - 1) / 12 for k, _ in windows)])
    return rows


@alternative("three_ways")
def by_counting_paths(n):
    rows = []
    for windows in ([n], [n, 1], [3] * ((n - 1) // 2)):
        paths = np.ones(1)
        for k in windows:
            paths = np.convolve(paths, np.ones(k))
        chance = paths / paths.sum()
        places = np.arange(len(paths)) - (len(paths) - 1) / 2
        rows.append([len(paths), 0, chance @ places**2])
    rows[0][1], rows[1][1], rows[2][1] = n**2, n + n, (n - 1) // 2 * 3**2
    return np.array(rows)


# --- merge_branches -----------------------------------------------------------------------------


def ends(branch: Any) -> tuple[int, int, int]:
    """Stride, first and last pixel of unit 0."""
    jump, low, high = 1, 0, 0
    for _, k, s, p, d in branch:
        low, high, jump = low - p * jump, high + (d * (k - 1) - p) * jump, jump * s
    return jump, low, high


def merged(branches: Any, *, check: bool = True) -> tuple[int, int, int, bool]:
    strides, lows, highs = zip(*map(ends, branches), strict=True)
    if check and len(set(strides)) > 1:
        raise ValueError("strides differ")
    centres = {a + b for a, b in zip(lows, highs, strict=True)}
    return strides[0], min(lows), max(highs), len(centres) == 1


@mutant(
    "merge_branches",
    "You kept the largest branch. If the branches do not line up, another one can reach further on "
    f"one side: take the least first pixel and the greatest last one. {BRANCHES}",
)
def keeps_the_largest(branches):
    stride, _, _, aligned = merged(branches)
    largest = max(branches, key=right_size)
    return stride, *ends(largest)[1:], aligned


@mutant(
    "merge_branches",
    "You took what all branches see, the intersection. The merged unit sees what any of them sees: "
    f"the union. {BRANCHES}",
)
def takes_the_intersection(branches):
    stride, _, _, aligned = merged(branches)
    return stride, max(ends(b)[1] for b in branches), min(ends(b)[2] for b in branches), aligned


@mutant(
    "merge_branches",
    "You called branches aligned when their windows are equal. They are aligned when their centres "
    f"agree, whatever their sizes. {BRANCHES}",
)
def aligned_means_equal(branches):
    return *merged(branches)[:3], len({ends(b) for b in branches}) == 1


@mutant(
    "merge_branches",
    "You called everything aligned. A convolution without padding next to one with padding looks "
    f"at another place: compare the centres. {BRANCHES}",
)
def always_aligned(branches):
    return *merged(branches)[:3], True


@mutant(
    "merge_branches",
    "You merged branches of unequal strides. Unit 5 of one then looks elsewhere than unit 5 of the "
    f"other, and no interval holds for all units: raise ValueError. {BRANCHES}",
)
def merges_any_strides(branches):
    return merged(branches, check=False)


@mutant(
    "merge_branches",
    "You left the padding out, so every window begins at pixel 0. Padding moves a branch, and "
    f"deeper padding by more. {CENTRE}",
)
def branches_without_padding(branches):
    return merged([[(kind, k, s, 0, d) for kind, k, s, _, d in b] for b in branches])


@mutant(
    "merge_branches",
    "You added the branches' sizes up, as if one stood behind the other. They stand side by side "
    f"and look at the same map. {BRANCHES}",
)
def one_behind_the_other(branches):
    stride, low, _, aligned = merged(branches)
    return stride, low, low + sum(right_size(b) - 1 for b in branches), aligned


@alternative("merge_branches")
def a_running_hull(branches):
    stride, low, high = ends(branches[0])
    aligned = True
    for branch in branches[1:]:
        other, first, last = ends(branch)
        if other != stride:
            raise ValueError(f"stride {other} after {stride}")
        aligned = aligned and first + last == ends(branches[0])[1] + ends(branches[0])[2]
        low, high = min(low, first), max(high, last)
    return [stride, low, high, aligned]


@alternative("merge_branches")
def with_numpy(branches):
    table = np.array([ends(branch) for branch in branches])
    if np.ptp(table[:, 0]):
        raise ValueError("unequal strides")
    return (
        table[0, 0],
        table[:, 1].min(),
        table[:, 2].max(),
        np.ptp(table[:, 1] + table[:, 2]) == 0,
    )


# --- seen_pixels --------------------------------------------------------------------------------


def gradients(network: Any, images: Any, unit: Any, *, channel: Any = None) -> Any:
    """The gradient of a unit by all images, (N, C, H, W)."""
    images = images.clone().requires_grad_()
    out = network(images)[:, :, unit[0], unit[1]]
    (out if channel is None else out[:, channel]).sum().backward()
    return images.grad


@mutant(
    "seen_pixels",
    "You let the whole output map go backward, so you found what any unit sees. Pick the one unit "
    f"first, then go backward from it alone. {GRADIENT}",
)
def all_units(network, images, unit):
    images = images.clone().requires_grad_()
    network(images).sum().backward()
    return (images.grad != 0).any(dim=0).any(dim=0).numpy()


@mutant(
    "seen_pixels",
    "You read the unit as (column, row). Maps are arrays: the row comes first, also behind the "
    f"axes of images and channels. {GRADIENT}",
)
def column_first(network, images, unit):
    return (gradients(network, images, unit[::-1]) != 0).any(dim=0).any(dim=0).numpy()


@mutant(
    "seen_pixels",
    "You asked the first image only. A maximum or a ReLU hides pixels on one image that another "
    f"one shows: combine all of them with or. {GRADIENT}",
)
def first_image_only(network, images, unit):
    return (gradients(network, images[:1], unit) != 0).any(dim=0).any(dim=0).numpy()


@mutant(
    "seen_pixels",
    "You asked for pixels that every image shows. It is enough that one of them does: any, not "
    f"all. {GRADIENT}",
)
def every_image(network, images, unit):
    return (gradients(network, images, unit) != 0).any(dim=1).all(dim=0).numpy()


@mutant(
    "seen_pixels",
    "You dropped small gradients. That is the way to find what a unit looks at; what it can see is "
    f"every pixel whose gradient is not zero. {LOOKS_AT}",
)
def above_a_threshold(network, images, unit):
    power = gradients(network, images, unit).abs().amax(dim=(0, 1))
    return (power > 0.3 * power.max()).numpy()


@mutant(
    "seen_pixels",
    "You followed the unit's first channel only. A unit is a place on the map with all its "
    f"channels; one of them may be silent where another is not. {GRADIENT}",
)
def first_channel_only(network, images, unit):
    seen = gradients(network, images, unit, channel=0) != 0
    return seen.any(dim=0).any(dim=0).numpy()


@mutant(
    "seen_pixels",
    "You marked the whole box from the first to the last pixel. Asked is for each pixel whether "
    f"the unit depends on it on these images; the box may have holes. {GRADIENT}",
)
def fills_the_box(network, images, unit):
    seen = (gradients(network, images, unit) != 0).any(dim=0).any(dim=0).numpy()
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return seen


@alternative("seen_pixels")
def one_image_at_a_time(network, images, unit):
    import torch

    seen = np.zeros(images.shape[2:], dtype=bool)
    for image in images:
        image = image[None].detach().clone().requires_grad_(True)
        value = network(image)[0, :, unit[0], unit[1]].sum()
        (gradient,) = torch.autograd.grad(value, image)
        seen |= gradient[0].abs().sum(dim=0).numpy() > 0
    return seen


@alternative("seen_pixels")
def through_an_upstream_gradient(network, images, unit):
    import torch

    images = images.clone().requires_grad_(True)
    out = network(images)
    upstream = torch.zeros_like(out)
    upstream[:, :, unit[0], unit[1]] = 1.0
    out.backward(upstream)
    return images.grad.ne(0).flatten(0, 1).any(0).tolist()


# --- build_network ------------------------------------------------------------------------------


def halvings(stride: int) -> list[Any]:
    from torch import nn

    return [nn.Conv2d(1, 1, 3, 2) for _ in range(stride.bit_length() - 1)]


def threes(count: int, dilation: int = 1) -> list[Any]:
    from torch import nn

    return [nn.Conv2d(1, 1, 3, dilation=dilation) for _ in range(count)]


def in_line(modules: list[Any]) -> Any:
    from torch import nn

    return nn.Sequential(*modules)


def left_over(field: int, stride: int) -> int:
    """What further layers have to add, in halves: a layer at jump j adds j of these."""
    return (field - (2 * stride - 1)) // 2


@mutant(
    "build_network",
    "You let the layers behind the strided ones make up the field as if each added two pixels. "
    f"Behind a stride of s it adds 2 s. {POOLING}",
)
def counts_two_pixels_everywhere(field, stride, most_layers):
    return in_line(halvings(stride) + threes(max(left_over(field, stride), 0) + stride // 2))


@mutant(
    "build_network",
    "Field and stride are right, and you used more layers than you may. At the start a layer adds "
    f"2 pixels, behind the stride 2 s: put as many as fit there. {POOLING}",
)
def all_layers_in_front(field, stride, most_layers):
    return in_line(threes(left_over(field, stride) + (stride == 1)) + halvings(stride))


@mutant(
    "build_network",
    "Your field is the nearest that fits behind the strided layers. What is left over, in steps of "
    f"2, 4, …, goes between and in front of them. {RECURSION}",
)
def rounds_to_full_strides(field, stride, most_layers):
    return in_line(halvings(stride) + threes(left_over(field, stride) // stride + (stride == 1)))


@mutant(
    "build_network",
    "Your units see the field and look one pixel apart: nothing strides. The stride of a network "
    f"is the product of its layers' strides. {POOLING}",
)
def forgets_to_stride(field, stride, most_layers):
    return in_line(threes((field - 1) // 2 + (stride == 1)))


@mutant(
    "build_network",
    "You reached the field by dilation. The span is right and pixels in it are not read: the order "
    f"was for a field without holes. {DILATED}",
)
def dilates_instead(field, stride, most_layers):
    left = left_over(field, stride)
    if stride == 1:
        return in_line(threes(1, dilation=left))
    return in_line(threes(1, dilation=left + 1 if left < 2 else left) + halvings(stride))


@mutant(
    "build_network",
    "You forgot that the layers that stride have windows, too: two taps more, like any 3 × 3. Your "
    f"field is too large by what they see. {RECURSION}",
)
def strided_layers_see_nothing(field, stride, most_layers):
    whole, rest = divmod((field - 1) // 2, stride)
    front = threes(rest)
    return in_line(front + halvings(stride) + threes(whole + (stride == 1)))


@alternative("build_network")
def with_padding_and_relu(field, stride, most_layers):
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            left, jump, parts = left_over(field, stride), 1, []
            while jump <= stride:
                extra = left // jump if jump == stride else left // jump % 2
                parts += [nn.Conv2d(4 if parts or k else 1, 4, 3, padding=1) for k in range(extra)]
                if jump < stride:
                    parts.append(nn.Conv2d(4 if parts else 1, 4, 3, 2, 1))
                jump *= 2
            self.parts = nn.ModuleList(parts)

        def forward(self, x: Any) -> Any:
            for part in self.parts:
                x = part(x).relu()
            return x

    return Net()


@alternative("build_network")
def with_poolings(field, stride, most_layers):
    from torch import nn

    left, modules = left_over(field, stride), []
    for step in range(stride.bit_length() - 1):
        if left & (1 << step):
            modules += [nn.Conv2d(1, 1, 3, bias=False)]
        modules += [nn.MaxPool2d(3, 2, 1)]
    modules += [nn.Conv2d(1, 1, (3, 3)), nn.ReLU()] * (left // stride)
    return nn.Sequential(*modules)


# --- walk_spread --------------------------------------------------------------------------------


def variance(layers: Any) -> float:
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + (d * jump) ** 2 * (k * k - 1) / 12, jump * s
    return total


@mutant(
    "walk_spread",
    "You added standard deviations. Independent steps sometimes cancel: their variances add, and "
    f"the root comes last. {WALK}",
)
def adds_deviations(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + d * jump * ((k * k - 1) / 12) ** 0.5, jump * s
    return total


@mutant(
    "walk_spread",
    f"You gave the variance. The standard deviation, in pixels, is its root. {WALK}",
)
def gives_the_variance(layers):
    return variance(layers)


@mutant(
    "walk_spread",
    "You took the variance of a step to be k²/12, that of a continuous step. Over k separate taps "
    f"it is (k² − 1)/12: try k = 1. {WALK}",
)
def continuous_steps(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + (d * jump) ** 2 * k * k / 12, jump * s
    return total**0.5


@mutant(
    "walk_spread",
    "You left out strides and counted steps in units. A unit of a map with stride j is j pixels. "
    f"{WALK}",
)
def steps_in_units(layers):
    return variance([(kind, k, 1, p, d) for kind, k, _, p, d in layers]) ** 0.5


@mutant(
    "walk_spread",
    "Your walker ignores poolings. Any of the pooled units may be the winner, so a pooling is a "
    f"step, and its stride stretches the steps behind it. {POOLING}",
)
def walks_convolutions_only(layers):
    return variance(convolutions(layers)) ** 0.5


@mutant(
    "walk_spread",
    f"You left out the dilation: taps d apart make steps d times as long. {DILATED}",
)
def undilated_steps(layers):
    return variance([(kind, k, s, p, 1) for kind, k, s, p, _ in layers]) ** 0.5


@mutant(
    "walk_spread",
    "You multiplied the variance by the distance of the taps. Lengths d times as long have a "
    f"variance d² times as large. {WALK}",
)
def scales_once(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + d * jump * (k * k - 1) / 12, jump * s
    return total**0.5


@alternative("walk_spread")
def by_convolving_chances(layers):
    chance, jump = np.ones(1), 1
    for _, k, s, _, d in layers:
        step = np.zeros(d * jump * (k - 1) + 1)
        step[:: d * jump] = 1 / k
        chance, jump = np.convolve(chance, step), jump * s
    places = np.arange(len(chance))
    mean = chance @ places
    return np.sqrt(chance @ (places - mean) ** 2)


@alternative("walk_spread")
def from_the_unit_down(layers):
    total = 0.0
    for _, k, s, _, d in layers[::-1]:
        total = s * s * total + d * d * np.var(np.arange(k))
    return float(np.sqrt(total))


# --- spread_of_gradients ------------------------------------------------------------------------


def deviations(mass: Any, *, centre: Any = None) -> tuple[float, float]:
    found = []
    for axis in range(2):
        line = mass.sum(axis=1 - axis) / mass.sum()
        places = np.arange(len(line))
        mean = line @ places if centre is None else (len(line) - 1) / 2
        found.append(float(np.sqrt(line @ (places - mean) ** 2)))
    return found[0], found[1]


@mutant(
    "spread_of_gradients",
    "You took absolute values instead of squares. The mean square is what follows the random walk; "
    f"absolute values spread wider, for a bell by √2. {LOOKS_AT}",
)
def absolute_values(gradients):
    return deviations(np.abs(gradients).mean(axis=0))


@mutant(
    "spread_of_gradients",
    "You averaged the gradients before squaring. Their signs differ from run to run, and what is "
    f"left is noise: square first. {LOOKS_AT}",
)
def averages_first(gradients):
    return deviations(gradients.mean(axis=0) ** 2)


@mutant(
    "spread_of_gradients",
    "You averaged the widths of the runs. Asked is one width, that of the mean of the squares: a "
    f"run with strong gradients counts more. {LOOKS_AT}",
)
def averages_the_widths(gradients):
    return tuple(np.mean([deviations(g**2) for g in gradients], axis=0))


@mutant(
    "spread_of_gradients",
    "You measured from the middle of the array. The unit may look elsewhere: measure from the mean "
    f"of the mass. {LOOKS_AT}",
)
def from_the_middle_of_the_array(gradients):
    return deviations((gradients**2).mean(axis=0), centre="middle")


@mutant(
    "spread_of_gradients",
    f"You gave variances. The width in pixels is the root. {LOOKS_AT}",
)
def gives_variances(gradients):
    rows, columns = deviations((gradients**2).mean(axis=0))
    return rows**2, columns**2


@mutant(
    "spread_of_gradients",
    "Your numbers are right and in the wrong order: rows first. To get the mass of a row, add "
    f"along it. {LOOKS_AT}",
)
def columns_first(gradients):
    return deviations((gradients**2).mean(axis=0))[::-1]


@alternative("spread_of_gradients")
def with_grids(gradients):
    power = np.einsum("nij,nij->ij", gradients, gradients)
    power /= power.sum()
    rows, columns = np.indices(power.shape)
    return [np.sqrt((power * (grid - (power * grid).sum()) ** 2).sum()) for grid in (rows, columns)]


@alternative("spread_of_gradients")
def second_moments(gradients):
    power = (gradients**2).sum(axis=0)
    answer = []
    for profile in (power.sum(axis=1), power.sum(axis=0)):
        places = np.arange(profile.size)
        mean = np.average(places, weights=profile)
        answer.append((np.average(places**2, weights=profile) - mean**2) ** 0.5)
    return np.array(answer)
