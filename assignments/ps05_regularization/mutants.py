"""Problem set 5, regularization: plausible wrong answers, each a misconception, and right ones.

A mutant is written as its misconception, mostly in NumPy, so that it can be pasted into a notebook.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from cvlib.grading.digits import grey_values, released_and_hidden
from cvlib.grading.spec import Variants

variants = Variants()
mutant, alternative = variants.mutant, variants.alternative


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# --- elastic_net --------------------------------------------------------------------------------


@mutant(
    "elastic_net",
    "Your price of the squares has no ½, and so your gradient has a 2. Both agree with each other, "
    "and not with the exercise: λ/2 · Σw², whose slope is λw. See *A price on weights*.",
)
def forgets_the_half(w, l1, l2):
    return l1 * np.abs(w).sum() + l2 * (w**2).sum(), l1 * np.sign(w) + 2 * l2 * w


@mutant(
    "elastic_net",
    "The price is right. In its gradient the 2 of the square's slope and the ½ in front cancel; "
    "you kept the 2. See *A price on weights*.",
)
def keeps_the_two(w, l1, l2):
    return l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum(), l1 * np.sign(w) + 2 * l2 * w


@mutant(
    "elastic_net",
    "You averaged over the weights. The price is a sum: a network with twice as many weights of "
    "the same size pays twice as much. See *A price on weights*.",
)
def averages(w, l1, l2):
    gradient = (l1 * np.sign(w) + l2 * w) / w.size
    return l1 * np.abs(w).mean() + l2 / 2 * (w**2).mean(), gradient


@mutant(
    "elastic_net",
    "Your L1 gradient is +l1 for every weight. A negative weight gets cheaper when it grows: the "
    "slope of |w| is the sign of w. See *A price on weights*.",
)
def forgets_the_sign(w, l1, l2):
    return l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum(), l1 * (w != 0) + l2 * w


@mutant(
    "elastic_net",
    "You took the length of w, the root of the sum of squares. Ridge and weight decay price the "
    "squares themselves. See *A price on weights*.",
)
def prices_the_length(w, l1, l2):
    length = np.sqrt((w**2).sum())
    return l1 * np.abs(w).sum() + l2 * length, l1 * np.sign(w) + l2 * w / length


@mutant(
    "elastic_net",
    "You multiplied both terms by l1: that is the form λ(β Σw² + Σ|w|), in which β is only a "
    "ratio. Here each price has its own factor. See *Elastic net: both prices at once*.",
)
def shares_the_factor(w, l1, l2):
    return l1 * (np.abs(w).sum() + l2 / 2 * (w**2).sum()), l1 * (np.sign(w) + l2 * w)


@mutant(
    "elastic_net",
    "All is right but for the weights that are 0: they got the slope of the positive side. The "
    "exercise asks for 0 there. See *A price on weights*.",
)
def pushes_zeros(w, l1, l2):
    side = np.where(w >= 0, 1.0, -1.0)
    return l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum(), l1 * side + l2 * w


@alternative("elastic_net")
def weight_by_weight(w, l1, l2):
    value, gradient = 0.0, np.zeros_like(w)
    for index, one in np.ndenumerate(w):
        value += l1 * abs(one) + l2 / 2 * one * one
        gradient[index] = l2 * one + (l1 if one > 0 else -l1 if one < 0 else 0.0)
    return value, gradient


@alternative("elastic_net")
def as_products(w, l1, l2):
    direction = np.sign(w)
    return float(np.vdot(w, l1 * direction + l2 / 2 * w)), l2 * w + l1 * direction


# --- proximal_step ------------------------------------------------------------------------------


@mutant(
    "proximal_step",
    "You took a step along the gradient of the penalty. It pushes small weights past 0, so none "
    "ever stays there: that is what the proximal step is for. See *Elastic net: both prices at "
    "once*.",
)
def steps_along_the_slope(w, slope, lr, l1, l2):
    return w - lr * (slope + l1 * np.sign(w) + l2 * w)


@mutant(
    "proximal_step",
    "You moved every weight by l1, whatever the learning rate. The compromise is with a step of "
    "length lr: the threshold is lr · l1. See *Elastic net: both prices at once*.",
)
def forgets_the_rate(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.sign(v) * np.maximum(np.abs(v) - l1, 0) / (1 + l2)


@mutant(
    "proximal_step",
    "You set small weights to 0 and left the large ones alone (a hard threshold). L1 makes the "
    "large ones pay as well: all move by lr · l1. See *Elastic net: both prices at once*.",
)
def hard_threshold(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.where(np.abs(v) > lr * l1, v, 0.0) / (1 + lr * l2)


@mutant(
    "proximal_step",
    "You divided for L2 first and subtracted for L1 then. Set the derivative to zero for v > 0: "
    "(w − v)/lr + l1 + l2 w = 0 gives w = (v − lr l1)/(1 + lr l2). See *Elastic net: both prices "
    "at once*.",
)
def divides_first(w, slope, lr, l1, l2):
    v = (w - lr * slope) / (1 + lr * l2)
    return np.sign(v) * np.maximum(np.abs(v) - lr * l1, 0)


@mutant(
    "proximal_step",
    "You let numbers near 0 come out on the other side. Where |v| is less than lr · l1, the best w "
    "is 0: neither side is cheaper. See *Elastic net: both prices at once*.",
)
def crosses_zero(w, slope, lr, l1, l2):
    v = w - lr * slope
    return (v - lr * l1 * np.sign(v)) / (1 + lr * l2)


@mutant(
    "proximal_step",
    "You forgot the step of the loss: it comes first, v = w − lr · slope, and the penalty "
    "answers to v. See *Elastic net: both prices at once*.",
)
def forgets_the_loss(w, slope, lr, l1, l2):
    return np.sign(w) * np.maximum(np.abs(w) - lr * l1, 0) / (1 + lr * l2)


@mutant(
    "proximal_step",
    "You divided by 1 + 2·lr·l2. That answers to l2 · Σu²; here the squares cost l2/2, and the "
    "derivative is l2·u. See *Elastic net: both prices at once*.",
)
def forgets_the_half_again(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.sign(v) * np.maximum(np.abs(v) - lr * l1, 0) / (1 + 2 * lr * l2)


@alternative("proximal_step")
def minus_a_clip(w, slope, lr, l1, l2):
    v = w - lr * slope
    return (v - np.clip(v, -lr * l1, lr * l1)) / (1 + lr * l2)


@alternative("proximal_step")
def case_by_case(w, slope, lr, l1, l2):
    new = []
    for one, s in zip(w, slope, strict=True):
        v, t = one - lr * s, lr * l1
        new.append((v - t if v > t else v + t if v < -t else 0.0) / (1 + lr * l2))
    return new


# --- ridge --------------------------------------------------------------------------------------


@mutant(
    "ridge",
    "You added l2 to every entry of XᵀX. The price l2/2 · Σw² adds it to the diagonal only: "
    "its gradient l2·w is l2·I times w. See *A price on weights*.",
)
def adds_to_every_entry(features, y, l2):
    return np.linalg.pinv(features.T @ features + l2) @ features.T @ y


@mutant(
    "ridge",
    "You multiplied the price by the number of examples, as for a mean loss. Here the errors are "
    "summed. See *A price on weights*.",
)
def prices_a_mean(features, y, l2):
    n, d = features.shape
    return np.linalg.pinv(features.T @ features + n * l2 * np.eye(d)) @ features.T @ y


@mutant(
    "ridge",
    "Your weights are those of plain least squares, the shortest of them: the price l2 is not in "
    "them. See *A price on weights*.",
)
def ignores_the_price(features, y, l2):
    return np.linalg.pinv(features) @ y


@mutant(
    "ridge",
    "Right with a price. Without one you fit with as few features as there are examples and left "
    "the others at 0: that fits, but it is not the shortest. See *Why L2 spreads weights, and L1 "
    "does not care*.",
)
def uses_the_first_features(features, y, l2):
    n, d = features.shape
    if l2:
        return np.linalg.solve(features.T @ features + l2 * np.eye(d), features.T @ y)
    return np.r_[np.linalg.lstsq(features[:, :n], y, rcond=None)[0], np.zeros(d - min(n, d))]


@mutant(
    "ridge",
    "You added the square root of l2 to the diagonal (or the price of |w| in place of |w|²). Set "
    "the gradient to zero once more: Xᵀ(Xw − y) + l2·w = 0. See *A price on weights*.",
)
def adds_the_root(features, y, l2):
    d = features.shape[1]
    return np.linalg.pinv(features.T @ features + np.sqrt(l2) * np.eye(d)) @ features.T @ y


@mutant(
    "ridge",
    "You added half of l2 to the diagonal. Errors and price are both halved, so that the halves "
    "cancel: Xᵀ(Xw − y) + l2·w = 0. See *A price on weights*.",
)
def halves_the_price(features, y, l2):
    d = features.shape[1]
    return np.linalg.pinv(features.T @ features + l2 / 2 * np.eye(d)) @ features.T @ y


@alternative("ridge")
def by_singular_values(features, y, l2):
    u, s, vt = np.linalg.svd(features, full_matrices=False)
    return vt.T @ (s / (s**2 + l2) * (u.T @ y))


@alternative("ridge")
def with_more_examples(features, y, l2):
    d = features.shape[1]
    x = np.vstack([features, np.sqrt(l2) * np.eye(d)])
    return np.linalg.lstsq(x, np.r_[y, np.zeros(d)], rcond=None)[0]


# --- least_weights ------------------------------------------------------------------------------

SPREADS = "*Why L2 spreads weights, and L1 does not care*"
variants.mutant_value(
    "least_weights",
    "equal_weights",
    {"l2": [3.0, 3.0, 3.0], "l1": [0.0, 0.0, 5.25]},
    "L1 is right. Equal weights are shortest only if all pixels are equal; here they cost 27, and "
    f"spreading in proportion to the pixels costs less. See {SPREADS}.",
)
variants.mutant_value(
    "least_weights",
    "the_darkest_pixel",
    {"l2": [1.0, 2.0, 4.0], "l1": [21.0, 0.0, 0.0]},
    "L2 is right. For L1 you bought all the score where a unit of it is dearest: at the pixel 1 it "
    f"costs 21, at the pixel 4 only 5.25. See {SPREADS}.",
)
variants.mutant_value(
    "least_weights",
    "swapped",
    {"l2": [0.0, 0.0, 5.25], "l1": [1.0, 2.0, 4.0]},
    "You have them the wrong way round: L2 spreads, L1 puts all eggs in one basket. See "
    f"{SPREADS}.",
)
variants.mutant_value(
    "least_weights",
    "one_for_both",
    {"l2": [1.0, 2.0, 4.0], "l1": [1.0, 2.0, 4.0]},
    "L2 is right. For L1 these weights cost 7, and there are cheaper ones: what does a unit of "
    f"score cost at each pixel? See {SPREADS}.",
)
variants.mutant_value(
    "least_weights",
    "a_unit_vector",
    {"l2": [1 / 21, 2 / 21, 4 / 21], "l1": [0.0, 0.0, 0.25]},
    f"The directions are right; the score comes out as 1 and was to be 21. See {SPREADS}.",
)
variants.alternative_value("least_weights", "whole_numbers", {"l1": (0, 0, 5.25), "l2": (1, 2, 4)})
variants.alternative_value(
    "least_weights",
    "arrays",
    {"l2": np.array([1.0, 2.0, 4.0]), "l1": np.array([0.0, 0.0, 21 / 4])},
)


# --- dropout ------------------------------------------------------------------------------------

LEAVE = "*Dropout: leave half of the units out*"


@mutant(
    "dropout",
    "You drop the units that should stay: a unit falls when its number is less than the rate. "
    f"With a rate of ½ nobody would notice. See {LEAVE}.",
)
def keeps_the_rate(x, dout, uniform, rate, training):
    factor = (uniform < rate) / (1 - rate) if training else 1.0
    return x * factor, dout * factor


@mutant(
    "dropout",
    "The units that stay are not scaled up, so in training the sums are too small by 1 − rate, and "
    f"nothing at test time makes up for it. See {LEAVE}.",
)
def never_scales(x, dout, uniform, rate, training):
    factor = (uniform >= rate) if training else 1.0
    return x * factor, dout * factor


@mutant(
    "dropout",
    "You divide by the rate. What stays must make up for what falls: the probability of staying is "
    f"1 − rate. At a rate of ½ both are the same. See {LEAVE}.",
)
def divides_by_the_rate(x, dout, uniform, rate, training):
    factor = (uniform >= rate) / rate if training else 1.0
    return x * factor, dout * factor


@mutant(
    "dropout",
    "Training is right, and then you scale again at test time. The inverted form scales in "
    f"training, the first paper's at test time; both together are too much. See {LEAVE}.",
)
def scales_twice(x, dout, uniform, rate, training):
    factor = (uniform >= rate) / (1 - rate) if training else 1 - rate
    return x * factor, dout * factor


@mutant(
    "dropout",
    "You drop at test time, too: the network would answer differently each time it is asked. See "
    f"{LEAVE}.",
)
def always_drops(x, dout, uniform, rate, training):
    factor = (uniform >= rate) / (1 - rate)
    return x * factor, dout * factor


@mutant(
    "dropout",
    "Forward is right. Backward sends the gradient through the units that fell as well; they had "
    f"no say in the output, so their gradient is 0. See {LEAVE}.",
)
def forgets_the_mask_backward(x, dout, uniform, rate, training):
    return x * ((uniform >= rate) / (1 - rate) if training else 1.0), dout


@mutant(
    "dropout",
    "Forward is right. Backward masks and does not scale: a unit that counted 1/(1 − rate) times "
    f"gets that much gradient. See {LEAVE}.",
)
def forgets_the_scale_backward(x, dout, uniform, rate, training):
    if not training:
        return x, dout
    return x * (uniform >= rate) / (1 - rate), dout * (uniform >= rate)


@alternative("dropout")
def with_where(x, dout, uniform, rate, training):
    if training:
        return tuple(np.where(uniform < rate, 0.0, a / (1 - rate)) for a in (x, dout))
    return x.copy(), dout.copy()


@alternative("dropout")
def in_place(x, dout, uniform, rate, training):
    out, dx = np.array([x, dout])
    if training:
        for a in (out, dx):
            a[uniform < rate] = 0
            a /= 1 - rate
    return [out, dx]


# --- mean_of_networks ---------------------------------------------------------------------------

MEAN = "*The mean of 1,024 networks*"


def every_mask(units: int) -> np.ndarray:
    return np.array(list(itertools.product([0.0, 1.0], repeat=units)))


def shares_of(masks: np.ndarray, rate: float) -> np.ndarray:
    kept = masks.sum(axis=1)
    return (1 - rate) ** kept * rate ** (masks.shape[1] - kept)


def predictions(h: Any, w: Any, b: Any, rate: float, *, scale: bool = True) -> np.ndarray:
    masks = every_mask(h.shape[1])
    return softmax((h * masks[:, None] / (1 - rate if scale else 1.0)) @ w.T + b)


@mutant(
    "mean_of_networks",
    "Right for a rate of ½. For another rate not all masks are equally likely: with k of H units "
    f"kept it is (1 − rate)^k · rate^(H − k). See {MEAN}.",
)
def all_masks_alike(h, w, b, rate):
    p = predictions(h, w, b, rate)
    return p.mean(axis=0), softmax(np.log(p).mean(axis=0))


@mutant(
    "mean_of_networks",
    "Your geometric mean does not sum to 1. A product of distributions is none until you normalize "
    f"it. See {MEAN}.",
)
def does_not_normalize(h, w, b, rate):
    p, shares = predictions(h, w, b, rate), shares_of(every_mask(h.shape[1]), rate)
    logs = np.tensordot(shares, np.log(p), 1)
    return np.tensordot(shares, p, 1), np.exp(logs)


@mutant(
    "mean_of_networks",
    "You masked and did not scale: each network of the ensemble sees its kept units divided by "
    f"1 − rate, as in training. See {MEAN}.",
)
def masks_only(h, w, b, rate):
    p = predictions(h, w, b, rate, scale=False)
    shares = shares_of(every_mask(h.shape[1]), rate)
    return np.tensordot(shares, p, 1), softmax(np.tensordot(shares, np.log(p), 1))


@mutant(
    "mean_of_networks",
    "Both of your means are the network without dropout. It equals the geometric one, which is the "
    f"point of the exercise, but not the arithmetic one. See {MEAN}.",
)
def one_network_for_both(h, w, b, rate):
    p = softmax(h @ w.T + b)
    return p, p


@mutant(
    "mean_of_networks",
    "Your probabilities of the masks have kept and dropped units exchanged: a unit falls with "
    f"probability rate. At ½ it makes no difference. See {MEAN}.",
)
def exchanges_the_shares(h, w, b, rate):
    p, shares = predictions(h, w, b, rate), shares_of(every_mask(h.shape[1]), 1 - rate)
    return np.tensordot(shares, p, 1), softmax(np.tensordot(shares, np.log(p), 1))


@alternative("mean_of_networks")
def with_all_masks_at_once(h, w, b, rate):
    p, shares = predictions(h, w, b, rate), shares_of(every_mask(h.shape[1]), rate)
    geometric = np.prod(p ** shares[:, None, None], axis=0)
    return np.tensordot(shares, p, 1), geometric / geometric.sum(axis=1, keepdims=True)


@alternative("mean_of_networks")
def with_the_theorem(h, w, b, rate):
    total = np.zeros((len(h), len(w)))
    for mask in itertools.product([False, True], repeat=h.shape[1]):
        share = np.prod([1 - rate if kept else rate for kept in mask])
        total += share * softmax((h * np.array(mask)) @ w.T / (1 - rate) + b)
    return total, softmax(h @ w.T + b)


# --- DropChannels -------------------------------------------------------------------------------


class Base:
    """A right layer in parts that mutants replace."""

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self.rng, self.factor = rate, rng, None

    def draw(self, x: np.ndarray) -> np.ndarray:
        return (self.rng.random((*x.shape[:2], 1, 1)) >= self.rate) / (1 - self.rate)

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        self.factor = self.draw(x) if training else np.ones((1, 1, 1, 1))
        return x * self.factor

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * self.factor


@mutant(
    "DropChannels",
    "Your layer drops single pixels. Here one draw decides for a whole map: the random numbers "
    f"have the shape (N, C, 1, 1). See {LEAVE}.",
)
class DropsPixels(Base):
    def draw(self, x):
        return (self.rng.random(x.shape) >= self.rate) / (1 - self.rate)


@mutant(
    "DropChannels",
    "Your layer drops the same channels in all images of the batch. Each image gets a draw of its "
    f"own: (N, C, 1, 1), not (1, C, 1, 1). See {LEAVE}.",
)
class OneDrawForAllImages(Base):
    def draw(self, x):
        drawn = self.rng.random((1, x.shape[1], 1, 1)) >= self.rate
        return np.repeat(drawn, len(x), axis=0) / (1 - self.rate)


@mutant(
    "DropChannels",
    "The maps that stay are not scaled up, so the next layer gets too little in training. See "
    f"{LEAVE}.",
)
class NeverScales(Base):
    def draw(self, x):
        return 1.0 * (self.rng.random((*x.shape[:2], 1, 1)) >= self.rate)


@mutant(
    "DropChannels",
    "Your layer draws its mask once and keeps it for ever. Then the dropped channels never learn: "
    f"draw afresh in every forward. See {LEAVE}.",
)
class DrawsOnce(Base):
    def draw(self, x):
        if not hasattr(self, "mask"):
            self.mask = super().draw(x)
        return self.mask


@mutant(
    "DropChannels",
    "Your backward draws a mask of its own. The gradient belongs to the maps that were there in "
    f"the last forward: keep that mask. See {LEAVE}.",
)
class DrawsAgainBackward(Base):
    def forward(self, x, training):
        self.training = training
        return super().forward(x, training)

    def backward(self, dout):
        return dout * (self.draw(dout) if self.training else 1.0)


@mutant(
    "DropChannels",
    "Your layer scales by 1 − rate at test time, although it has scaled up in training already. "
    f"One of the two is enough. See {LEAVE}.",
)
class ScalesAtTest(Base):
    def forward(self, x, training):
        self.factor = self.draw(x) if training else np.full((1, 1, 1, 1), 1 - self.rate)
        return x * self.factor


@mutant(
    "DropChannels",
    "At test time forward is right, and backward still uses the mask of the last training batch. "
    f"See {LEAVE}.",
)
class RemembersTooLong(Base):
    def forward(self, x, training):
        if not training:
            self.factor = self.factor[: x.shape[0], : x.shape[1]]
            return x
        return super().forward(x, training)


@alternative("DropChannels")
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


@alternative("DropChannels")
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


# --- warp ---------------------------------------------------------------------------------------

MOVES = "*Augmentation: the same picture, seen differently*"


def look_up(image: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Bilinear, with zeros outside; y and x are (H, W)."""
    rows, columns = np.arange(image.shape[0]), np.arange(image.shape[1])
    down = np.maximum(1 - np.abs(y[..., None] - rows), 0)
    right = np.maximum(1 - np.abs(x[..., None] - columns), 0)
    return np.einsum("ijr,rc,ijc->ij", down, image, right)


