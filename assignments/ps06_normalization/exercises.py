"""Problem set 6, normalization: what is asked, on which inputs, and against what it is graded.

The four sizes of every image batch differ, so that a sum over the wrong axes shows in the shape or
in the values, and ε is large, so that its place under the root shows too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.check.measure import Measure
from cvlib.grading.digits import archive, grey_values, released_and_hidden, sorted_digits
from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, ProblemSet
from cvlib.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    fold_batch_norm,
    group_norm_forward,
    instance_norm_forward,
    layer_norm_forward,
    local_response_norm_backward,
    local_response_norm_forward,
)

Rng = np.random.Generator
EXACT = Tolerance(rtol=0.0, atol=0.0)
CHAPTER = "06_normalization"


def section(anchor: str) -> str:
    return f"{CHAPTER}#{anchor}"


# --- drawing batches --------------------------------------------------------------------------


def draw_batch(rng: Rng, *, vectors: bool = False, channels: int = 0) -> np.ndarray:
    """Draw a batch whose sizes all differ and whose channels have means and spreads of their "
    "own."""
    if channels:
        c, (n, h, w) = channels, (int(s) for s in rng.permutation([2, 3, 4]))
    else:
        n, c, h, w = (int(s) for s in rng.permutation([2, 3, 4, 5]))
    shape = (n + 2, c) if vectors else (n, c, h, w)
    places = (1, c) if vectors else (1, c, 1, 1)
    mean, spread = rng.uniform(-4, 4, places), rng.uniform(0.5, 3, places)
    return mean + spread * rng.normal(size=shape)


def draw_eps(rng: Rng) -> float:
    return float(rng.uniform(0.2, 0.8))


def per_channel(rng: Rng, x: np.ndarray, count: int = 2) -> list[np.ndarray]:
    """Draw ``count`` vectors of one number a channel, none of them near 0 or 1."""
    signs = rng.choice([-1.0, 1.0], (count, x.shape[1]))
    return [*(signs * rng.uniform(1.2, 2.5, (count, x.shape[1])))]


# --- 1, 2, 3: batch norm, forward -----------------------------------------------------------------


def draw_forward(rng: Rng) -> Iterator[Case]:
    for part in ("vectors", "images", "scale and shift", "float32 stays float32"):
        for _ in range(2):
            x = draw_batch(rng, vectors=part == "vectors")
            gamma, beta = per_channel(rng, x)
            if part in ("vectors", "images"):
                gamma, beta = np.ones_like(gamma), np.zeros_like(beta)
            args: list[Any] = [x, gamma, beta]
            if part == "float32 stays float32":
                args = [a.astype(np.float32) for a in args]
            yield Case((*args, draw_eps(rng)), part=part)


def batch_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    return batch_norm_forward(x, gamma, beta, training=True, eps=eps)[0]


def output_and_dtype(target, x, *rest):
    out = target(x, *rest)
    return (out, str(out.dtype)) if x.dtype == "float32" else out


def draw_running(rng: Rng) -> Iterator[Case]:
    for part, which, steps, vectors in (
        ("mean", "mean", 1, False),
        ("variance", "variance", 1, False),
        ("vectors", "both", 1, True),
        ("several batches", "both", 4, False),
    ):
        for _ in range(2):
            x = draw_batch(rng, vectors=vectors)
            batches = [x] + [x + rng.normal(size=x.shape) for _ in range(steps - 1)]
            mean, var = rng.normal(size=x.shape[1]), rng.uniform(0.5, 2, x.shape[1])
            yield Case((which, mean, var, batches, float(rng.uniform(0.05, 0.4))), part=part)


