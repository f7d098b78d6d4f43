"""Problem set 5, regularization: what is asked, on which inputs, and against what it is graded.

Whatever is random comes in as an argument, as numbers already drawn, so that every answer is
unique; the one class that draws for itself is judged by what all right draws have in common.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.check.measure import Measure
from cvlib.datasets import Dataset
from cvlib.grading.digits import archive, grey_values, released_and_hidden
from cvlib.grading.spec import Case, Exercise, ProblemSet
from cvlib.regularization import (
    all_masks,
    arithmetic_mean,
    color_cast,
    dropout_backward,
    dropout_forward,
    elastic_net_backward,
    elastic_net_forward,
    elastic_net_proximal,
    gamma,
    geometric_mean,
    grouped_k_fold,
    mask_probabilities,
    ridge_fit,
    smooth_labels,
    stopping_point,
    warp_forward,
)

Rng = np.random.Generator
EXACT = Tolerance(rtol=0.0, atol=0.0)
CHAPTER = "05_regularization"


def section(anchor: str) -> str:
    return f"{CHAPTER}#{anchor}"


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# --- 1, 2: what weights cost --------------------------------------------------------------------


def draw_weights(rng: Rng) -> Iterator[Case]:
    for part, l1, l2 in (
        ("L2", 0.0, 0.3), ("L1", 0.7, 0.0), ("both", 0.2, 0.5), ("weights that are 0", 0.4, 0.1),
    ):  # fmt: skip
        for shape in ((4,), (3, 5)):
            w = rng.normal(size=shape)
            if part == "weights that are 0":
                w.ravel()[rng.permutation(w.size)[:2]] = 0
            yield Case((w, l1 * rng.uniform(0.5, 1.5), l2 * rng.uniform(0.5, 1.5)), part=part)


def elastic_net(w: np.ndarray, l1: float, l2: float) -> tuple[float, np.ndarray]:
    value, cache = elastic_net_forward(w, l1=l1, l2=l2)
    return float(value), elastic_net_backward(1.0, cache)


def draw_steps(rng: Rng) -> Iterator[Case]:
    for part, l1, l2 in (
        ("L1", 0.2, 0.0),
        ("weights that arrive at 0", 1.0, 0.0),
        ("L2", 0.0, 0.6),
        ("both", 0.5, 0.8),
    ):
        for size in (5, 8):
            sign = rng.choice([-1.0, 1.0], size)
            w = sign * rng.uniform(0.5, 2.0, size)
            if part == "weights that arrive at 0":
                w[: size // 2] /= 10
                w[-1] = 2 * sign[-1]
            slope = rng.uniform(-0.3, 0.3, size)
            yield Case((w, slope, rng.uniform(0.3, 0.5), l1 * rng.uniform(0.8, 1.2), l2), part=part)


def proximal_step(w: np.ndarray, slope: np.ndarray, lr: float, l1: float, l2: float) -> np.ndarray:
    return elastic_net_proximal(w - lr * slope, lr=lr, l1=l1, l2=l2)


# --- 3, 4: least squares, and the least weights --------------------------------------------------


def draw_regressions(rng: Rng) -> Iterator[Case]:
    for part, shapes, l2 in (
        ("few features", [(8, 3), (6, 4)], 0.7),
        ("more features than examples", [(3, 7), (4, 6)], 0.7),
        ("l2 = 0, the shortest", [(3, 6), (2, 5)], 0.0),
    ):
        for n, d in shapes:
            features, y = rng.normal(size=(n, d)), rng.normal(size=n)
            yield Case((features, y, l2 * rng.uniform(0.5, 2.0)), part=part)


def ridge(features: np.ndarray, y: np.ndarray, l2: float) -> np.ndarray:
    return ridge_fit(features, y, l2=l2)


def read_key(target, key):
    return target.get(key)


# --- 5, 6, 7: dropout ---------------------------------------------------------------------------


def draw_dropout(rng: Rng) -> Iterator[Case]:
    for part, training in (("training", True), ("the gradient", True), ("test time", False)):
        for rate, shape in ((0.5, (3, 4)), (0.2, (2, 5)), (0.75, (6, 3))):
            x, dout = rng.normal(size=shape), rng.normal(size=shape)
            uniform = rng.uniform(size=shape)
            uniform[0, :2] = rate / 2, (1 + rate) / 2  # one of each, at least
            yield Case((part, x, dout, uniform, rate, training), part=part)


def dropout(
    x: np.ndarray, dout: np.ndarray, uniform: np.ndarray, rate: float, training: bool
) -> tuple[np.ndarray, np.ndarray]:
    if not training:
        return x, dout
    out, cache = dropout_forward(x, uniform >= rate, rate=rate)
    return out, dropout_backward(dout, cache)


def both_passes(target, part, x, dout, uniform, rate, training):
    out, dx = target(x, dout, uniform, rate, training)
    if part == "training":
        return {"out": out}
    return {"dx": dx} if part == "the gradient" else {"out": out, "dx": dx}


def draw_last_layers(rng: Rng) -> Iterator[Case]:
    for part, rate, which in (
        ("arithmetic mean", 0.5, 0),
        ("geometric mean", 0.5, 1),
        ("another rate", 0.2, 0),
        ("another rate", 0.7, 1),
    ):
        for units, classes in ((3, 2), (5, 4)):
            h, w = rng.normal(size=(3, units)), 1.5 * rng.normal(size=(classes, units))
            yield Case((which, h, w, rng.normal(size=classes), rate), part=part)


def mean_of_networks(
    h: np.ndarray, w: np.ndarray, b: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    masks = all_masks(h.shape[1])
    shares = mask_probabilities(masks, rate)
    logs = np.log(softmax((h * masks[:, None] / (1 - rate)) @ w.T + b))
    return arithmetic_mean(logs, shares), geometric_mean(logs, shares)


def one_mean(target, which, *args):
    return target(*args)[which]


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
    images, maps = 400, 24
    x, dout = rng.uniform(1, 2, (2, images, maps, 2, 3))
    layer = target(rate, np.random.default_rng(seed + 1))
    out = layer.forward(x, True)
    factors = out / x
    first = factors[:, :, 0, 0]
    if part == "whole maps":  # every map by one factor, which factors, and not all images alike
        alike = np.ptp(factors, axis=(2, 3)) < 1e-9
        kinds = np.unique(np.round(factors, 6))[:4]
        patterns = len(np.unique(np.round(first, 6), axis=0))
        return np.array([alike.sum(), min(patterns, 9), *kinds])
    if part == "how many":  # the share that is dropped, and the mean factor
        return np.array([(first == 0).mean(), first.mean()])
    if part == "a mask a batch":  # the share of maps with another fate in the next batch
        again = (layer.forward(x, True) / x)[:, :, 0, 0]
        return float((np.abs(again - first) > 1e-9).mean())
    if part == "the gradient":
        agree = np.abs(layer.backward(dout) / dout - factors) < 1e-9
        return np.array([agree.sum(), factors.max()])
    out = layer.forward(x[:2, :3], False)
    return {"out": out, "dx": layer.backward(dout[:2, :3])}


# --- 8, 9, 10: pictures -------------------------------------------------------------------------


def draw_moves(rng: Rng) -> Iterator[Case]:
    still = np.eye(2)

    def image() -> np.ndarray:
        rows, columns = rng.permutation(np.arange(5, 9))[:2]
        return rng.uniform(0.2, 1.0, (int(rows), int(columns)))

    def signed(low: float, high: float) -> float:
        return float(rng.choice([-1, 1]) * rng.uniform(low, high))

    whole = rng.choice([-2.0, -1.0, 1.0, 2.0], (2, 2))
    for row, column in whole:
        yield Case((image(), still, np.array([row, 2 * column])), part="whole pixels")
    for _ in range(2):
        shift = rng.choice([-1.0, 1.0], 2) * (rng.uniform(0.2, 0.45, 2) + np.arange(2))
        yield Case((image(), still, shift), part="parts of a pixel")
    for degrees in (180.0, signed(20, 70)):
        angle = np.deg2rad(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        yield Case((image(), turn, np.zeros(2)), part="turns about the centre")
    for matrix in (
        np.diag([rng.uniform(1.4, 1.9), rng.uniform(0.5, 0.7)]),
        np.array([[1.0, 0.0], [signed(0.4, 0.9), 1.0]]),
    ):
        yield Case((image(), matrix, np.zeros(2)), part="stretch and shear")
    angle = np.deg2rad(signed(20, 70))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    move = (image(), turn * rng.uniform(0.7, 0.9), rng.uniform(0.5, 1.5, 2))
    yield Case(move, part="all at once")


def warp(image: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    move = np.eye(3)
    move[:2, :2], move[:2, 2] = matrix, shift
    return warp_forward(image[None, None], move)[0][0, 0]


def draw_light(rng: Rng) -> Iterator[Case]:
    def pixels() -> np.ndarray:
        return rng.uniform(0.05, 0.65, (3, 4, 5))

    def gains() -> np.ndarray:
        return rng.permutation([rng.uniform(0.6, 0.8), rng.uniform(0.9, 1.1), 1.4])

    for exponent in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5)):
        yield Case((pixels(), np.ones(3), float(exponent)), part="gamma")
    yield Case((pixels(), gains(), 1.0), part="colour cast")
    burnt = pixels() + 0.35
    yield Case((burnt, gains() + 0.2, 1.0), part="burnt out")
    yield Case((burnt, gains() + 0.2, float(rng.uniform(1.5, 2.5))), part="both")


def light(x: np.ndarray, gains: np.ndarray, exponent: float) -> np.ndarray:
    return gamma(color_cast(x[None], gains), exponent)[0]


#: In the order of the notebook: mirror, half a turn, upside-down mirror, 5°, shift, red ⇄ green, γ.
KEEPERS = {
    "digit": [0, 0, 0, 1, 1, 1, 1],
    "tomato": [1, 1, 1, 1, 1, 0, 1],
    "heart": [0, 0, 1, 1, 1, 1, 1],
    "upright": [1, 0, 0, 1, 1, 1, 1],
}


# --- 11, 12, 13: labels, stopping, folds ---------------------------------------------------------


def draw_disturbances(rng: Rng) -> Iterator[Case]:
    for part, which, sizes in (
        ("distribution of the label", 0, [(3, 4), (2, 10)]),
        ("gradient of one example", 1, [(1, 3), (1, 10)]),
        ("gradient of a batch", 1, [(5, 4), (8, 10)]),
    ):
        for n, classes in sizes:
            scores, labels = rng.normal(size=(n, classes)), rng.integers(0, classes, n)
            yield Case((which, scores, labels, float(rng.uniform(0.2, 0.6))), part=part)


def disturbed(
    scores: np.ndarray, labels: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    targets = smooth_labels(labels, scores.shape[1], alpha, dtype=np.float64)
    return targets, (softmax(scores) - targets) / len(labels)


def draw_losses(rng: Rng) -> Iterator[Case]:
    def falling(count: int, low: float, high: float) -> list[float]:
        return sorted(rng.uniform(low, high, count).tolist(), reverse=True)

    for patience in (2, 3, 4):
        valley = falling(int(rng.integers(3, 6)), 1.0, 2.0)
        climb = falling(patience + 3, 2.1, 3.0)[::-1]
        yield Case((valley + climb, patience), part="one valley")
        # a bump shorter than the patience, in which every epoch but the first beats the one before
        bump = falling(patience - 1, 2.1, 3.0)
        second = falling(2, 0.3, 0.9)
        yield Case((valley + bump + second + climb, patience), part="a bump")
        slide = falling(patience + 3, 2.1, 3.0)  # better than the last time, never than the best
        yield Case((valley + slide + second, patience), part="a slow return")
        flat = [valley[-1]] * (patience + 2)
        yield Case((valley + flat + second, patience), part="a plateau")
        yield Case((falling(5, 1.0, 2.0) + falling(2, 0.2, 0.9), patience), part="no end in sight")


def stop_early(losses: list[float], patience: int) -> tuple[int, int]:
    return stopping_point(losses, patience)


def draw_groups(rng: Rng) -> Iterator[Case]:
    for k in (3, 4):
        count = 3 * k + 2
        alone = 10 + rng.permutation(count)
        yield Case(("every example once", alone, k), part="every example once")
        yield Case(("even folds", alone, k), part="even folds")
        together = 10 + rng.permutation(
            np.repeat(np.arange(2 * k + 1), rng.integers(2, 5, 2 * k + 1))
        )
        yield Case(("together", together, k), part="copies stay together")


def split(groups: np.ndarray, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return grouped_k_fold(groups, k, np.random.default_rng(0))


def properties(target, part, groups, k):
    import numpy as np

    pairs = [tuple(np.asarray(a).ravel() for a in pair) for pair in target(groups, k)]
    if any(a.size and not np.all((a >= 0) & (a == np.floor(a))) for pair in pairs for a in pair):
        raise ValueError("expected indices: whole numbers from 0")
    pairs = [tuple(a.astype(int) for a in pair) for pair in pairs]
    if part == "every example once":
        return np.sort(np.concatenate([v for _, v in pairs]))
    if part == "even folds":
        return np.sort([len(np.setdiff1d(v, t)) for t, v in pairs])
    # in each fold: groups left plus groups right, examples left plus examples right
    counts = [
        [len(np.unique(groups[t])) + len(np.unique(groups[v])), len(np.unique(np.r_[t, v]))]
        for t, v in pairs
    ]
    return np.array(counts)


# --- 14: a network that is moved ----------------------------------------------------------------

MARGIN, TRAINED = 2, 400


def framed(digits: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Digits in the middle of 12 × 12 pixels, uint8 0 … 16, and their labels."""
    frame = ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))
    return np.pad(grey_values(digits.images), frame), digits.labels


