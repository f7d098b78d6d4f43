"""Several devices, one batch: build a normalizing module with parameters, buffers and two modes."""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="arg-type, assignment, attr-defined, union-attr"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, Variants

from .common import Rng, draw_eps, per_channel

GHOSTS = ("training", "running statistics", "evaluation", "gradients", "checkpoint", "at the start")


def draw_ghosts(rng: Rng) -> Iterator[Case]:
    drawn: set[str] = set()
    for part in (*GHOSTS, "training", "running statistics"):
        ghost_size, parts = [(2, 3), (3, 2), (4, 2)][rng.integers(3)]
        if part in drawn:  # once more, with a mini-batch that is one ghost batch
            parts = 1
        drawn.add(part)
        channels, h, w = (int(s) for s in rng.permutation([2, 3, 4]))
        shape = ghost_size * parts, channels, h, w
        batches = [
            rng.normal(rng.normal(size=(1, channels, 1, 1)) * 3, 2.0, shape)
            + rng.normal(size=(shape[0], 1, 1, 1))
            for _ in range(3)
        ]
        gamma, beta = per_channel(rng, batches[0])
        options = ghost_size, float(rng.uniform(0.1, 0.4)), draw_eps(rng)
        yield Case((part, *options, gamma, beta, *batches), part=part)


def run_ghost(target, what, ghost_size, momentum, eps, gamma, beta, first, second, third):
    import torch

    def build():
        torch.manual_seed(0)
        module = target(len(gamma), ghost_size, momentum=momentum, eps=eps).double()
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(gamma))
            module.bias.copy_(torch.from_numpy(beta))
        return module

    if what == "at the start":  # as it is made, by a batch in which ε and momentum show
        module = target(len(gamma), ghost_size).double().train()
        names = "weight", "bias", "running_mean", "running_var"
        before = [getattr(module, name).detach().numpy().copy() for name in names]
        out = module(torch.from_numpy(0.01 * first)).detach().numpy()
        return [*before, out, module.running_mean.numpy()]
    module = build().train()
    first, second, third = (torch.from_numpy(x) for x in (first, second, third))
    if what == "gradients":
        first.requires_grad_()
    out = module(first)
    if what == "training":
        return out.detach().numpy()
    if what == "gradients":
        upstream = torch.linspace(-1.0, 2.0, out.numel(), dtype=out.dtype).sin().view(out.shape)
        wanted = [first, module.weight, module.bias]
        return [g.numpy() for g in torch.autograd.grad((out * upstream).sum(), wanted)]
    module(second)
    if what == "running statistics":
        return [module.running_mean.numpy(), module.running_var.numpy()]
    if what == "checkpoint":
        saved = module.state_dict()
        module = build()
        module.load_state_dict(saved)
    return module.eval()(third[:1]).detach().numpy()


def ghost_batch_norm(channels: int, ghost_size: int, *, momentum: float = 0.1, eps: float = 1e-5):
    import torch
    from torch import nn

    class Ghost(nn.BatchNorm2d):
        def forward(self, x):
            if not self.training:
                return super().forward(x)
            parts = x.split(ghost_size)
            means = torch.stack([p.mean((0, 2, 3)) for p in parts]).mean(0).detach()
            variances = torch.stack([p.var((0, 2, 3)) for p in parts]).mean(0).detach()
            self.running_mean.lerp_(means, self.momentum)
            self.running_var.lerp_(variances, self.momentum)
            normalized = [
                nn.functional.batch_norm(p, None, None, self.weight, self.bias, True, 0.0, self.eps)
                for p in parts
            ]
            return torch.cat(normalized)

    return Ghost(channels, eps, momentum)


variants = Variants()
EXERCISE = Exercise(
    id="GhostBatchNorm2d",
    title="Several devices, one batch",
    objective="Build a normalizing module with parameters, buffers and two modes.",
    section="06_normalization#norm-small-batches",
    kind="class",
    reference=ghost_batch_norm,
    cases=draw_ghosts,
    driver=run_ghost,
    withhold=WITHHOLD_ROOMS,
    hints={
        "training": "The first ghost_size images are one part, the next ones another. Each "
        "part is normalized as if it were the whole batch.",
        "running statistics": "Average the parts' means, and their unbiased variances; "
        "then one update with momentum, once a batch.",
        "evaluation": "After .eval() the module asks only its running statistics. "
        "self.training knows which mode it is in.",
        "gradients": "The gradient must flow through the statistics of each part, and "
        "none through the running ones.",
        "at the start": "weight and running_var start at 1, bias and running_mean at 0; and the "
        "defaults of momentum and eps are those of PyTorch.",
        "checkpoint": "What is neither a parameter nor a registered buffer is not in state_dict().",
    },
    variants=variants,
)


GHOST = "See *Small batches break batch norm*."


def ghost(
    channels: int,
    ghost_size: int,
    momentum: float,
    eps: float,
    *,
    track: Any = None,
    buffers: bool = True,
    neighbours: bool = True,
    detach: bool = False,
) -> Any:
    """A ghost batch norm in which one thing can go wrong."""
    import torch
    from torch import nn

    class Ghost(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))
            mean, var = torch.zeros(channels).double(), torch.ones(channels).double()
            if buffers:
                self.register_buffer("running_mean", mean)
                self.register_buffer("running_var", var)
            else:
                self.running_mean, self.running_var = mean, var

        def forward(self, x: Any) -> Any:
            if not self.training:
                return self.finished(x[None], self.running_mean, self.running_var)[0]
            if neighbours:
                parts = x.unflatten(0, (-1, ghost_size))
            else:  # images 0, G, 2G … in one part of G parts
                parts = x.unflatten(0, (ghost_size, -1)).transpose(0, 1)
            var, mean = torch.var_mean(parts, (1, 3, 4), correction=0)
            with torch.no_grad():
                (track or average_the_parts)(self, parts, momentum)
            if detach:
                mean, var = mean.detach(), var.detach()
            out = self.finished(parts, mean, var)
            return (out if neighbours else out.transpose(0, 1)).flatten(0, 1)

        def finished(self, parts: Any, mean: Any, var: Any) -> Any:
            mean, var = (v.reshape(-1, 1, channels, 1, 1) for v in (mean, var))
            out = (parts - mean) / (var + eps).sqrt()
            return out * self.weight[:, None, None] + self.bias[:, None, None]

    return Ghost()