def running_statistics(
    running_mean: np.ndarray, running_var: np.ndarray, x: np.ndarray, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    mean, var = running_mean.copy(), running_var.copy()
    batch_norm_forward(x, None, None, mean, var, training=True, momentum=momentum)
    return mean, var


def after_batches(target, which, mean, var, batches, momentum):
    for x in batches:
        mean, var = target(mean, var, x, momentum)
    return {"mean": mean, "variance": var, "both": (mean, var)}[which]


def draw_test_time(rng: Rng) -> Iterator[Case]:
    for part in ("images", "one image alone", "vectors"):
        for _ in range(2):
            x = draw_batch(rng, vectors=part == "vectors")
            gamma, beta, mean = per_channel(rng, x, 3)
            var = rng.uniform(1.5, 4, x.shape[1])
            x = x[:1] if part == "one image alone" else x
            yield Case((x, gamma, beta, mean, var, draw_eps(rng)), part=part)


def batch_norm_test(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    eps: float,
) -> np.ndarray:
    return batch_norm_forward(
        x, gamma, beta, running_mean.copy(), running_var.copy(), training=False, eps=eps
    )[0]


# --- 4: counting --------------------------------------------------------------------------------

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


def draw_keys(answer: Mapping[str, Any]) -> Callable[[Rng], Iterator[Case]]:
    return lambda rng: (Case((key,), part=key) for key in answer)


def read_key(target, key):
    return target.get(key)


# --- 5: batch norm, backward ----------------------------------------------------------------------

GRADIENTS = {  # part: (which gradient, vectors?)
    "dbeta": ("dbeta", False),
    "dgamma": ("dgamma", False),
    "dx, vectors": ("dx", True),
    "dx, images": ("dx", False),
}


def draw_backward(rng: Rng) -> Iterator[Case]:
    for part, (which, vectors) in GRADIENTS.items():
        for _ in range(2):
            x = draw_batch(rng, vectors=vectors)
            gamma = per_channel(rng, x, 1)[0]
            dout = 0.5 + rng.normal(size=x.shape) + 0.3 * (x - x.mean())
            yield Case((which, dout, x, gamma, draw_eps(rng)), part=part)


def backward(
    dout: np.ndarray, x: np.ndarray, gamma: np.ndarray, eps: float
) -> tuple[Any, Any, Any]:
    _, cache = batch_norm_forward(x, gamma, np.zeros_like(gamma), training=True, eps=eps)
    return batch_norm_backward(dout, cache)


def one_gradient(target, which, *args):
    dx, dgamma, dbeta = target(*args)
    return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}[which]


# --- 6: the whole family --------------------------------------------------------------------------

NORMS = ("batch", "layer", "instance", "group")


def draw_family(rng: Rng) -> Iterator[Case]:
    for norm in NORMS:
        for _ in range(2):
            groups, share = [(2, 3), (3, 2), (2, 4), (4, 2)][rng.integers(4)]
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


# --- 7, 8: local response norm ------------------------------------------------------------------


def draw_constants(rng: Rng, size: int) -> tuple[int, float, float, float]:
    """size, α, β and k, such that each of them matters."""
    k = rng.uniform(1.5, 3)
    return size, float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.5, 0.9)), float(k)


def draw_responses(rng: Rng, part: str) -> np.ndarray:
    """A window of 5 fits in the middle of 9 channels, and nowhere in 4."""
    channels = {"channels in the middle": 9, "channels at the ends": 4}.get(part, 6)
    return draw_batch(rng, channels=channels)


def draw_local_response(rng: Rng) -> Iterator[Case]:
    for part in ("one channel wide", "channels in the middle", "channels at the ends"):
        for _ in range(2):
            size = 1 if part == "one channel wide" else 5
            middle = part == "channels in the middle"
            x = draw_responses(rng, part)
            yield Case((middle, x, *draw_constants(rng, size)), part=part)


def local_response_norm(
    x: np.ndarray, size: int, alpha: float, beta: float, k: float
) -> np.ndarray:
    return local_response_norm_forward(x, size=size, alpha=alpha, beta=beta, k=k)[0]