@functools.cache
def training_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 400 digits of ``digits.npz``."""
    released, _ = released_and_hidden()
    return framed(released.subset(slice(TRAINED)))


def moved_by(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Each image moved by (rows, columns) of at most the margin, so nothing is cut off."""
    return np.stack([np.roll(i, p, (0, 1)) for i, p in zip(images, places, strict=True)])


def training_file() -> bytes:
    """400 digits, all in the middle of the frame."""
    images, labels = training_digits()
    return archive(images=images, labels=labels)


def draw_digits(rng: Rng) -> Iterator[Case]:
    images, labels = framed(released_and_hidden()[1])
    unseen = rng.permutation(len(images))
    for part, picked in (("in the middle", unseen[:200]), ("anywhere", unseen[200:400])):
        places = np.zeros((200, 2), int)
        if part == "anywhere":
            places = rng.integers(-MARGIN, MARGIN + 1, (200, 2))
            far = rng.random(200) < 0.5
            places[:, 0] = np.where(far, MARGIN * rng.choice([-1, 1], 200), places[:, 0])
        yield Case((moved_by(images[picked], places),), part=part, truth=labels[picked])


@functools.cache
def shifted_memory() -> tuple[np.ndarray, np.ndarray]:
    """Every training digit at every place."""
    images, labels = training_digits()
    reach = range(-MARGIN, MARGIN + 1)
    copies = [np.roll(images, (i, j), (1, 2)) for i in reach for j in reach]
    known = np.concatenate(copies).reshape(-1, 144).astype(float)
    return known, np.tile(labels, len(copies))