def places(image: np.ndarray, back: np.ndarray, shift: np.ndarray, centre: Any) -> np.ndarray:
    """Where the output pixels come from, (2, H, W)."""
    grid = np.stack(np.indices(image.shape).astype(float))
    centre = np.asarray(centre, float)[:, None, None]
    return np.tensordot(back, grid - centre - shift[:, None, None], 1) + centre


def middle(image: np.ndarray) -> np.ndarray:
    return (np.array(image.shape) - 1) / 2


@mutant(
    "warp",
    "You looked each output pixel up where the move sends it. It shows what the move brings: "
    f"solve matrix @ p + shift for p. See {MOVES}.",
)
def goes_forward(image, matrix, shift):
    grid = np.stack(np.indices(image.shape).astype(float))
    centre = middle(image)[:, None, None]
    y, x = np.tensordot(matrix, grid - centre, 1) + shift[:, None, None] + centre
    return look_up(image, y, x)


@mutant(
    "warp",
    "Your picture turns and grows about its upper left corner. Measure points from the centre. "
    f"See {MOVES}.",
)
def about_the_corner(image, matrix, shift):
    return look_up(image, *places(image, np.linalg.inv(matrix), shift, (0, 0)))


@mutant(
    "warp",
    "Your centre is n/2, half a pixel too far down and to the right: pixel 0 is at 0 and the "
    f"last at n − 1, so the middle is (n − 1)/2. See {MOVES}.",
)
def centre_half_a_pixel_off(image, matrix, shift):
    centre = np.array(image.shape) / 2
    return look_up(image, *places(image, np.linalg.inv(matrix), shift, centre))


