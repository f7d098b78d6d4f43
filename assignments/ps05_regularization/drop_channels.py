"""Whole maps or nothing: build a layer that drops channels in training and does nothing in test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import Case, Exercise, Variants

from .common import LEAVE, Rng


class Channels:
    """Drops whole feature maps while it trains."""

    def __init__(self, rate: float, rng: Rng) -> None:
        self.rate, self.rng = rate, rng
        self.factor: Any = 1.0

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        self.factor = 1.0
        if training:
            kept = self.rng.random((*x.shape[:2], 1, 1)) >= self.rate
            self.factor = kept / (1 - self.rate)
        return x * self.factor

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * self.factor


def draw_channels(rng: Rng) -> Iterator[Case]:
    for part in ("whole maps", "how many", "a mask a batch", "the gradient", "test time"):
        for rate in (0.5, 0.2):
            yield Case((part, rate, int(rng.integers(2**31))), part=part)


def use_channels(target, part, rate, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    x, dout = rng.uniform(1, 2, (2, 240, 24, 2, 3))
    layer = target(rate, np.random.default_rng(seed + 1))
    found = {"out": layer.forward(x.copy(), True)}
    if part == "a mask a batch":  # with another generator, the same again, and the next batch
        for name, other in (("other", seed + 2), ("same", seed + 1)):
            found[name] = target(rate, np.random.default_rng(other)).forward(x.copy(), True)
        found["again"] = layer.forward(x.copy(), True)
    if part == "the gradient":
        layer.forward(x[::-1].copy(), True)
        found = {"out": layer.forward(x.copy(), True), "dx": layer.backward(dout.copy())}
    if part == "test time":
        out = layer.forward(x[:2, :3].copy(), False)
        return {"out": out, "dx": layer.backward(dout[:2, :3].copy())}
    return found


def what_fell(evidence, part, rate, seed):
    """What no two right layers differ in, though each draws its own maps."""
    import numpy as np

    if part == "test time":
        return evidence
    x, dout = np.random.default_rng(seed).uniform(1, 2, (2, 240, 24, 2, 3))
    found = {name: np.asarray(value, float) for name, value in evidence.items()}
    if any(value.shape != x.shape for value in found.values()):
        raise ValueError(f"expected arrays like x, of shape {x.shape}")
    factors = found["out"] / x
    first = factors[:, :, 0, 0]
    if part == "whole maps":  # every map by one factor, which factors, and not all images alike
        alike = np.ptp(factors, axis=(2, 3)) < 1e-9
        kinds = np.unique(np.round(factors, 6))[:4]
        patterns = len(np.unique(np.round(first, 6), axis=0))
        return np.array([alike.sum(), min(patterns, 9), *kinds])
    few = [
        min(9, len(np.unique(np.round(out / x, 6)))) for name, out in found.items() if name != "dx"
    ]
    if part == "how many":  # the share that is dropped, the mean factor, and of few it is
        return [(first == 0).mean(), first.mean(), *few]
    if part == "a mask a batch":  # the share of maps with another fate
        others = [(found[name] / x)[:, :, 0, 0] for name in ("again", "other", "same")]
        return [float((np.abs(other - first) > 1e-9).mean()) for other in others] + few
    agree = np.abs(found["dx"] / dout - factors) < 1e-9
    return np.array([agree.sum(), factors.max()])


variants = Variants()
EXERCISE = Exercise(
    id="DropChannels",
    title="Whole maps or nothing",
    objective="Build a layer that drops channels in training and does nothing in test.",
    section="05_regularization#reg-dropout",
    kind="class",
    reference=Channels,
    cases=draw_channels,
    driver=use_channels,
    look=what_fell,
    # two draws of 5,760 maps: the mean factors differ by 0.019 (standard deviation)
    tolerances=dict.fromkeys(("how many", "a mask a batch"), Tolerance(0.0, 0.1)),
    hints={
        "whole maps": "One draw for each image and each channel, for all its pixels: which "
        "shape of random numbers does that by broadcasting?",
        "how many": "A map falls with probability rate, and what stays is divided by the "
        "probability of staying.",
        "a mask a batch": "Draw in forward, each time anew, and from the generator that the "
        "layer was given: no other one, and the same one gives the same maps.",
        "the gradient": "backward must use the mask that the last forward drew.",
        "test time": "With training=False nothing falls and nothing is scaled, and the "
        "gradient passes as it is, also after a training batch.",
    },
    variants=variants,
)


class Base:
    """A right layer in parts that mutants replace."""

    factor: Any

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self.rng, self.factor = rate, rng, None

    def draw(self, x: np.ndarray) -> np.ndarray:
        return (self.rng.random((*x.shape[:2], 1, 1)) >= self.rate) / (1 - self.rate)

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        self.factor = self.draw(x) if training else np.ones((1, 1, 1, 1))
        return x * self.factor

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * self.factor


@variants.mutant(
    "Your layer drops single pixels. Here one draw decides for a whole map: the random numbers "
    f"have the shape (N, C, 1, 1). See {LEAVE}.",
)
class DropsPixels(Base):
    def draw(self, x):
        return (self.rng.random(x.shape) >= self.rate) / (1 - self.rate)


@variants.mutant(
    "Your layer drops the same channels in all images of the batch. Each image gets a draw of its "
    f"own: (N, C, 1, 1), not (1, C, 1, 1). See {LEAVE}.",
)
class OneDrawForAllImages(Base):
    def draw(self, x):
        drawn = self.rng.random((1, x.shape[1], 1, 1)) >= self.rate
        return np.repeat(drawn, len(x), axis=0) / (1 - self.rate)


@variants.mutant(
    "The maps that stay are not scaled up, so the next layer gets too little in training. See "
    f"{LEAVE}.",
)
class NeverScales(Base):
    def draw(self, x):
        return 1.0 * (self.rng.random((*x.shape[:2], 1, 1)) >= self.rate)


@variants.mutant(
    "Your layer draws its mask once and keeps it for ever. Then the dropped channels never learn: "
    f"draw afresh in every forward. See {LEAVE}.",
)
class DrawsOnce(Base):
    def draw(self, x):
        if not hasattr(self, "mask"):
            self.mask = super().draw(x)
        return self.mask


@variants.mutant(
    "Your layer draws from a generator of its own, so all layers drop the same maps, "
    f"and nobody can repeat or vary the draw. Use the one it is given. See {LEAVE}.",
)
class SeedsItsOwn(Base):
    def __init__(self, rate, rng):
        super().__init__(rate, np.random.default_rng(0))


@variants.mutant(
    "Your backward draws a mask of its own. The gradient belongs to the maps that were there in "
    f"the last forward: keep that mask. See {LEAVE}.",
)
class DrawsAgainBackward(Base):
    def forward(self, x, training):
        self.training = training
        return super().forward(x, training)

    def backward(self, dout):
        return dout * (self.draw(dout) if self.training else 1.0)


@variants.mutant(
    "Your layer scales by 1 − rate at test time, although it has scaled up in training already. "
    f"One of the two is enough. See {LEAVE}.",
)
class ScalesAtTest(Base):
    def forward(self, x, training):
        self.factor = self.draw(x) if training else np.full((1, 1, 1, 1), 1 - self.rate)
        return x * self.factor


@variants.mutant(
    "At test time forward is right, and backward still uses the mask of the last training batch. "
    f"See {LEAVE}.",
)
class RemembersTooLong(Base):
    def forward(self, x, training):
        if not training:
            self.factor = self.factor[: x.shape[0], : x.shape[1]]
            return x
        return super().forward(x, training)


@variants.alternative
class WithLoops:
    def __init__(self, rate, rng):
        self.p, self.rng = rate, rng

    def forward(self, x, training):
        self.factors = np.ones_like(x)
        if training:
            for n in range(x.shape[0]):
                for c in range(x.shape[1]):
                    self.factors[n, c] = 0 if self.rng.random() < self.p else 1 / (1 - self.p)
        return x * self.factors

    def backward(self, dout):
        return self.factors * dout


@variants.alternative
class WithBinomial:
    def __init__(self, rate, rng):
        self.keep, self.rng, self.mask = 1 - rate, rng, None

    def forward(self, x, training):
        if not training:
            self.mask = None
            return x
        self.mask = self.rng.binomial(1, self.keep, size=x.shape[:2])[..., None, None]
        return np.where(self.mask == 1, x / self.keep, 0.0)

    def backward(self, dout):
        return dout if self.mask is None else np.where(self.mask == 1, dout / self.keep, 0.0)
