"""Problem set 3, receptive fields: what is asked, on which inputs, and against what it is graded.

A layer is (kind, kernel, stride, padding, dilation) along one axis. Kinds, strides, paddings and
dilations are mixed so that leaving out any of them shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, ProblemSet
from cvlib.receptive_field import (
    INPUT,
    Graph,
    LayerGeometry,
    measured_spread,
    path_counts,
    receptive_field,
    spread,
)
from cvlib.receptive_field import units_inside as count_units_inside

Rng = np.random.Generator
Layer = tuple[str, int, int, int, int]
EXACT = Tolerance(rtol=0.0, atol=0.0)
CHAPTER = "03_receptive_fields"


def section(anchor: str) -> str:
    return f"{CHAPTER}#{anchor}"


def geometry(layers: Sequence[Layer]) -> list[LayerGeometry]:
    """The layers of an exercise as the library knows them, on one axis."""
    return [LayerGeometry((k,), (s,), (p,), (d,)) for _, k, s, p, d in layers]


# --- drawing layers ---------------------------------------------------------------------------


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


# --- 1: the recursion -------------------------------------------------------------------------


def draw_sizes(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        yield Case((draw_stack(rng, 3),), part="stride 1")
        first, second, third = (draw_layer(rng, strides=(2, 3)) for _ in range(3))
        yield Case(([first, second, draw_layer(rng), third],), part="strides")
        pools = [draw_layer(rng, **POOL) for _ in range(2)]
        convs = draw_stack(rng, 3, strides=(1, 2))
        yield Case(([convs[0], pools[0], convs[1], pools[1], convs[2]],), part="pooling")
        dilated = draw_stack(rng, 2, dilations=(2, 3, 4), kernels=(3, 5), strides=(1, 2))
        yield Case(([draw_layer(rng, **POOL), *dilated],), part="dilation")


def field_size(layers: Sequence[Layer]) -> int:
    return int(receptive_field(geometry(layers)).size[0])


# --- 2: the centre ----------------------------------------------------------------------------


def draw_centres(rng: Rng) -> Iterator[Case]:
    odd: dict[str, Any] = {"kernels": (3, 5, 7)}
    for _ in range(3):
        for part, stack in {
            "odd kernels, half padding": [
                half_padded(draw_layer(rng, **odd, strides=(2, 3))) for _ in range(3)
            ],
            "no padding": [
                draw_layer(rng, **odd, strides=(1, 2), padded=False),
                draw_layer(rng, kernels=(3,), strides=(2, 3), padded=False, pool=True),
                draw_layer(rng, **odd, padded=False),
            ],
            "even kernels": [
                half_padded(draw_layer(rng, **odd, strides=(1, 2))),
                draw_layer(rng, kernels=(2,), strides=(2,), padded=False, pool=True),
                draw_layer(rng, kernels=(4, 6), strides=(1, 2), padded=False),
                half_padded(draw_layer(rng, **odd, strides=(1, 2))),
            ],
            "any padding": [
                draw_layer(rng, strides=(2, 3)),
                draw_layer(rng, kernels=(3, 5), dilations=(2, 3), strides=(2,)),
                draw_layer(rng, kernels=(3,), strides=(2,), pool=True),
                draw_layer(rng),
            ],
        }.items():
            yield Case((stack, int(rng.integers(3, 9))), part=part)


def unit_centre(layers: Sequence[Layer], unit: int) -> float:
    return receptive_field(geometry(layers)).centre((unit,))[0]


# --- 3: the frame -----------------------------------------------------------------------------


def draw_frames(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        bare = draw_stack(rng, 3, strides=(1, 2), padded=False)
        yield Case((bare, int(rng.integers(50, 90))), part="no padding")
        same = [half_padded(draw_layer(rng, kernels=(3, 5))) for _ in range(4)]
        yield Case((same, int(rng.integers(40, 60))), part="padding")
        strided = [
            draw_layer(rng, kernels=(3, 5), strides=(2,)),
            half_padded(draw_layer(rng, kernels=(3, 5), dilations=(1, 2))),
            draw_layer(rng, kernels=(3,), strides=(2,), pool=True),
            half_padded(draw_layer(rng, kernels=(3,))),
        ]
        yield Case((strided, int(rng.integers(120, 180))), part="strides")
        deep = [half_padded(draw_layer(rng, kernels=(3, 5), dilations=(2, 3))) for _ in range(4)]
        size = field_size(deep)
        yield Case((deep, size - int(rng.integers(1, 6))), part="a field as large as the picture")
        yield Case((deep, size + int(rng.integers(2, 6))), part="a field as large as the picture")


def units_inside(layers: Sequence[Layer], pixels: int) -> tuple[int, int]:
    (inside,), (every,) = count_units_inside(geometry(layers), (pixels,))
    return inside, every


# --- 4: a camera's network ----------------------------------------------------------------------

CAMERA: list[Layer] = [
    ("conv", 7, 2, 3, 1), ("pool", 3, 2, 1, 1), ("conv", 3, 1, 1, 1), ("conv", 3, 2, 1, 1),
    ("conv", 3, 1, 1, 1), ("conv", 3, 2, 1, 1), ("conv", 3, 1, 1, 1),
]  # fmt: skip
CAMERA_PIXELS = 96


def camera_numbers() -> dict[str, float]:
    units = 6
    first, last = unit_centre(CAMERA, 0), unit_centre(CAMERA, units - 1)
    return {
        "field": field_size(CAMERA),
        "stride": int(receptive_field(geometry(CAMERA)).stride[0]),
        "last centre": last,
        "shift": (CAMERA_PIXELS - 1) / 2 - (first + last) / 2,
    }


CAMERA_PARTS = {"field and stride": ("field", "stride"), "last centre": ("last centre",),
                "shift": ("shift",)}  # fmt: skip


def read_numbers(target, keys):
    values = [target.get(key) for key in keys]
    return None if all(value is None for value in values) else values


# --- 5: holes ---------------------------------------------------------------------------------


def draw_holes(rng: Rng) -> Iterator[Case]:
    def conv(kernel: int, dilation: int, stride: int = 1) -> Layer:
        return "conv", kernel, stride, int(rng.integers(0, 3)), dilation

    for _ in range(2):
        a, b = (int(k) for k in rng.permutation([2, 3, 4])[:2])
        yield Case(([conv(a, 1), conv(b, 1)],), part="no dilation")
        d = int(rng.integers(2, 5))
        yield Case(([conv(3, d), conv(a, d), conv(2, d)],), part="equal dilations")
        yield Case(([conv(3, 1), conv(b, 3), conv(3, 3 * b)],), part="growing dilations")
        yield Case(([conv(2, 1), conv(3, 4 + int(rng.integers(3)))],), part="growing dilations")
        yield Case(([conv(2, 1, 3), ("pool", 2, 2, 0, 1), conv(2, d)],), part="strides")
        yield Case(([conv(3, 1, 2), conv(3, d, 2), conv(2, 1)],), part="strides")


def pixels_read(layers: Sequence[Layer]) -> list[int]:
    bare = [LayerGeometry((k,), (s,), (0,), (d,)) for _, k, s, _, d in layers]
    counts = path_counts(bare, (field_size(layers),), unit=(0,))
    return [int(i) for i in np.flatnonzero(counts)]


# --- 6: three ways to see n × n -----------------------------------------------------------------


def draw_kernels(rng: Rng) -> Iterator[Case]:
    for part in ("fields", "weights", "variances"):
        for n in rng.permutation(np.arange(5, 24, 2))[:3]:
            yield Case((part, int(n)), part=part)


def three_ways(n: int) -> np.ndarray:
    ways = [
        [LayerGeometry(n)],
        [LayerGeometry((n, 1)), LayerGeometry((1, n))],
        [LayerGeometry(3)] * ((n - 1) // 2),
    ]
    return np.array([
        [
            receptive_field(way).size[0],
            sum(layer.kernel[0] * layer.kernel[1] for layer in way),
            spread(way)[0] ** 2,
        ]
        for way in ways
    ], dtype=float)  # fmt: skip


def one_column(target, what, n):
    import numpy as np

    table = np.asarray(target(n), dtype=float)
    if table.shape != (3, 3):
        raise ValueError(f"expected an array of shape (3, 3), got {table.shape}")
    return table[:, ["fields", "weights", "variances"].index(what)]


# --- 7: branches --------------------------------------------------------------------------------


def draw_branches(rng: Rng) -> Iterator[Case]:
    def centred(kernel: int, stride: int) -> Layer:
        return half_padded(("conv", kernel, stride, 0, 1))

    for _ in range(2):
        s = int(rng.integers(2, 4))
        stem = draw_layer(rng, kernels=(3, 5), strides=(2,))
        one = [stem, draw_layer(rng, dilations=(1, 2)), draw_layer(rng, strides=(2,))]
        yield Case(([one],), part="one branch")
        a, b = (int(k) for k in rng.permutation([3, 5, 7])[:2])
        aligned = [[stem, centred(1, s)], [stem, centred(a, 1), centred(b, s)]]
        yield Case(([*aligned, [stem, centred(3, s)]],), part="branches that line up")
        a, b = sorted((a, b))  # so that the smaller branch reaches further at the end
        crooked = [[stem, ("conv", b, s, 0, 1)], [stem, centred(a, 1), centred(b, s)]]
        yield Case((crooked,), part="branches that do not")
        shifted = [[stem, centred(3, 2)], [stem, ("pool", 2, 2, 0, 1)], [stem, centred(1, 2)]]
        yield Case((shifted,), part="branches that do not")
        yield Case(([[stem, centred(3, s)], [stem, centred(a, 1)]],), part="unequal strides")
        fine = [[centred(3, 2), stem], [stem, centred(a, 2)]]
        yield Case((fine,), part="unequal strides")


def merge_branches(branches: Sequence[Sequence[Layer]]) -> tuple[int, int, int, bool]:
    graph = Graph(1)
    graph.merge(*(graph.chain(INPUT, *geometry(branch)) for branch in branches))
    field = receptive_field(graph)
    axis = field.axes[0]
    return int(axis.stride), int(axis.first), int(axis.last), field.aligned


def interval_or_error(target, branches):
    try:
        return target(branches)
    except ValueError:
        return -1


# --- 8: the gradient ----------------------------------------------------------------------------


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
        for _ in range(2):
            images = rng.normal(size=(count, *shape))
            unit = [int(n) for n in rng.permutation([0, 1, 2])[:2]]
            yield Case((steps, kernels, images, unit), part=part)


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


# --- 9: a network to order ----------------------------------------------------------------------


def fewest_layers(field: int, stride: int) -> int:
    """The fewest 3 × 3 layers: halvings, as many at full stride as fit, and the rest in binary."""
    left = (field - (2 * stride - 1)) // 2
    return stride.bit_length() - 1 + left // stride + (left % stride).bit_count()


def draw_orders(rng: Rng) -> Iterator[Case]:
    for part, stride, spare in (
        ("stride 1", 1, 0),
        ("stride 2", 2, 2),
        ("stride 4", 4, 3),
        ("as few layers as it takes", 8, 0),
    ):
        for _ in range(2):
            more = int(rng.integers(1, 3)) * stride + int(rng.integers(1, max(stride, 2)))
            field = 2 * stride - 1 + 2 * more
            yield Case((field, stride, fewest_layers(field, stride) + spare), part=part)


def build_network(field: int, stride: int, most_layers: int) -> Any:
    from torch import nn

    left, jump, layers = (field - (2 * stride - 1)) // 2, 1, []
    while jump < stride:
        if left // jump % 2:  # this binary digit of what is left over at full stride
            layers.append(nn.Conv2d(1, 1, 3))
            left -= jump
        layers.append(nn.Conv2d(1, 1, 3, 2))
        jump *= 2
    layers += [nn.Conv2d(1, 1, 3) for _ in range(left // stride)]
    return nn.Sequential(*layers)


def measure_network(target, field, stride, most_layers):
    import torch
    from torch import nn

    network = target(field, stride, most_layers).double().eval()
    windows = [m for m in network.modules() if hasattr(m, "kernel_size")]
    sides = [m.kernel_size for m in windows]
    largest = max(max(k) if isinstance(k, tuple) else k for k in sides)
    for parent in list(network.modules()):  # a maximum shows one pixel of its window, a mean all
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.MaxPool2d):
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding)
                setattr(parent, name, pool)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.5 + torch.rand_like(parameter))
            parameter /= parameter[0].numel()
    side = 3 * field + 6 * stride
    found = {}
    for step in (0, 1):
        image = torch.rand(1, 1, side, side, dtype=torch.float64, requires_grad=True)
        out = network(image)
        place = out.shape[2] // 2 + step, out.shape[3] // 2 + step
        out[0, :, place[0], place[1]].sum().backward()
        seen = image.grad[0, 0] != 0
        rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
        found[step] = int(rows[0]), int(columns[0])
    return {
        "field": [int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1],
        "stride": [found[1][0] - found[0][0], found[1][1] - found[0][1]],
        "pixels seen": int(seen.sum()),
        "layers too many": max(0, len(windows) - most_layers),
        "kernel too large by": max(0, largest - 3),
    }


# --- 10, 11: the effective field ------------------------------------------------------------------


def draw_walks(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        yield Case((draw_stack(rng, 4, kernels=(3, 5)),), part="stride 1")
        strided = [draw_layer(rng, strides=(2, 3)), draw_layer(rng, **POOL), draw_layer(rng)]
        yield Case((strided,), part="strides and pooling")
        dilated = draw_stack(rng, 3, kernels=(2, 3), dilations=(2, 3, 4))
        yield Case((dilated,), part="dilation")


def walk_spread(layers: Sequence[Layer]) -> float:
    return spread(geometry(layers))[0]


def draw_gradients(rng: Rng) -> Iterator[Case]:
    def bell(rows: float, columns: float, place: tuple[int, int], shape: tuple[int, int]) -> Any:
        i, j = (np.arange(n) - c for n, c in zip(shape, place, strict=True))
        return np.exp(-0.25 * ((i[:, None] / rows) ** 2 + (j / columns) ** 2))

    def noisy(count: int, *args: Any) -> np.ndarray:
        return rng.normal(size=(count, *args[-1])) * bell(*args)

    for _ in range(2):
        narrow, wide = rng.uniform(1.0, 1.6), rng.uniform(2.0, 2.8)
        shape = (int(rng.integers(15, 18)), int(rng.integers(19, 22)))
        middle, corner = (shape[0] // 2, shape[1] // 2), (4, shape[1] - 6)
        yield Case((noisy(1, narrow, wide, middle, shape),), part="one run")
        one = noisy(1, narrow, narrow, middle, shape)
        other = 3 * noisy(2, wide, wide, middle, shape)
        yield Case((np.concatenate([one, other]),), part="several runs")
        yield Case((noisy(4, narrow, wide, corner, shape),), part="away from the middle")


def mean_square_spread(gradients: np.ndarray) -> tuple[float, float]:
    return measured_spread(np.square(gradients).mean(axis=0))


# --- the exercises, in the order of the notebook ------------------------------------------------

PROBLEM_SET = ProblemSet(
    id="ps03_receptive_fields",
    title="Receptive fields",
    chapter=CHAPTER,
    exercises=(
        Exercise(
            id="field_size",
            title="How many pixels?",
            points=3,
            objective="Compute the receptive field of a stack by its recursion.",
            section=section("rf-recursion"),
            reference=field_size,
            cases=draw_sizes,
            tolerance=EXACT,
            hints={
                "stride 1": "A second 3 × 3 layer lets a unit see one more pixel on either side. "
                "How many more does a layer with k taps add?",
                "strides": "Behind a stride of 2, neighbouring taps lie two pixels apart. Carry "
                "that distance along, and update it after the layer that strides.",
                "pooling": "A window is a window. "
                "Compare *Pooling counts, and stride counts most*.",
                "dilation": "Between k taps there are k - 1 gaps, each d wide.",
            },
        ),
        Exercise(
            id="unit_centre",
            title="Where does it look?",
            points=4,
            objective="Find the pixel at which a unit looks, half pixels included.",
            section=section("rf-centre"),
            reference=unit_centre,
            cases=draw_centres,
            hints={
                "odd kernels, half padding": "Each window is centred on a unit of the map below. "
                "Where is unit 0, then, and where is the next one?",
                "no padding": "The first window begins at pixel 0. Where is its middle?",
                "even kernels": "Four taps at 0, 1, 2, 3: the middle lies between two pixels, and "
                "that is the answer.",
                "any padding": "Padding moves the first window by p units of the map below it, and "
                "these lie a whole stride apart in pixels.",
            },
        ),
        Exercise(
            id="units_inside",
            title="Who sees the frame?",
            points=3,
            objective="Count the units whose field lies inside the picture.",
            section=section("rf-frame"),
            reference=units_inside,
            cases=draw_frames,
            tolerance=EXACT,
            builds_on=("field_size", "unit_centre"),
            hints={
                "no padding": "Without padding there is nothing else to see. Count all units with "
                "the size formula of chapter 2, layer by layer.",
                "padding": "A unit's window reaches (size - 1)/2 to either side of its centre. "
                "Test both ends against the picture.",
                "strides": "Go from unit to unit, not from pixel to pixel.",
                "a field as large as the picture": "A window that just fits is inside; one pixel "
                "more and it is not.",
            },
        ),
        Exercise(
            id="camera_network",
            title="A network's eyes",
            points=3,
            objective="Read field, stride and centres off a layer table, and see that they shift.",
            section=section("rf-centre"),
            kind="answer",
            reference=camera_numbers(),
            cases=lambda rng: [Case((keys,), part=part) for part, keys in CAMERA_PARTS.items()],
            driver=read_numbers,
            tolerance=EXACT,
            builds_on=("field_size", "unit_centre", "units_inside"),
            hints={
                "field and stride": "Your field_size gives the field; the stride is the distance "
                "of the centres of two neighbours.",
                "last centre": "How many units are there on 96 pixels? The last one has the number "
                "of units minus one.",
                "shift": "The middle of the picture is pixel 47.5. Where is the middle between the "
                "first and the last centre?",
            },
        ),
        Exercise(
            id="pixels_read",
            title="Wide, and full of holes",
            points=4,
            objective="List the pixels a unit reads, and see the holes that dilation leaves.",
            section=section("rf-dilation"),
            reference=pixels_read,
            cases=draw_holes,
            tolerance=EXACT,
            hints={
                "no dilation": "Start from one unit and go down: each offset becomes k of them.",
                "equal dilations": "Sums of multiples of 2 are even. Compare *Dilated: wide, with "
                "or without holes*.",
                "growing dilations": "Do it on paper for kernels 2 and 3, dilations 1 and 4: 0, 1, "
                "then both moved by 4 and by 8.",
                "strides": "Offset a on a map becomes stride · a on the map below, plus the taps.",
            },
        ),
        Exercise(
            id="three_ways",
            title="Three ways to see n × n",
            points=3,
            objective="See what a factorization keeps of the field, and what it narrows.",
            section=section("rf-factorized"),
            reference=three_ways,
            cases=draw_kernels,
            driver=one_column,
            hints={
                "fields": "All three see the same. That is what they are for.",
                "weights": "Count the taps of every window and add them up.",
                "variances": "A uniform step over k taps has the variance (k² - 1)/12, and steps "
                "of several layers add. Which layers step along the rows at all?",
            },
        ),
        Exercise(
            id="merge_branches",
            title="Branches",
            points=4,
            objective="Merge the intervals of branches, and notice when they do not line up.",
            section=section("rf-branches"),
            reference=merge_branches,
            cases=draw_branches,
            driver=interval_or_error,
            tolerance=EXACT,
            builds_on=("field_size", "unit_centre"),
            hints={
                "one branch": "Unit 0 sees the pixels first … last: its centre, and half its size "
                "to either side.",
                "branches that line up": "Whoever reads the sum sees what any branch sees.",
                "branches that do not": "Compare the centres. The interval is the hull all the "
                "same: least first, greatest last.",
                "unequal strides": "Then their units drift apart, and no single interval is right: "
                "raise ValueError. Do not raise it for branches of equal stride.",
            },
        ),
        Exercise(
            id="seen_pixels",
            title="Ask the gradient",
            points=4,
            objective="Find by automatic differentiation which pixels a unit depends on.",
            section=section("rf-gradient"),
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
        ),
        Exercise(
            id="build_network",
            title="A network to order",
            points=4,
            objective="Design a network with a given field and stride under a budget of layers.",
            section=section("rf-pooling"),
            kind="class",
            reference=build_network,
            cases=draw_orders,
            driver=measure_network,
            withhold=WITHHOLD_ROOMS,
            seconds=60.0,
            hints={
                "stride 1": "Every 3 × 3 layer at stride 1 adds 2 pixels.",
                "stride 2": "What do the layers that stride see themselves? A layer behind them "
                "adds 4 pixels, a layer before them 2.",
                "stride 4": "Two layers that stride give 7 pixels. What is left over is made of "
                "steps of 2, 4 and 8.",
                "as few layers as it takes": "Use as many layers at full stride as fit; what is "
                "then left, in binary, says which earlier places get one more.",
            },
        ),
        Exercise(
            id="walk_spread",
            title="A random walk home",
            points=3,
            objective="Predict the width of the effective field of an untrained network.",
            section=section("rf-gaussian"),
            reference=walk_spread,
            cases=draw_walks,
            hints={
                "stride 1": "Variances of independent steps add; standard deviations do not. A "
                "step over k taps has the variance (k² - 1)/12.",
                "strides and pooling": "A step of one unit on a map with stride j is a step of j "
                "pixels: its variance is j² times as large. Pooling steps, too.",
                "dilation": "Taps d apart: steps d times as long.",
            },
        ),
        Exercise(
            id="spread_of_gradients",
            title="Measure it",
            points=2,
            objective="Measure the width of an effective field from gradients of several runs.",
            section=section("rf-effective"),
            reference=mean_square_spread,
            cases=draw_gradients,
            hints={
                "one run": "Square the gradient, and read it as a distribution of mass: for the "
                "rows, add along each row first. Rows come first in the answer.",
                "several runs": "First the mean of the squares over the runs, then one width.",
                "away from the middle": "Measure from the mean of the mass, not from the middle of "
                "the array.",
            },
        ),
        Exercise(
            id="does_it_see_the_picture",
            title="Does it see the whole picture?",
            points=3,
            objective="Tell what a network can see from what it looks at, and test a claim.",
            section=section("rf-effective"),
            kind="written",
        ),
    ),
)