@mutant(
    "warp",
    "You took the nearest pixel. Between pixels, mix the four around by how near they are: that is "
    f"the bilinear rule of the exercise. See {MOVES}.",
)
def takes_the_nearest(image, matrix, shift):
    y, x = places(image, np.linalg.inv(matrix), shift, middle(image))
    return look_up(image, np.round(y), np.round(x))


@mutant(
    "warp",
    "You took points as (x, y). Here they are (row, column), as in the index of an array, both "
    f"in the matrix and in the shift. See {MOVES}.",
)
def columns_first(image, matrix, shift):
    turned = places(image.T, np.linalg.inv(matrix), shift, middle(image.T))
    return look_up(image.T, *turned).T


@mutant(
    "warp",
    "You filled what comes from outside with the pixels of the border. Outside the picture is 0. "
    f"See {MOVES}.",
)
def repeats_the_border(image, matrix, shift):
    y, x = places(image, np.linalg.inv(matrix), shift, middle(image))
    height, width = image.shape
    return look_up(image, np.clip(y, 0, height - 1), np.clip(x, 0, width - 1))


@mutant(
    "warp",
    "You undid the matrix first and took the shift off then. The move turns first and shifts "
    f"after; backwards the order is the other one. See {MOVES}.",
)
def undoes_in_the_wrong_order(image, matrix, shift):
    back = np.linalg.inv(matrix)
    return look_up(image, *places(image, back, matrix @ shift, middle(image)))