def nearest(images: np.ndarray) -> np.ndarray:
    known, labels = shifted_memory()
    x = np.asarray(images, float).reshape(len(images), -1)
    distances = np.square(known).sum(axis=1) - 2 * x @ known.T
    return labels[distances.argmin(axis=1)]


def ask(target, images):
    return target(images)


PROBLEM_SET = ProblemSet(
    id="ps05_regularization",
    title="Regularization",
    chapter=CHAPTER,
    files={"digits.npz": training_file},
    exercises=(
        Exercise(
            id="elastic_net",
            title="What weights cost",
            points=2,
            objective="Compute the elastic net penalty and its gradient.",
            section=section("reg-elastic"),
            reference=elastic_net,
            cases=draw_weights,
            hints={
                "L2": "Each weight costs l2/2 times its square. What is the slope of a square? "
                "Compare *A price on weights*.",
                "L1": "Each weight costs l1 times its size. The slope of |w| is the same for a "
                "large weight and for a small one, up to its sign.",
                "both": "Two prices, added; so are their gradients.",
                "weights that are 0": "At 0 the absolute value has a kink. The exercise says which "
                "slope to take there.",
            },
        ),
        Exercise(
            id="proximal_step",
            title="Weights that are exactly 0",
            points=2,
            objective="Take a proximal step for the elastic net.",
            section=section("reg-elastic"),
            reference=proximal_step,
            cases=draw_steps,
            hints={
                "L1": "First the gradient step of the loss alone, to v. Then move every number by "
                "lr · l1 towards 0.",
                "weights that arrive at 0": "A number nearer to 0 than lr · l1 stops there. It "
                "does not come out on the other side.",
                "L2": "Set the derivative of (w − v)² / 2lr + l2/2 · w² to zero and solve for w.",
                "both": "Solve it for a positive v by hand, with both prices: in which order do "
                "the subtraction and the division come?",
            },
        ),
        Exercise(
            id="ridge",
            title="Ridge, and the shortest of all",
            points=2,
            objective="Solve least squares with an L2 price in closed form, and without a price.",
            section=section("reg-penalties"),
            reference=ridge,
            cases=draw_regressions,
            hints={
                "few features": "Set the gradient of ½|Xw − y|² + l2/2 · |w|² to zero: a "
                "linear system for w.",
                "more features than examples": "With a price the system is solvable whatever the "
                "shape of X. Which matrix is added, and where?",
                "l2 = 0, the shortest": "Many w fit exactly. The shortest is a combination of the "
                "rows of X. Compare *Why L2 spreads weights, and L1 does not care*.",
            },
        ),
        Exercise(
            id="least_weights",
            title="The cheapest way to 21",
            points=2,
            objective="Find the weights of least L2 and of least L1 norm with a given score.",
            section=section("reg-l2-spreads"),
            kind="answer",
            reference={"l2": [1.0, 2.0, 4.0], "l1": [0.0, 0.0, 5.25]},
            cases=lambda rng: [Case((key,), part=key) for key in ("l2", "l1")],
            driver=read_key,
            hints={
                "l2": "By Cauchy and Schwarz: among all w with one score, which direction is "
                "shortest?",
                "l1": "What does one unit of score cost if you buy it at the first pixel, the "
                "second, the third?",
            },
        ),
        Exercise(
            id="dropout",
            title="Dropout, both ways, both times",
            points=3,
            objective="Implement inverted dropout forward and backward, in training and in test.",
            section=section("reg-dropout"),
            reference=dropout,
            cases=draw_dropout,
            driver=both_passes,
            hints={
                "training": "Which units fall, those with a number below the rate or above? And "
                "the others must make up for them: with rate 0.75, one unit does the work of four.",
                "the gradient": "out is x times a factor that does not depend on x.",
                "test time": "Inverted dropout has done all its scaling in training. Compare "
                "*Dropout: leave half of the units out*.",
            },
        ),
        Exercise(
            id="mean_of_networks",
            title="All the networks at once",
            points=3,
            objective="Average all 2^H networks of dropout before a softmax, in two ways.",
            section=section("reg-dropout-ensemble"),
            reference=mean_of_networks,
            cases=draw_last_layers,
            driver=one_mean,
            hints={
                "arithmetic mean": "For each of the 2^H masks: mask, divide by 1 − rate, multiply "
                "by w, add b, softmax. Then average the probabilities.",
                "geometric mean": "Average the logarithms of the probabilities, take the "
                "exponential, and make each row sum to 1 again. Compare "
                "*The mean of 1,024 networks*.",
                "another rate": "Now not all masks are equally likely: what is the probability "
                "that dropout draws this one?",
            },
        ),
        Exercise(
            id="DropChannels",
            title="Whole maps or nothing",
            points=3,
            objective="Build a layer that drops channels in training and does nothing in test.",
            section=section("reg-dropout"),
            kind="class",
            reference=Channels,
            cases=draw_channels,
            driver=use_channels,
            # two draws of 9,600 maps: the mean factors differ by 0.014 (standard deviation)
            tolerances=dict.fromkeys(("how many", "a mask a batch"), Tolerance(0.0, 0.1)),
            hints={
                "whole maps": "One draw for each image and each channel, for all its pixels: which "
                "shape of random numbers does that by broadcasting?",
                "how many": "A map falls with probability rate, and what stays is divided by the "
                "probability of staying.",
                "a mask a batch": "Draw in forward, each time anew.",
                "the gradient": "backward must use the mask that the last forward drew.",
                "test time": "With training=False nothing falls and nothing is scaled, and the "
                "gradient passes as it is, also after a training batch.",
            },
        ),
        Exercise(
            id="warp",
            title="One warp for every move",
            points=4,
            objective="Move a picture by any affine map, about its centre, between the pixels.",
            section=section("reg-augmentation"),
            reference=warp,
            cases=draw_moves,
            hints={
                "whole pixels": "Ask each output pixel where it comes from. For a shift by +1 row, "
                "output row 3 shows input row 2. What comes from outside is 0.",
                "parts of a pixel": "Between four pixels, weigh each by how near it is: "
                "(1 − distance down) · (1 − distance right).",
                "turns about the centre": "The centre of n pixels is at (n − 1)/2. Half a turn "
                "must give image[::-1, ::-1] exactly.",
                "stretch and shear": "Does your output pixel go forward through the matrix, or "
                "back? Compare *Augmentation: the same picture, seen differently*.",
                "all at once": "p goes to matrix @ p + shift. Solve for p: first take the shift "
                "off, then undo the matrix.",
            },
        ),
        Exercise(
            id="light",
            title="Another lamp",
            points=2,
            objective="Tint a picture and bend its scale of brightness.",
            section=section("reg-augmentation"),
            reference=light,
            cases=draw_light,
            hints={
                "gamma": "A power of the pixel. An exponent below 1 makes the picture lighter.",
                "colour cast": "x is (C, H, W) and gains is (C,): which axis does it belong to?",
                "burnt out": "A sensor cannot say more than 1.",
                "both": "First the lamp and the sensor, then the curve.",
            },
        ),
        Exercise(
            id="label_keepers",
            title="Who keeps the label?",
            points=2,
            objective="Tell which augmentations keep the label, task by task.",
            section=section("reg-flip-wrong"),
            kind="answer",
            reference=KEEPERS,
            cases=lambda rng: [Case((key,), part=key) for key in KEEPERS],
            driver=read_key,
            tolerance=EXACT,
            hints={
                "digit": "One digit that becomes another, or becomes none, is enough for a 0. Try "
                "2, 5, 6 and 9.",
                "tomato": "Does the answer depend on how the tomato lies?",
                "heart": "Which changes swap the left and the right half of the picture, and which "
                "only turn it over from top to bottom?",
                "upright": "Which changes swap the upper and the lower half?",
            },
        ),
        Exercise(
            id="disturbed",
            title="What a disturbed label teaches on average",
            points=3,
            objective="Derive the expected target and gradient of DisturbLabel.",
            section=section("reg-disturblabel"),
            reference=disturbed,
            cases=draw_disturbances,
            driver=one_mean,
            hints={
                "distribution of the label": "With probability alpha the label is drawn anew from "
                "all classes, and the true one is among them.",
                "gradient of one example": "For a label y the gradient is softmax(scores) minus "
                "the one-hot vector of y. Average it over y.",
                "gradient of a batch": "The loss is the mean over the examples.",
            },
        ),
        Exercise(
            id="stop_early",
            title="When to stop",
            points=2,
            objective="Apply the patience rule to a sequence of validation losses.",
            section=section("reg-early-stopping"),
            reference=stop_early,
            cases=draw_losses,
            tolerance=EXACT,
            hints={
                "one valley": "Count the epochs since the best one. When there are as many as your "
                "patience, stop. Epochs count from 0.",
                "a bump": "A bump shorter than the patience is climbed.",
                "a slow return": "Compare with the best so far, not with the epoch before; and you "
                "do not know what comes after you have stopped.",
                "a plateau": "As good as the best is not better.",
                "no end in sight": "Then all epochs are run.",
            },
        ),
        Exercise(
            id="split",
            title="Folds that do not leak",
            points=2,
            objective="Split data for cross-validation with copies kept together.",
            section=section("reg-cross-validation"),
            reference=split,
            cases=draw_groups,
            driver=properties,
            tolerance=EXACT,
            hints={
                "every example once": "Put the validation parts of all folds together: every index "
                "must be there once.",
                "even folds": "With 11 groups in 3 folds: 4, 4 and 3.",
                "copies stay together": "Deal the groups, not the examples; the training part is "
                "everything else.",
            },
        ),
        Exercise(
            id="predict",
            title="The loose tray",
            points=4,
            objective="Train a classifier for pictures that move, from pictures that do not.",
            section=section("reg-augmentation"),
            kind="model",
            reference=nearest,
            cases=draw_digits,
            driver=ask,
            measure=Measure("accuracy", at_least=0.86),
            seconds=60.0,
            hints={
                "in the middle": "Is a picture treated in predict exactly as in training? Is the "
                "training long enough? With moved pictures it needs more epochs.",
                "anywhere": "Show the network each digit at other places, up to 2 pixels along "
                "both axes, and with its own label. Compare "
                "*Augmentation: the same picture, seen differently*.",
            },
        ),
        Exercise(
            id="report",
            title="A report to take apart",
            points=4,
            objective="Find what makes a reported accuracy wrong, and say how to mend it.",
            section=section("reg-cross-validation"),
            kind="written",
        ),
    ),
)
