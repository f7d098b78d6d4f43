"""A layer that remembers: build pooling as a layer with a forward, a memory and a backward."""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="arg-type"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.layers import AvgPool2d, MaxPool2d, SumPool2d

from .common import Array, Rng, sizes

Pair = tuple[int, int]


APART = ((2, 3), (2, 3))  # kernel, stride


OVERLAPPING = ((3, 2), (2, 1))


POOLS: dict[str, list[tuple[str, str, tuple[Pair, Pair]]]] = {  # part: what, kind, windows
    "forward of max": [("forward", "max", w) for w in (APART, OVERLAPPING, ((1, 3), (2, 3)))],
    "forward of mean and sum": [("forward", "mean", APART), ("forward", "sum", OVERLAPPING)],
    "backward of max": [("backward", "max", APART), ("backward", "max", ((1, 3), (2, 3)))],
    "backward of mean and sum": [("backward", "mean", APART), ("backward", "sum", APART)],
    "overlapping windows": [("backward", k, OVERLAPPING) for k in ("max", "mean", "sum")],
    "ties": [("backward", "max", APART), ("backward", "max", OVERLAPPING)],
    "a second batch": [("another batch", "max", APART), ("another size", "mean", OVERLAPPING)],
    "asked twice": [("twice", "max", APART), ("twice", "mean", OVERLAPPING)],
    "two layers": [("beside", "max", OVERLAPPING), ("beside", "max", APART)],
}


def draw_pools(rng: Rng) -> Iterator[Case]:
    for part, cases in POOLS.items():
        for what, kind, windows in cases:
            x = draw_pooled(rng, *windows) - 3.0  # zeros would win
            if part == "ties":
                x = np.round(x / 2)
                x[0, 0, :2, :2] = (-4, 2), (2, 2)  # first by rows is not first by columns
            dout = rng.normal(size=pool_layer(kind, *windows).forward(x).shape)
            other, larger = rng.permuted(x), rng.permuted(np.concatenate([x, x]))
            calls: list[tuple[int, str, Array]] = {
                "forward": [(0, "forward", x)],
                "backward": [(0, "forward", x), (0, "backward", dout)],
                "another batch": [(0, "forward", other), (0, "forward", x), (0, "backward", dout)],
                "another size": [(0, "forward", larger), (0, "forward", x), (0, "backward", dout)],
                "twice": [(0, "forward", x), (0, "backward", -2 * dout), (0, "backward", dout)],
                "beside": [(0, "forward", x), (1, "forward", other), (0, "backward", dout)],
            }[what]
            yield Case((kind, *windows, calls), part=part)


def draw_pooled(rng: Rng, kernel: Pair, stride: Pair) -> np.ndarray:
    """Draw images with a row and a column that no window reaches, where the stride allows it."""
    (n, c), windows = sizes(rng, 2, 1, 3), sizes(rng, 2, 2, 3)
    height, width = (
        (o - 1) * s + k + (s > 1) for o, k, s in zip(windows, kernel, stride, strict=True)
    )
    return rng.normal(size=(n, c, height, width))


LAYERS = {"max": MaxPool2d, "mean": AvgPool2d, "sum": SumPool2d}


def pool_layer(kind: str, kernel: Pair, stride: Pair) -> Any:
    return LAYERS[kind](kernel, stride=stride)


def run_pool(target, kind, kernel, stride, calls):
    layers = [target(kind, kernel, stride) for _ in range(1 + max(which for which, *_ in calls))]
    for which, method, array in calls:
        answer = getattr(layers[which], method)(array)
    return answer


variants = Variants()
EXERCISE = Exercise(
    id="Pool2d",
    title="A layer that remembers",
    objective="Build pooling as a layer with a forward, a memory and a backward.",
    section="04_backpropagation#bp-pooling",
    kind="class",
    reference=pool_layer,
    cases=draw_pools,
    driver=run_pool,
    hints={
        "forward of max": "Window (i, j) starts at (i · stride[0], j · stride[1]). All "
        "numbers may be negative: a maximum that starts at 0 is wrong then.",
        "forward of mean and sum": "One number a window, for each image and channel.",
        "backward of max": "The pixel that won gets all of dout, the others nothing. dx "
        "has the shape of x, also where no window looked. Compare *Pooling: who gets the "
        "gradient?*",
        "backward of mean and sum": "How much does the output grow if a pixel grows by 1?",
        "overlapping windows": "A pixel in two windows hears from both. Does your "
        "assignment add, or does the last window win?",
        "ties": "Of equal largest pixels the first takes all, row by row. That is what "
        "argmax does.",
        "a second batch": "backward belongs to the last forward: replace what you kept.",
        "asked twice": "A second backward starts from zeros again, and needs what you kept.",
        "two layers": "What a layer keeps is its own: put it on self, in forward.",
    },
    variants=variants,
)