@alternative("warp")
def with_tents(image, matrix, shift):
    return look_up(image, *places(image, np.linalg.inv(matrix), shift, middle(image)))


@alternative("warp")
def with_a_padded_picture(image, matrix, shift):
    height, width = image.shape
    padded = np.pad(image, 2)
    out = []
    for i, j in itertools.product(range(height), range(width)):
        point = np.linalg.solve(matrix, np.array([i, j]) - middle(image) - shift)
        y, x = np.clip(point + middle(image), -1.5, [height + 0.5, width + 0.5])
        top, left = int(np.floor(y)), int(np.floor(x))
        u, v = y - top, x - left
        (a, b), (c, d) = padded[top + 2 : top + 4, left + 2 : left + 4]
        out.append((1 - u) * ((1 - v) * a + v * b) + u * ((1 - v) * c + v * d))
    return np.reshape(out, (height, width))


# --- light --------------------------------------------------------------------------------------


@mutant(
    "light",
    "You bent the curve the other way: the power is the exponent itself, not one over it. See "
    f"{MOVES}.",
)
def inverse_power(x, gains, exponent):
    return np.minimum(gains[:, None, None] * x, 1) ** (1 / exponent)


@mutant(
    "light",
    "You let pixels pass 1. The sensor is full there, and what is above is lost before the curve. "
    f"See {MOVES}.",
)
def never_full(x, gains, exponent):
    return (gains[:, None, None] * x) ** exponent


