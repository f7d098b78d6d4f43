"""MobileNet's block in PyTorch: build a depthwise-separable block as a module that trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, Variants

from .common import Pair, Rng, layers, unequal

BLOCKS = {  # part: (stride, what is compared)
    "training, stride 1": ((1, 1), "output"),
    "training, larger stride": ((2, 3), "output"),
    "gradients": ((2, 1), "gradients"),
    "evaluation": ((1, 1), "evaluation"),
    "parameters": ((1, 1), "parameters"),
}


def draw_blocks(rng: Rng) -> Iterator[Case]:
    kernels = [(3, 5), (5, 3), (1, 3), (3, 1)]
    for part, (stride, what) in BLOCKS.items():
        # where each window counts, a kernel that is long down and one that is long along
        both = part == "training, stride 1"
        for kernel in kernels[:2] if both else [kernels[rng.integers(4)]]:
            c, k = unequal(rng, 2, 4)
            weights = rng.normal(size=(c, 1, *kernel)), rng.normal(size=(k, c, 1, 1))
            x = rng.normal(1.0, 2.0, size=(2, c, *unequal(rng, 4, 6)))
            yield Case((what, c, k, kernel, stride, *weights, x), part=part)


def run_block(target, what, c, k, kernel, stride, depthwise, pointwise, x):
    import torch

    torch.default_generator.manual_seed(0)
    block = target(c, k, kernel, stride).double().train()
    shapes = sorted(tuple(p.shape) for p in block.parameters())
    weights = []
    with torch.no_grad():
        for given in (depthwise, pointwise):  # found by their shape, whatever they are called
            found = [p for p in block.parameters() if p.shape == given.shape]
            if not found:
                return {"parameters": shapes}
            found[0].copy_(torch.from_numpy(given))
            weights.append(found[0])
        for module in block.modules():
            if isinstance(module, torch.nn.Conv2d) and module.bias is not None:
                module.bias.zero_()
    image = torch.from_numpy(x).requires_grad_()
    out = block(image)
    if what == "gradients":
        upstream = torch.linspace(-1.0, 2.0, out.numel(), dtype=out.dtype).view(out.shape)
        return [g.numpy() for g in torch.autograd.grad((out * upstream).sum(), [image, *weights])]
    if what == "evaluation":
        out = block.eval()(10 * image + 1)  # far from what it was trained on, and large
    answer = {"output": out.detach().numpy()}
    return {**answer, "parameters": shapes} if what == "parameters" else answer


def depthwise_separable_block(
    channels_in: int, channels_out: int, kernel: Pair, stride: Pair
) -> Any:
    from torch import nn

    padding = (kernel[0] // 2, kernel[1] // 2)
    return nn.Sequential(
        nn.Conv2d(
            channels_in, channels_in, kernel, stride, padding, groups=channels_in, bias=False
        ),
        nn.BatchNorm2d(channels_in),
        nn.ReLU(),
        nn.Conv2d(channels_in, channels_out, 1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


variants = Variants()
EXERCISE = Exercise(
    id="DepthwiseSeparable",
    title="MobileNet's block in PyTorch",
    objective="Build a depthwise-separable block as a module that trains.",
    section="02_convolution#conv-grouped",
    kind="class",
    reference=depthwise_separable_block,
    cases=draw_blocks,
    driver=run_block,
    withhold=WITHHOLD_ROOMS,
    seconds=60.0,
    hints={
        "training, stride 1": "Convolution, normalization, ReLU, and the same once more. "
        "Which padding keeps the size at stride 1?",
        "training, larger stride": "Which of the two convolutions looks at neighbours? "
        "That one takes the stride.",
        "gradients": "The forward pass must be made of torch operations on the module's "
        "own parameters.",
        "evaluation": "Normalize by a module, so that .eval() reaches it.",
        "parameters": "List [tuple(p.shape) for p in block.parameters()]. A bias right "
        "before a normalization does nothing.",
    },
    variants=variants,
)


def in_turn(modules: list[Any]) -> Any:
    from torch import nn

    return nn.Sequential(*modules)


@variants.mutant(
    "Your first convolution is an ordinary one: its weight is (C, C, R, S). Depthwise means that "
    "each channel has one filter for itself: groups = C. See *Grouped, depthwise, "
    "depthwise-separable*.",
)
def forgets_the_groups(channels_in, channels_out, kernel, stride):
    return in_turn(layers(channels_in, channels_out, kernel, stride, groups=1))


@variants.mutant(
    "Your block mixes the channels first and filters afterwards. MobileNet filters each input "
    "channel, then mixes. See *Grouped, depthwise, depthwise-separable*.",
)
def pointwise_first(channels_in, channels_out, kernel, stride):
    from torch import nn

    padding = (kernel[0] // 2, kernel[1] // 2)
    k = channels_out
    return in_turn(
        [
            nn.Conv2d(channels_in, k, 1, bias=False),
            *(nn.BatchNorm2d(k), nn.ReLU()),
            nn.Conv2d(k, k, kernel, stride, padding, groups=k, bias=False),
            *(nn.BatchNorm2d(k), nn.ReLU()),
        ]
    )


@variants.mutant(
    "There is no non-linearity between your two convolutions: ReLU follows each of them. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def no_relu_between(channels_in, channels_out, kernel, stride):
    parts = layers(channels_in, channels_out, kernel, stride)
    return in_turn(parts[:2] + parts[3:])


@variants.mutant(
    "Your block ends with the normalization; its last ReLU is missing. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def no_relu_at_the_end(channels_in, channels_out, kernel, stride):
    return in_turn(layers(channels_in, channels_out, kernel, stride)[:-1])


@variants.mutant(
    "You normalized after the ReLU. The block's order is convolution, normalization, ReLU. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def normalizes_after_relu(channels_in, channels_out, kernel, stride):
    first, norm_1, relu, second, norm_2, _ = layers(channels_in, channels_out, kernel, stride)
    return in_turn([first, relu, norm_1, second, relu, norm_2])


@variants.mutant(
    "You left out the padding, so the map shrinks at stride 1. Half the kernel, rounded down, on "
    "each side keeps its size. See *Grouped, depthwise, depthwise-separable*.",
)
def no_padding(channels_in, channels_out, kernel, stride):
    return in_turn(layers(channels_in, channels_out, kernel, stride, padding=0))


@variants.mutant(
    "Your stride sits in the 1 × 1 convolution, which then throws away maps that the depthwise one "
    "has paid for. The depthwise convolution takes the stride. See *Grouped, depthwise, "
    "depthwise-separable*.",
)
def stride_in_the_pointwise(channels_in, channels_out, kernel, stride):
    from torch import nn

    parts = layers(channels_in, channels_out, kernel, (1, 1))
    parts[3] = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)
    return in_turn(parts)


@variants.mutant(
    "The outputs are right, and your convolutions carry biases that do nothing: the normalization "
    "behind them subtracts the mean, and with it any bias. bias=False. See *Grouped, depthwise, "
    "depthwise-separable*.",
)
def keeps_the_biases(channels_in, channels_out, kernel, stride):
    from torch import nn

    parts = layers(channels_in, channels_out, kernel, stride, bias=True)
    parts[3] = nn.Conv2d(channels_in, channels_out, 1)
    return in_turn(parts)


@variants.mutant(
    "Your block normalizes by the statistics of the batch in evaluation, too. An nn.BatchNorm2d "
    "that is an attribute of the module keeps running ones, and .eval() switches to them. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def never_uses_running_statistics(channels_in, channels_out, kernel, stride):
    from torch import nn

    parts = layers(channels_in, channels_out, kernel, stride)
    parts[1] = nn.BatchNorm2d(channels_in, track_running_stats=False)
    parts[4] = nn.BatchNorm2d(channels_out, track_running_stats=False)
    return in_turn(parts)


@variants.mutant(
    "You cut off at 6, as MobileNet's own ReLU6 does. Asked is a ReLU: what is large stays as it "
    "is. See *Grouped, depthwise, depthwise-separable*.",
)
def cuts_off_at_6(channels_in, channels_out, kernel, stride):
    from torch import nn

    parts = layers(channels_in, channels_out, kernel, stride)
    parts[2] = parts[5] = nn.ReLU6()
    return in_turn(parts)


@variants.alternative
def attributes_in_any_order(channels_in, channels_out, kernel, stride):
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix_norm = nn.BatchNorm2d(channels_out)
            self.mix = nn.Conv2d(channels_in, channels_out, (1, 1), bias=False)
            self.filter_norm = nn.BatchNorm2d(channels_in)
            self.filter = nn.Conv2d(
                channels_in,
                channels_in,
                kernel,
                stride=stride,
                padding=tuple(k // 2 for k in kernel),
                groups=channels_in,
                bias=False,
            )

        def forward(self, x: Any) -> Any:
            x = self.filter_norm(self.filter(x)).relu()
            return self.mix_norm(self.mix(x)).clamp(min=0)

    return Block()


@variants.alternative
def own_parameters(channels_in, channels_out, kernel, stride):
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w2 = nn.Parameter(torch.randn(channels_out, channels_in, 1, 1))
            self.w1 = nn.Parameter(torch.randn(channels_in, 1, *kernel))
            self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in (channels_in, channels_out))

        def forward(self, x: Any) -> Any:
            rows, columns = kernel
            x = functional.pad(x, (columns // 2, columns // 2, rows // 2, rows // 2))
            x = functional.conv2d(x, self.w1, stride=stride, groups=channels_in)
            x = functional.relu(self.norms[0](x))
            x = torch.einsum("kc,nchw->nkhw", self.w2[:, :, 0, 0], x)
            return functional.relu(self.norms[1](x))

    return Block()