class Pooling:
    """A right pooling layer, window by window; each mutant changes one decision."""

    def __init__(self, kind: str, kernel: Any, stride: Any) -> None:
        self.kind, self.kernel, self.stride = kind, kernel, stride

    def places(self, shape: Any) -> Any:
        size = [
            (n - k) // s + 1 for n, k, s in zip(shape[2:], self.kernel, self.stride, strict=True)
        ]
        for i, j in np.ndindex(*size):
            top, left = i * self.stride[0], j * self.stride[1]
            yield i, j, np.s_[:, :, top : top + self.kernel[0], left : left + self.kernel[1]]

    def remember(self, x: Array) -> None:
        self.x = x

    def value(self, window: Array) -> Array:
        reduce: Any = {"max": np.max, "mean": np.mean, "sum": np.sum}[self.kind]
        return reduce(window, axis=(2, 3))

    def forward(self, x: Array) -> Array:
        self.remember(x)
        places = list(self.places(x.shape))
        out = np.zeros((*x.shape[:2], places[-1][0] + 1, places[-1][1] + 1))
        for i, j, window in places:
            out[:, :, i, j] = self.value(x[window])
        return out

    def share(self, window: Array) -> Array:
        """What of the window's gradient each of its pixels gets."""
        if self.kind != "max":
            return np.full(window.shape, 1 / window[0, 0].size if self.kind == "mean" else 1.0)
        flat = window.reshape(*window.shape[:2], -1)
        first = np.arange(flat.shape[2]) == flat.argmax(axis=2)[..., None]
        return first.reshape(window.shape).astype(float)

    def give(self, dx: Array, window: Any, share: Array) -> None:
        dx[window] += share

    def backward(self, dout: Array) -> Array:
        dx = np.zeros(self.x.shape)
        for i, j, window in self.places(self.x.shape):
            self.give(dx, window, self.share(self.x[window]) * dout[:, :, i, j, None, None])
        return dx


@variants.mutant(
    "Where windows overlap, your last one overwrites what the others have sent. A pixel hears from "
    "every window that it is in, and adds up: += instead of =. See *Pooling: who gets the "
    "gradient?*",
)
class LastWindowWins(Pooling):
    def give(self, dx, window, share):
        dx[window] = share


@variants.mutant(
    "Each of several equal largest pixels gets the whole gradient in yours, so that more comes out "
    "than went in. The first one takes it, row by row. See *Pooling: who gets the gradient?*",
)
class TiesAllWin(Pooling):
    def share(self, window):
        if self.kind != "max":
            return super().share(window)
        return (window == window.max(axis=(2, 3), keepdims=True)).astype(float)


@variants.mutant(
    "Of equal largest pixels your last one takes the gradient. It is the first, row by row, as in "
    "PyTorch and np.argmax. See *Pooling: who gets the gradient?*",
)
class LastOfEqualsWins(Pooling):
    def share(self, window):
        if self.kind != "max":
            return super().share(window)
        return super().share(window[:, :, ::-1, ::-1])[:, :, ::-1, ::-1]


@variants.mutant(
    "The backward of your mean hands the whole gradient to each pixel. A pixel moved the mean by "
    "one share in rows · columns, so it gets that share back. See *Pooling: who gets the "
    "gradient?*",
)
class MeanWithoutDivision(Pooling):
    def share(self, window):
        return np.ones(window.shape) if self.kind == "mean" else super().share(window)


@variants.mutant(
    "Your maximum starts at 0, so windows of negative numbers give 0. Start from −∞, or let "
    "np.max do it. See *Pooling: who gets the gradient?*",
)
class MaximumFromZero(Pooling):
    def value(self, window):
        return np.maximum(super().value(window), 0) if self.kind == "max" else super().value(window)


@variants.mutant(
    "Your strides are exchanged: stride[0] goes down the rows, stride[1] along the columns. See "
    "*Pooling: who gets the gradient?*",
)
class ExchangesTheStrides(Pooling):
    def __init__(self, kind, kernel, stride):
        super().__init__(kind, kernel, stride[::-1])