def middle_channels(target, middle, x, size, *constants):
    out = target(x, size, *constants)
    return out[:, size // 2 : -(size // 2)] if middle else out


def draw_local_backward(rng: Rng) -> Iterator[Case]:
    for part, size in (("one channel wide", 1), ("neighbours", 3), ("neighbours", 5)):
        for _ in range(2):
            x = draw_responses(rng, part)
            yield Case((rng.normal(size=x.shape), x, *draw_constants(rng, size)), part=part)


def local_backward(
    dout: np.ndarray, x: np.ndarray, size: int, alpha: float, beta: float, k: float
) -> np.ndarray:
    _, cache = local_response_norm_forward(x, size=size, alpha=alpha, beta=beta, k=k)
    return local_response_norm_backward(dout, cache)


# --- 9: folding -----------------------------------------------------------------------------------


def draw_folds(rng: Rng) -> Iterator[Case]:
    for part, which in (("weights", 0), ("bias", 1)):
        for _ in range(2):
            channels, rows, columns = (int(s) for s in rng.permutation([2, 3, 4]))
            w = rng.normal(size=(channels, channels, rows, columns))  # square: axes can be mixed up
            b, gamma, beta, mean = per_channel(rng, w, 4)
            var = rng.uniform(1.5, 4, channels)
            yield Case((which, w, b, gamma, beta, mean, var, draw_eps(rng)), part=part)


def fold(
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
) -> tuple[np.ndarray, np.ndarray]:
    return fold_batch_norm(w, b, gamma, beta, mean, var, eps=eps)


def one_of_two(target, which, *args):
    return target(*args)[which]


# --- 10: the PyTorch module ---------------------------------------------------------------------

GHOSTS = ("training", "running statistics", "evaluation", "gradients", "checkpoint")


def draw_ghosts(rng: Rng) -> Iterator[Case]:
    for part in GHOSTS:
        ghost_size, parts = [(2, 3), (3, 2), (4, 2)][rng.integers(3)]
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


# --- 11: one at a time --------------------------------------------------------------------------


def digits_file() -> bytes:
    images, labels = sorted_digits()
    return archive(images=images, labels=labels)


MAIL = {"all at once": 200, "one at a time": 1, "sorted by digit": 10, "among empty sheets": 1}


def draw_mail(rng: Rng) -> Iterator[Case]:
    _, hidden = released_and_hidden()
    images, labels = grey_values(hidden.images), hidden.labels
    for part, batch_size in MAIL.items():
        chosen = rng.permutation(len(images))[:200]
        if part == "sorted by digit":
            chosen = chosen[np.argsort(labels[chosen], kind="stable")]
        grain = np.round(rng.normal(0, 0.5, (len(chosen), 8, 8)))  # no picture is in anyone's file
        pictures = np.clip(images[chosen] + grain, 0, 16).astype(np.uint8)
        empty = 15 if part == "among empty sheets" else 0
        yield Case((pictures, batch_size, empty), part=part, truth=labels[chosen])


def as_mail_comes(target, images, batch_size, empty):
    import numpy as np

    sheets = np.zeros((empty, *images.shape[1:]), images.dtype)
    answers = []
    for first in range(0, len(images), batch_size):
        part = images[first : first + batch_size]
        together = np.asarray(target(np.concatenate([part, sheets])))
        if together.shape != (len(part) + empty,):
            raise ValueError(
                f"expected {len(part) + empty} labels for as many images, "
                f"got the shape {together.shape}"
            )
        answers.append(together[: len(part)])
    return np.concatenate(answers)


@functools.cache
def trained(norm: str = "batch", *, shuffle: bool = True, steps: int = 250, batch: int = 64) -> Any:
    """A small network for digits in [0, 1], trained on the released ones."""
    import torch
    from torch import nn
    from torch.nn import functional

    known, classes = sorted_digits()
    images, labels = torch.from_numpy(known).float()[:, None] / 16, torch.from_numpy(classes)

    def block(before: int, after: int) -> list[nn.Module]:
        layer = nn.BatchNorm2d(after) if norm == "batch" else nn.GroupNorm(4, after)
        return [nn.Conv2d(before, after, 3, 2, 1, bias=False), layer, nn.ReLU()]

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(*block(1, 16), *block(16, 32), nn.Flatten(), nn.Linear(32 * 4, 10))
        optimizer = torch.optim.Adam(network.parameters(), 0.01)
        rng = np.random.default_rng(0)
        network.train()
        for step in range(steps):
            chosen = rng.integers(0, len(images), batch)
            if not shuffle:
                chosen = (np.arange(batch) + batch * step) % len(images)
            loss = functional.cross_entropy(network(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.eval()


def answer_with(network: Any, images: np.ndarray) -> np.ndarray:
    """Labels from a network as it stands, for images with values in [0, 1]."""
    import torch

    with torch.no_grad():
        scores = network(torch.from_numpy(np.asarray(images, np.float32))[:, None])
    return scores.argmax(1).numpy()


def predict(images: np.ndarray) -> np.ndarray:
    return answer_with(trained(), images / 16)


# --- the exercises, in the order of the notebook ------------------------------------------------

PROBLEM_SET = ProblemSet(
    id="ps06_normalization",
    title="Normalization",
    chapter=CHAPTER,
    files={"digits.npz": digits_file},
    exercises=(
        Exercise(
            id="batch_norm",
            title="Ask the whole batch",
            points=4,
            objective="Normalize each channel over the batch, for vectors and for images.",
            section=section("norm-batch"),
            reference=batch_norm,
            cases=draw_forward,
            driver=output_and_dtype,
            tolerance=Tolerance(rtol=1e-5, atol=1e-5),
            hints={
                "vectors": "Work the example by hand. ε is added to the variance, under the root, "
                "and the variance divides by N.",
                "images": "How many means does a batch of RGB photographs have? Which axes are "
                "left when you have one number a channel?",
                "scale and shift": "γ and β have one number a channel: they must line up with "
                "axis 1, not with the last axis.",
                "float32 stays float32": "np.ones and np.zeros make float64 unless they are told "
                "a dtype.",
            },
        ),
        Exercise(
            id="running_statistics",
            title="What is kept for later",
            points=3,
            objective="Update the running mean and variance as PyTorch does.",
            section=section("norm-train-test"),
            reference=running_statistics,
            cases=draw_running,
            driver=after_batches,
            hints={
                "mean": "momentum is the weight of the new batch: with 0.1 the old value keeps "
                "nine tenths.",
                "variance": "This variance is an estimate for images not seen yet. By what does "
                "an estimate divide?",
                "vectors": "Means over every axis but 1, however many there are.",
                "several batches": "Each batch moves what the one before has left.",
            },
        ),
        Exercise(
            id="batch_norm_test",
            title="No batch any more",
            points=2,
            objective="Apply batch norm at test time, by running statistics.",
            section=section("norm-train-test"),
            reference=batch_norm_test,
            cases=draw_test_time,
            hints={
                "images": "Only the running numbers enter. The batch's own mean plays no part.",
                "one image alone": "The same image must get the same answer in any batch, "
                "also alone.",
                "vectors": "Does your reshape of the running numbers fit (N, C) as well?",
            },
        ),
        Exercise(
            id="count_them",
            title="Count them",
            points=3,
            objective="Count the statistics and parameters of each normalization.",
            section=section("norm-family"),
            kind="answer",
            reference=COUNTS,
            cases=draw_keys(COUNTS),
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
        ),
        Exercise(
            id="batch_norm_backward",
            title="Backward, in one expression",
            points=5,
            objective="Derive the gradients of batch norm through its statistics.",
            section=section("norm-backward"),
            reference=backward,
            cases=draw_backward,
            driver=one_gradient,
            weights={"dx, vectors": 2, "dx, images": 2},
            hints={
                "dbeta": "β is added to every number of its channel, so its gradient is a sum.",
                "dgamma": "γ multiplies x̂, not x.",
                "dx, vectors": "The mean and the variance depend on every x. Check that each "
                "channel of dx sums to zero; then see *The backward pass is a projection*.",
                "dx, images": "Means over the same axes as in the forward pass, and m is the "
                "number of entries they run over.",
            },
        ),
        Exercise(
            id="normalize_by",
            title="One formula, four index sets",
            points=4,
            objective="Write batch, layer, instance and group norm as one function.",
            section=section("norm-family"),
            reference=normalize_by,
            cases=draw_family,
            hints={
                "batch": "Which axes may be summed when each channel keeps its own mean?",
                "layer": "Every image has one mean, over all it has.",
                "instance": "Every channel of every image has a mean of its own.",
                "group": "See the channels as (groups, channels of a group) for a moment: "
                "neighbours in memory belong together.",
            },
        ),
        Exercise(
            id="local_response_norm",
            title="Rivals",
            points=3,
            objective="Implement AlexNet's local response normalization.",
            section=section("norm-lrn"),
            reference=local_response_norm,
            cases=draw_local_response,
            driver=middle_channels,
            hints={
                "one channel wide": "With size 1 a channel meets only itself: x / (k + α x²)^β.",
                "channels in the middle": "size // 2 channels on either side, and the channel "
                "itself, at the same pixel.",
                "channels at the ends": "The window is cut off where there are no channels; "
                "nothing is divided by its size.",
            },
        ),
        Exercise(
            id="local_response_backward",
            title="Rivals, backward",
            points=3,
            objective="Send a gradient back through local response normalization.",
            section=section("norm-lrn"),
            reference=local_backward,
            cases=draw_local_backward,
            hints={
                "one channel wide": "The quotient rule: x stands above the line and below it.",
                "neighbours": "Channel c stands in the denominators of all channels whose window "
                "holds c. Compare with central differences on three channels.",
            },
        ),
        Exercise(
            id="fold",
            title="Fold it away",
            points=3,
            objective="Fold a batch norm at test time into the convolution before it.",
            section=section("norm-folding"),
            reference=fold,
            cases=draw_folds,
            driver=one_of_two,
            hints={
                "weights": "One factor an output channel: which axis of w is that?",
                "bias": "The old bias passes through the normalization like everything else: put "
                "x = 0 into both networks.",
            },
        ),
        Exercise(
            id="GhostBatchNorm2d",
            title="Several devices, one batch",
            points=4,
            objective="Build a normalizing module with parameters, buffers and two modes.",
            section=section("norm-small-batches"),
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
                "checkpoint": "What is neither a parameter nor a registered buffer is not in "
                "state_dict().",
            },
        ),
        Exercise(
            id="predict",
            title="One at a time",
            points=4,
            objective="Train a network whose answers do not depend on the batch an image comes in.",
            section=section("norm-train-test"),
            kind="model",
            reference=predict,
            cases=draw_mail,
            driver=as_mail_comes,
            measure=Measure("accuracy", at_least=0.88),
            withhold=WITHHOLD_ROOMS,
            seconds=60.0,
            hints={
                "all at once": "Is the training set shuffled? The file is sorted by digit. And do "
                "the images pass through the same preparation in predict?",
                "one at a time": "Right in a crowd and wrong alone: something still asks the "
                "batch. See *In training and at test time*.",
                "sorted by digit": "Ten images of one digit have other statistics than ten of "
                "all. Nothing in predict may ask for them.",
                "among empty sheets": "Fifteen empty sheets change the mean and the variance of "
                "every batch. A digit's answer must not notice.",
            },
        ),
        Exercise(
            id="two_sentences",
            title="Two sentences from a lecture",
            points=2,
            objective="Judge statements about normalization by small examples of one's own.",
            section=section("norm-train-test"),
            kind="written",
        ),
    ),
)