@mutant(
    "light",
    "You bent first and tinted then. The lamp comes before the camera: gains, cut at 1, then the "
    f"power. See {MOVES}.",
)
def bends_first(x, gains, exponent):
    return np.minimum(gains[:, None, None] * x**exponent, 1)


@mutant(
    "light",
    "You cut at 1 after the power. The order of the exercise is gains, cut, power; above 1 the "
    f"power and the cut do commute, but 0 … 1 must be cut before you rescale. See {MOVES}.",
)
def rescales_to_white(x, gains, exponent):
    tinted = gains[:, None, None] * x
    return (tinted / max(tinted.max(), 1.0)) ** exponent


@mutant(
    "light",
    "You added the gains (less one). A lamp multiplies: black stays black in any light. See "
    f"{MOVES}.",
)
def adds_the_cast(x, gains, exponent):
    return np.clip(x + gains[:, None, None] - 1, 0, 1) ** exponent


@alternative("light")
def channel_by_channel(x, gains, exponent):
    return np.stack([np.clip(g * c, 0, 1) ** exponent for g, c in zip(gains, x, strict=True)])


@alternative("light")
def by_logarithms(x, gains, exponent):
    logs = np.log(x) + np.log(gains).reshape(-1, 1, 1)
    return np.exp(exponent * np.minimum(logs, 0))