@variants.mutant(
    "Your layer keeps the first batch that it saw and answers for that one ever after. backward "
    "belongs to the last forward: replace what you keep. See *From numbers to layers*.",
)
class RemembersTheFirstBatch(Pooling):
    def remember(self, x):
        self.x = getattr(self, "x", x)


@variants.mutant(
    "Your gradients grow from one backward to the next. dx is of this dout alone: begin with zeros "
    "in backward, not in forward. See *From numbers to layers*.",
)
class AddsToTheLastGradient(Pooling):
    def forward(self, x):
        self.dx = np.zeros(x.shape)
        return super().forward(x)

    def backward(self, dout):
        self.dx += super().backward(dout)
        return self.dx


@variants.mutant(
    "Two of your layers share what they remember, because it stands outside of self. A network has "
    "several, and each goes back to its own input. See *From numbers to layers*.",
)
class OneMemoryForAll(Pooling):
    def remember(self, x):
        type(self).x = x


@variants.mutant(
    "Of equal largest pixels your first one is found column by column. It is the first row by row, "
    "as in PyTorch and np.argmax. See *Pooling: who gets the gradient?*",
)
class FirstByColumns(Pooling):
    def share(self, window):
        if self.kind != "max":
            return super().share(window)
        return super().share(window.swapaxes(2, 3)).swapaxes(2, 3)


@variants.mutant(
    "Your max pooling gives all pixels of a window the gradient, as a sum would. Only the largest "
    "one was in the output. See *Pooling: who gets the gradient?*",
)
class MaximumLikeASum(Pooling):
    def share(self, window):
        return np.ones(window.shape) if self.kind == "max" else super().share(window)


@variants.alternative
class PixelByPixel:
    def __init__(self, kind, kernel, stride):
        self.kind, self.kernel, self.stride = kind, kernel, stride

    def forward(self, x):
        self.x, (rows, columns), (down, along) = x, self.kernel, self.stride
        size = (x.shape[2] - rows) // down + 1, (x.shape[3] - columns) // along + 1
        out = np.empty((*x.shape[:2], *size), x.dtype)
        for n, c, i, j in np.ndindex(*out.shape):
            top, left = i * down, j * along
            window = x[n, c, top : top + rows, left : left + columns]
            out[n, c, i, j] = getattr(window, self.kind)()
        return out

    def backward(self, dout):
        dx, (rows, columns), (down, along) = np.zeros_like(self.x), self.kernel, self.stride
        for n, c, i, j in np.ndindex(*dout.shape):
            top, left, g = i * down, j * along, dout[n, c, i, j]
            window = self.x[n, c, top : top + rows, left : left + columns]
            if self.kind == "max":
                r, t = divmod(int(window.argmax()), columns)
                dx[n, c, top + r, left + t] += g
            else:
                g = g / (rows * columns) if self.kind == "mean" else g
                dx[n, c, top : top + rows, left : left + columns] += g
        return dx


@variants.alternative
class ByAMatrix:
    """Each window is a row of weights on the pixels; backward is the transpose."""

    def __init__(self, kind, kernel, stride):
        self.kind, self.kernel, self.stride = kind, kernel, stride

    def forward(self, x):
        n, c, height, width = self.shape = x.shape
        index = np.arange(height * width).reshape(height, width)
        windows = np.lib.stride_tricks.sliding_window_view(index, self.kernel)
        windows = windows[:: self.stride[0], :: self.stride[1]]
        pixels = x.reshape(n, c, -1)[:, :, windows.reshape(*windows.shape[:2], -1)]
        self.seen = windows.reshape(-1, windows.shape[2] * windows.shape[3])
        if self.kind == "max":
            weights = np.eye(pixels.shape[-1])[pixels.argmax(axis=-1)]
        else:
            weights = np.full(pixels.shape, 1 / pixels.shape[-1] if self.kind == "mean" else 1)
        self.weights = weights.reshape(n, c, -1, pixels.shape[-1])
        return (weights * pixels).sum(axis=-1)

    def backward(self, dout):
        n, c, height, width = self.shape
        dx = np.zeros((n, c, height * width))
        sent = self.weights * dout.reshape(n, c, -1, 1)
        np.add.at(dx, np.s_[:, :, self.seen], sent)
        return dx.reshape(self.shape)