def statistics(parts: Any) -> tuple[Any, Any]:
    import torch

    var, mean = torch.var_mean(parts, (1, 3, 4))
    return mean, var


def average_the_parts(module: Any, parts: Any, momentum: float) -> None:
    mean, var = statistics(parts)
    module.running_mean.lerp_(mean.mean(0), momentum)
    module.running_var.lerp_(var.mean(0), momentum)


def one_update_a_part(module: Any, parts: Any, momentum: float) -> None:
    for mean, var in zip(*statistics(parts), strict=True):
        module.running_mean.lerp_(mean, momentum)
        module.running_var.lerp_(var, momentum)


def biased(module: Any, parts: Any, momentum: float) -> None:
    module.running_mean.lerp_(parts.mean((0, 1, 3, 4)), momentum)
    module.running_var.lerp_(parts.var((1, 3, 4), correction=0).mean(0), momentum)


def whole_batch(module: Any, parts: Any, momentum: float) -> None:
    module.running_mean.lerp_(parts.mean((0, 1, 3, 4)), momentum)
    module.running_var.lerp_(parts.var((0, 1, 3, 4)), momentum)


def nothing(module: Any, parts: Any, momentum: float) -> None:
    pass


def flipped(module: Any, parts: Any, momentum: float) -> None:
    average_the_parts(module, parts, 1 - momentum)


@variants.mutant(
    "You normalized the batch as one: that is an ordinary batch norm. Each part of `ghost_size` "
    f"images has statistics of its own. {GHOST}",
)
def ordinary_batch_norm(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    from torch import nn

    return nn.BatchNorm2d(channels, eps, momentum)


@variants.mutant(
    "Your parts are made of every so-and-so-many-th image. A device gets neighbours: images 0 … "
    f"ghost_size − 1 are the first part. {GHOST}",
)
def every_other_image(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, neighbours=False)


@variants.mutant(
    "Your running statistics move once for each part. The parts are one batch: average what they "
    "say, then move once. See *In training and at test time*.",
)
def moves_once_a_part(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=one_update_a_part)


@variants.mutant(
    "Your running variance averages the biased variances of the parts. Kept for images not yet "
    "seen, each divides by m − 1. See *In training and at test time*.",
)
def keeps_biased_variances(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=biased)


@variants.mutant(
    "Your running variance is that of the whole batch. It also holds the differences between the "
    "parts' means, which no part is normalized by; the mean of the parts' variances is asked. "
    f"{GHOST}",
)
def keeps_the_variance_of_the_whole(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=whole_batch)


@variants.mutant(
    "Training is right, but the running statistics never move, so that evaluation uses mean 0 and "
    "variance 1. See *In training and at test time*.",
)
def never_tracks(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=nothing)


@variants.mutant(
    "Your momentum is the weight of the old value. In PyTorch's normalizations it is the weight of "
    "the new batch. See *In training and at test time*.",
)
def flips_the_momentum(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=flipped)


@variants.mutant(
    "Everything is right until the network is saved: your running statistics are plain attributes, "
    "and state_dict() leaves them behind. register_buffer takes them along. See "
    "*In training and at test time*.",
)
def plain_attributes(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, buffers=False)


@variants.mutant(
    "You took the statistics of a part for constants: the gradient does not flow through them. "
    "Only the running ones are kept without a gradient. See *The backward pass is a projection*.",
)
def detaches_the_statistics(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, detach=True)


@variants.mutant(
    "Your defaults are another library's. PyTorch's eps is 10⁻⁵ and its momentum, the weight "
    "of the new batch, 0.1. See *In training and at test time*.",
)
def other_defaults(channels, ghost_size, *, momentum=0.01, eps=1e-3):
    return ghost(channels, ghost_size, momentum, eps)


@variants.alternative
def in_one_reshape(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps)


@variants.alternative
def with_a_loop(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    import torch
    from torch import nn
    from torch.nn import functional

    class Looped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, start in (("weight", 1.0), ("bias", 0.0)):
                self.register_parameter(name, nn.Parameter(torch.full((channels,), start)))
            for name, start in (("running_mean", 0.0), ("running_var", 1.0)):
                self.register_buffer(name, torch.full((channels,), start))

        def forward(self, x: Any) -> Any:
            affine = self.weight, self.bias
            if not self.training:
                running = self.running_mean, self.running_var
                return functional.batch_norm(x, *running, *affine, eps=eps)
            outs, means, variances = [], [], []
            for part in x.split(ghost_size):
                mean, var = torch.zeros_like(self.bias), torch.zeros_like(self.bias)
                outs.append(functional.batch_norm(part, mean, var, *affine, True, 1.0, eps))
                means.append(mean)
                variances.append(var)
            for running, new in ((self.running_mean, means), (self.running_var, variances)):
                running.mul_(1 - momentum).add_(torch.stack(new).mean(0), alpha=momentum)
            return torch.cat(outs)

    return Looped()