# --- label_keepers ------------------------------------------------------------------------------

KEEPERS = {
    "digit": [0, 0, 0, 1, 1, 1, 1],
    "tomato": [1, 1, 1, 1, 1, 0, 1],
    "heart": [0, 0, 1, 1, 1, 1, 1],
    "upright": [1, 0, 0, 1, 1, 1, 1],
}
WRONG = "*When is a flip wrong?*"
variants.mutant_value(
    "label_keepers",
    "goes_crazy",
    {key: [1, 1, 1, 1, 1, 1, 1] for key in KEEPERS},
    "You allowed everything. Mirror a 2, turn a 6 by 180°, mirror a chest: what is the label "
    f"then? See {WRONG}.",
)
variants.mutant_value(
    "label_keepers",
    "mirrors_are_harmless",
    {**KEEPERS, "digit": [1, 0, 0, 1, 1, 1, 1], "heart": [1, 0, 1, 1, 1, 1, 1]},
    "All is right but for the mirror. A mirrored cat is a cat; a mirrored 2 is no 2, and in a "
    f"mirrored chest the heart has changed sides. See {WRONG}.",
)
variants.mutant_value(
    "label_keepers",
    "only_the_left_right_mirror_changes_sides",
    {**KEEPERS, "heart": [0, 1, 1, 1, 1, 1, 1]},
    "All is right but for one: half a turn is a mirror left to right and a mirror top to bottom, "
    f"so the heart changes sides as well. See {WRONG}.",
)
variants.mutant_value(
    "label_keepers",
    "every_turnover_is_wrong",
    {**KEEPERS, "heart": [0, 0, 0, 1, 1, 1, 1], "tomato": [0, 0, 0, 1, 1, 0, 1]},
    "You forbade all mirrors and half turns everywhere. Ask what the label is about: a tomato is "
    f"as red upside down, and a fall from top to bottom leaves left and right alone. See {WRONG}.",
)
variants.mutant_value(
    "label_keepers",
    "colour_never_matters",
    {**KEEPERS, "tomato": [1, 1, 1, 1, 1, 1, 1]},
    "All is right but for one: red and green is what the tomato's label is about, and swapping the "
    f"two channels swaps it. See {WRONG}.",
)
variants.alternative_value(
    "label_keepers", "truth_values", {k: [bool(v) for v in KEEPERS[k]] for k in reversed(KEEPERS)}
)
variants.alternative_value(
    "label_keepers", "arrays", {k: np.array(v, float) for k, v in KEEPERS.items()}
)


# --- disturbed ----------------------------------------------------------------------------------

LIE = "*DisturbLabel: lie about some labels*"


@mutant(
    "disturbed",
    "You kept the label with probability 1 − alpha and shared alpha among the others. The new "
    "label is drawn from all classes, the true one among them: it keeps 1 − alpha·(C − 1)/C. See "
    f"{LIE}.",
)
def never_draws_the_truth(scores, labels, alpha):
    n, classes = scores.shape
    targets = np.full((n, classes), alpha / (classes - 1))
    targets[np.arange(n), labels] = 1 - alpha
    return targets, (softmax(scores) - targets) / n


@mutant(
    "disturbed",
    "The distribution is right, and the gradient is that of the undisturbed label. Its mean over "
    f"the draws is softmax minus the distribution. See {LIE}.",
)
def gradient_of_the_truth(scores, labels, alpha):
    n, classes = scores.shape
    targets = (1 - alpha) * np.eye(classes)[labels] + alpha / classes
    return targets, (softmax(scores) - np.eye(classes)[labels]) / n


@mutant(
    "disturbed",
    "Your gradient is that of the summed loss; the loss of the exercise is the mean over the "
    f"batch, so divide by N. See {LIE}.",
)
def sums_the_batch(scores, labels, alpha):
    targets = (1 - alpha) * np.eye(scores.shape[1])[labels] + alpha / scores.shape[1]
    return targets, softmax(scores) - targets


@mutant(
    "disturbed",
    "Your gradient has the wrong sign: it points downhill. The gradient of the cross-entropy is "
    f"softmax minus target. See {LIE}.",
)
def points_downhill(scores, labels, alpha):
    n, classes = scores.shape
    targets = (1 - alpha) * np.eye(classes)[labels] + alpha / classes
    return targets, (targets - softmax(scores)) / n


@mutant(
    "disturbed",
    "Your distribution sums to more than 1: you added alpha / C to every class and forgot to take "
    f"alpha from the label. See {LIE}.",
)
def adds_and_never_takes(scores, labels, alpha):
    n, classes = scores.shape
    targets = np.eye(classes)[labels] + alpha / classes
    return targets, (softmax(scores) - targets) / n


