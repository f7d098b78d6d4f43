"""A network to order: design a network with a given field and stride under a budget of layers."""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="index, list-item, var-annotated"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, Variants

from .common import DILATED, POOLING, RECURSION, Rng
from .traced_network import what_units_see, windows_called


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
        for again in range(2):
            rest = int(rng.integers(1, max(stride, 2)))
            if stride > 2:  # once with a layer before the first that strides, and once without
                rest = 2 * int(rng.integers(1, stride // 2)) + again - 1
            more = int(rng.integers(1, 3)) * stride + rest
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


variants = Variants()
EXERCISE = Exercise(
    id="build_network",
    title="A network to order",
    objective="Design a network with a given field and stride under a budget of layers.",
    section="03_receptive_fields#rf-pooling",
    kind="class",
    reference=build_network,
    cases=draw_orders,
    driver=windows_called,
    look=what_units_see,
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
    variants=variants,
)


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


@variants.mutant(
    "You let the layers behind the strided ones make up the field as if each added two pixels. "
    f"Behind a stride of s it adds 2 s. {POOLING}",
)
def counts_two_pixels_everywhere(field, stride, most_layers):
    return in_line(halvings(stride) + threes(max(left_over(field, stride), 0) + stride // 2))


@variants.mutant(
    "Field and stride are right, and you used more layers than you may. At the start a layer adds "
    f"2 pixels, behind the stride 2 s: put as many as fit there. {POOLING}",
)
def all_layers_in_front(field, stride, most_layers):
    return in_line(threes(left_over(field, stride) + (stride == 1)) + halvings(stride))


@variants.mutant(
    "Your field is the nearest that fits behind the strided layers. What is left over, in steps of "
    f"2, 4, …, goes between and in front of them. {RECURSION}",
)
def rounds_to_full_strides(field, stride, most_layers):
    return in_line(halvings(stride) + threes(left_over(field, stride) // stride + (stride == 1)))


@variants.mutant(
    "Your units see the field and look one pixel apart: nothing strides. The stride of a network "
    f"is the product of its layers' strides. {POOLING}",
)
def forgets_to_stride(field, stride, most_layers):
    return in_line(threes((field - 1) // 2 + (stride == 1)))


@variants.mutant(
    "You reached the field by dilation. The span is right and pixels in it are not read: the order "
    f"was for a field without holes. {DILATED}",
)
def dilates_instead(field, stride, most_layers):
    left = left_over(field, stride)
    if stride == 1:
        return in_line(threes(1, dilation=left))
    return in_line(threes(1, dilation=left + 1 if left < 2 else left) + halvings(stride))


@variants.mutant(
    "You forgot that the layers that stride have windows, too: two taps more, like any 3 × 3. Your "
    f"field is too large by what they see. {RECURSION}",
)
def strided_layers_see_nothing(field, stride, most_layers):
    whole, rest = divmod((field - 1) // 2, stride)
    front = threes(rest)
    return in_line(front + halvings(stride) + threes(whole + (stride == 1)))


@variants.alternative
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


@variants.alternative
def with_poolings(field, stride, most_layers):
    from torch import nn

    left, modules = left_over(field, stride), []
    for step in range(stride.bit_length() - 1):
        if left & (1 << step):
            modules += [nn.Conv2d(1, 1, 3, bias=False)]
        modules += [nn.MaxPool2d(3, 2, 1)]
    modules += [nn.Conv2d(1, 1, (3, 3)), nn.ReLU()] * (left // stride)
    return nn.Sequential(*modules)


@variants.alternative
def with_functions_alone(field, stride, most_layers):
    import torch
    from torch import nn
    from torch.nn import functional

    class Functional(nn.Module):
        def forward(self, x: Any) -> Any:
            kernel = torch.ones(1, 1, 3, 3, dtype=x.dtype)
            left = left_over(field, stride)
            for step in range(stride.bit_length() - 1):
                if left >> step & 1:
                    x = functional.conv2d(functional.pad(x, (1, 1, 1, 1)), kernel)
                x = functional.avg_pool2d(x, 3, stride=2, padding=1)
            for _ in range(left // stride):
                x = functional.relu(functional.conv2d(x, kernel, None, 1, "same"))
            return x

    return Functional()


@variants.alternative
def with_one_shared_layer(field, stride, most_layers):
    from torch import nn

    shared = nn.Conv2d(1, 1, 3)

    class Counted(nn.Sequential):
        def forward(self, x: Any) -> Any:
            left = left_over(field, stride)
            for step in range(stride.bit_length() - 1):
                x = shared(x) if left >> step & 1 else x
                x = shared(x)[..., ::2, ::2]
            for _ in range(left // stride):
                x = x[:, :, 1:-1, 1:-1] * 0 + shared(x)
            return x

    return Counted(shared)


ODD = "A field of 3 × 3 layers is odd, so that half of what is left over is the same number."
for answer in (
    "seen = 2 * stride - {}",
    "left, jump, layers = ((field - (2 * stride - {})) // 2, 1, [])",
    "return (field - (2 * stride - {})) // 2",
):
    variants.equivalent(f"{answer.format(1)} -> {answer.format(2)}", ODD)