@alternative("disturbed")
def smoothed(scores, labels, alpha):
    n, classes = scores.shape
    targets = (1 - alpha) * np.eye(classes)[labels] + alpha / classes
    return targets, (softmax(scores) - targets) / n


@alternative("disturbed")
def averaged_over_the_draws(scores, labels, alpha):
    n, classes = scores.shape
    targets, gradient = np.zeros((n, classes)), np.zeros((n, classes))
    for i, label in enumerate(labels):
        for drawn in range(classes):
            share = alpha / classes + (1 - alpha) * (drawn == label)
            targets[i, drawn] = share
            gradient[i] += share * (softmax(scores[i]) - np.eye(classes)[drawn]) / n
    return targets, gradient


# --- stop_early ---------------------------------------------------------------------------------

STOP = "*Early stopping*"


def patiently(losses, patience, *, better=lambda new, best: new < best, extra=0):
    best = 0
    for epoch, loss in enumerate(losses):
        if epoch and better(loss, losses[best]):
            best = epoch
        if epoch - best >= patience + extra:
            return best, epoch + 1
    return best, len(losses)


@mutant(
    "stop_early",
    "You waited one epoch too long. With patience 2 you stop when two epochs have passed since the "
    f"best one, not three. See {STOP}.",
)
def waits_too_long(losses, patience):
    return patiently(losses, patience, extra=1)


@mutant(
    "stop_early",
    "You compared each epoch with the one before. After a bad jump every small recovery looks like "
    f"progress; compare with the best so far. See {STOP}.",
)
def compares_with_yesterday(losses, patience):
    best, worse = 0, 0
    for epoch in range(1, len(losses)):
        worse = 0 if losses[epoch] < losses[epoch - 1] else worse + 1
        best = min(best, epoch, key=lambda e: losses[e])
        if worse >= patience:
            return best, epoch + 1
    return best, len(losses)


@mutant(
    "stop_early",
    "You kept the last weights. Stopping is half of the rule: the other half is to go back to the "
    f"best epoch. See {STOP}.",
)
def keeps_the_last(losses, patience):
    _, run = patiently(losses, patience)
    return run - 1, run


@mutant(
    "stop_early",
    "You took an epoch as good as the best for a better one. On a plateau such a rule never stops. "
    f"See {STOP}.",
)
def a_tie_is_progress(losses, patience):
    return patiently(losses, patience, better=lambda new, best: new <= best)


@mutant(
    "stop_early",
    "You went back to the best epoch of the whole list, and some of it lies behind your stop: "
    f"nobody has trained that far. See {STOP}.",
)
def looks_ahead(losses, patience):
    _, run = patiently(losses, patience)
    return int(np.argmin(losses)), run


@mutant(
    "stop_early",
    f"The second number counts one too few: epoch 4 is the fifth epoch that was run. See {STOP}.",
)
def counts_from_zero(losses, patience):
    best, run = patiently(losses, patience)
    return best, run - 1


@alternative("stop_early")
def with_a_running_minimum(losses, patience):
    lowest = np.minimum.accumulate(losses)
    for epoch in range(patience, len(losses)):
        if lowest[epoch] == lowest[epoch - patience]:
            return np.argmin(losses[: epoch + 1]), epoch + 1
    return np.argmin(losses), len(losses)


@alternative("stop_early")
def with_a_counter(losses, patience):
    best, where, bad = float("inf"), 0, 0
    for epoch, loss in enumerate(losses):
        bad += 1
        if loss < best:
            best, where, bad = loss, epoch, 0
        if bad == patience:
            break
    return [where, epoch + 1]


# --- split --------------------------------------------------------------------------------------

FOOL = "*Cross-validation, and how to fool yourself with it*"


def pairs_of(fold: np.ndarray, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]


@mutant(
    "split",
    "You dealt examples, so two crops of one photograph can land on either side, and the network "
    f"has seen the answer. Deal the photographs. See {FOOL}.",
)
def deals_examples(groups, k):
    return pairs_of(np.arange(len(groups)) % k, k)


@mutant(
    "split",
    "You train on everything, also on the fold that is held out: what comes out is the training "
    f"error. See {FOOL}.",
)
def trains_on_everything(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    every = np.arange(len(groups))
    return [(every, v) for _, v in pairs_of((np.arange(len(names)) % k)[group], k)]


@mutant(
    "split",
    "The folds have whole sizes and the remainder is validated on by nobody: every example must "
    f"be in one validation part. See {FOOL}.",
)
def drops_the_rest(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    return pairs_of((np.arange(len(names)) // (len(names) // k))[group], k)


@mutant(
    "split",
    "Your last fold takes the whole remainder. Deal it out: the numbers of photographs in two "
    f"folds differ by at most one. See {FOOL}.",
)
def the_last_takes_the_rest(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    fold = np.minimum(np.arange(len(names)) // (len(names) // k), k - 1)
    return pairs_of(fold[group], k)


@mutant(
    "split",
    "Each of your folds is drawn for itself, so some examples are validated on twice and others "
    f"never. Deal once, then go round. See {FOOL}.",
)
def draws_each_fold(groups, k):
    names, group = np.unique(groups, return_inverse=True)
    chosen = []
    for f in range(k):
        order = np.random.default_rng(f).permutation(len(names))
        held = np.isin(group, order[: -(-len(names) // k)])
        chosen.append((np.flatnonzero(~held), np.flatnonzero(held)))
    return chosen


@alternative("split")
def shuffled(groups, k):
    names = np.random.default_rng(1).permutation(np.unique(groups))
    result = []
    for part in np.array_split(names, k):
        held = np.isin(groups, part)
        result.append((np.where(~held)[0], np.where(held)[0]))
    return result


@alternative("split")
def with_lists(groups, k):
    names = sorted(set(groups.tolist()))
    result = []
    for f in range(k):
        held = set(names[f::k])
        inside = [i for i, g in enumerate(groups) if g in held]
        result.append(([i for i in range(len(groups)) if i not in inside], inside))
    return result


# --- predict ------------------------------------------------------------------------------------


@functools.cache
def training_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 400 digits of ``digits.npz``."""
    released, _ = released_and_hidden()
    pixels = np.pad(grey_values(released.images[:400]), ((0, 0), (2, 2), (2, 2)))
    return pixels.astype(float), released.labels[:400]


@functools.cache
def network(change: str, epochs: int, labels: str = "own") -> Any:
    """The notebook's network, trained with one of the changes below."""
    rng = np.random.default_rng(0)
    images, known = training_digits()
    known = np.roll(known, 1) if labels == "rolled" else known
    w1 = rng.normal(size=(144, 100)) * np.sqrt(2 / 144)
    w2 = rng.normal(size=(100, 10)) * np.sqrt(2 / 100)
    weights = [w1, np.zeros(100), w2, np.zeros(10)]
    velocities = [np.zeros_like(w) for w in weights]
    for epoch in range(epochs):
        x_all = CHANGES[change](images, rng).reshape(400, 144) / 16
        for batch in np.array_split(rng.permutation(400), 16):
            w1, b1, w2, b2 = weights
            x = x_all[batch]
            h = np.maximum(x @ w1 + b1, 0)
            dscores = (softmax(h @ w2 + b2) - np.eye(10)[known[batch]]) / len(batch)
            dh = (dscores @ w2.T) * (h > 0)
            found = [x.T @ dh, dh.sum(axis=0), h.T @ dscores, dscores.sum(axis=0)]
            for w, v, g in zip(weights, velocities, found, strict=True):
                v *= 0.9
                v -= 0.1 * (1 - epoch / epochs) * g
                w += v
    return weights


def moved(images: np.ndarray, rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    places = np.stack([rng.integers(-r, r + 1, len(images)) for r in (rows, columns)], axis=1)
    return np.stack([np.roll(i, p, (0, 1)) for i, p in zip(images, places, strict=True)])


CHANGES = {
    "nothing": lambda images, rng: images,
    "anywhere": lambda images, rng: moved(images, rng, 2, 2),
    "one pixel": lambda images, rng: moved(images, rng, 1, 1),
    "columns": lambda images, rng: moved(images, rng, 0, 2),
    "mirror": lambda images, rng: np.where(
        (rng.random(len(images)) < 0.5)[:, None, None], images[..., ::-1], images
    ),
}


def answer(weights: Any, images: np.ndarray, scale: float = 16.0) -> np.ndarray:
    w1, b1, w2, b2 = weights
    x = np.asarray(images, float).reshape(len(images), -1) / scale
    return (np.maximum(x @ w1 + b1, 0) @ w2 + b2).argmax(axis=1)


@mutant(
    "predict",
    "Your network does well in the middle and badly elsewhere, as one that has seen the training "
    f"pictures only as they are. Show it each digit at other places, too. See {MOVES}.",
)
def never_moves(images):
    return answer(network("nothing", 60), images)


@mutant(
    "predict",
    "Your network answers like one whose pictures were moved by one pixel at most. The tray moves "
    f"them by two. See {MOVES}.",
)
def moves_too_little(images):
    return answer(network("one pixel", 100), images)


@mutant(
    "predict",
    "Your network has learned digits that move sideways. The tray moves them up and down as well. "
    f"See {MOVES}.",
)
def moves_sideways(images):
    return answer(network("columns", 100), images)


@mutant(
    "predict",
    "Your network answers like one that was trained on mirror images. They teach it digits that do "
    "not exist, and nothing about places. See *When is a flip wrong?*",
)
def mirrors(images):
    return answer(network("mirror", 60), images)


@mutant(
    "predict",
    "Your predictions are no better than guessing, as when pictures and labels have come out of "
    "step: a picture that is moved or copied must take its own label along. See "
    f"{MOVES}.",
)
def labels_out_of_step(images):
    return answer(network("anywhere", 60, "rolled"), images)


@alternative("predict")
def a_moved_network(images):
    return answer(network("anywhere", 250), images)


@alternative("predict")
def finds_the_digit_first(images):
    """Moves each picture so that its digit sits in the middle, then asks its neighbours."""
    known, labels = training_digits()

    def centred(pictures: np.ndarray) -> np.ndarray:
        result = []
        for picture in np.asarray(pictures, float):
            rows, columns = (np.flatnonzero(picture.sum(axis=a) > 0) for a in (1, 0))
            place = [round(5.5 - (p[0] + p[-1]) / 2) for p in (rows, columns)]
            result.append(np.roll(picture, place, (0, 1)))
        return np.reshape(result, (len(result), -1))

    x, y = centred(images), centred(known)
    return labels[((y**2).sum(axis=1) - 2 * x @ y.T).argmin(axis=1)]
