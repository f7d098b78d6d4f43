"""Problem set 4, backpropagation: plausible wrong answers with their misconception; right ones.

A mutant is written as its misconception. Those in NumPy can be pasted into a notebook.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from cvlib.activations import Activation
from cvlib.grading.digits import sorted_digits
from cvlib.grading.spec import Variants
from cvlib.layers import Conv2d, Flatten, Linear, MaxPool2d, Sequential
from cvlib.optim import SGD, Adam, cosine, warmup
from cvlib.training import fit, predict

Array = np.ndarray
variants = Variants()
mutant, alternative = variants.mutant, variants.alternative

# --- graph_gradients ----------------------------------------------------------------------------

RESULT: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "max": max,
    "exp": np.exp,
}
SLOPES: dict[str, Callable[..., tuple[float, ...]]] = {
    "add": lambda a, b: (1.0, 1.0),
    "sub": lambda a, b: (1.0, -1.0),
    "mul": lambda a, b: (b, a),
    "max": lambda a, b: (float(a > b), float(b > a)),
    "exp": lambda a: (float(np.exp(a)),),
}


def values_of(graph: Any, inputs: Any) -> list[float]:
    given, value = iter(inputs), list[float]()
    for step, *arguments in graph:
        read = [value[k] for k in arguments]
        value.append(RESULT[step](*read) if arguments else next(given))
    return value


def walk(
    graph: Any, inputs: Any, slopes: Any = SLOPES, *, overwrite: bool = False, order: int = -1
) -> list[float]:
    """Backpropagate; the options are what a student may get wrong."""
    value = values_of(graph, inputs)
    gradient = [0.0] * len(graph)
    gradient[-1] = 1.0
    for node in range(len(graph))[::order]:
        step, *arguments = graph[node]
        found = slopes[step](*(value[k] for k in arguments)) if arguments else ()
        for k, slope in zip(arguments, found, strict=True):
            gradient[k] = gradient[node] * slope + (0.0 if overwrite else gradient[k])
    return gradient


@mutant(
    "graph_gradients",
    "The last reader of a node wins in yours. Every reader sends a share, and the shares add up: "
    "+= instead of =. See *The chain rule, walked backwards*.",
)
def overwrites_the_gradient(graph, inputs):
    return walk(graph, inputs, overwrite=True)


@mutant(
    "graph_gradients",
    "You handed on the slopes alone. What a node passes to an argument is its own gradient times "
    "the slope; that product is the chain rule. See *The chain rule, walked backwards*.",
)
def forgets_the_upstream_gradient(graph, inputs):
    value = values_of(graph, inputs)
    gradient = [0.0] * (len(graph) - 1) + [1.0]
    for step, *arguments in graph:
        found = SLOPES[step](*(value[k] for k in arguments)) if arguments else ()
        for k, slope in zip(arguments, found, strict=True):
            gradient[k] += slope
    return gradient


@mutant(
    "graph_gradients",
    "You walked the list from its beginning, so nodes hand on a gradient that has not arrived yet. "
    "The readers of a node come after it: start at the end. See *The chain rule, walked "
    "backwards*.",
)
def walks_forwards(graph, inputs):
    return walk(graph, inputs, order=1)


@mutant(
    "graph_gradients",
    "In a product you gave each factor its own value as slope. If a grows, a·b grows b times as "
    "much: the slope is the other factor. See *A formula is a graph*.",
)
def keeps_its_own_factor(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "mul": lambda a, b: (a, b)})


@mutant(
    "graph_gradients",
    "The second argument of a difference has slope −1: when it grows, the result falls. See "
    "*A formula is a graph*.",
)
def subtracts_like_adding(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "sub": lambda a, b: (1.0, 1.0)})


@mutant(
    "graph_gradients",
    "Your max sends the gradient to both arguments. The smaller one did not reach the result, so "
    "its slope is 0. See *A formula is a graph*.",
)
def max_pays_both(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "max": lambda a, b: (1.0, 1.0)})


@mutant(
    "graph_gradients",
    "The slope of eˣ is eˣ, the value of the node itself; you multiplied by x. See *A formula is a "
    "graph*.",
)
def exp_has_slope_x(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "exp": lambda a: (a,)})


@mutant(
    "graph_gradients",
    "A node that reads another one twice sends it two shares. You keep one of them, perhaps "
    "because you go through the set of its arguments: d(a·a)/da = 2a. See *The chain rule, walked "
    "backwards*.",
)
def one_share_for_two_uses(graph, inputs):
    value = values_of(graph, inputs)
    gradient = [0.0] * (len(graph) - 1) + [1.0]
    for node in reversed(range(len(graph))):
        step, *arguments = graph[node]
        found = SLOPES[step](*(value[k] for k in arguments)) if arguments else ()
        for k, slope in dict(zip(arguments, found, strict=True)).items():
            gradient[k] += gradient[node] * slope
    return gradient


@alternative("graph_gradients")
def asks_the_readers(graph, inputs):
    value = values_of(graph, inputs)

    @functools.cache
    def gradient(node: int) -> float:
        total = float(node == len(graph) - 1)
        for reader, (step, *arguments) in enumerate(graph):
            for place, k in enumerate(arguments):
                if k == node:
                    slopes = SLOPES[step](*(value[a] for a in arguments))
                    total += gradient(reader) * slopes[place]
        return total

    return np.array([gradient(node) for node in range(len(graph))])


@alternative("graph_gradients")
def solves_a_linear_system(graph, inputs):
    value, n = values_of(graph, inputs), len(graph)
    slopes = np.zeros((n, n))  # of each node (row) for the nodes that it reads (column)
    for node, (step, *arguments) in enumerate(graph):
        if arguments:
            found = SLOPES[step](*(value[k] for k in arguments))
            np.add.at(slopes[node], arguments, found)
    return np.linalg.solve(np.eye(n) - slopes.T, np.eye(n)[-1]).tolist()


@alternative("graph_gradients")
def forward_once_a_node(graph, inputs):
    value = values_of(graph, inputs)
    gradients = []
    for seed in range(len(graph)):
        moved = [0.0] * len(graph)  # how each node moves with node ``seed``
        for node, (step, *arguments) in enumerate(graph):
            if arguments:
                slopes = SLOPES[step](*(value[k] for k in arguments))
                moved[node] = sum(s * moved[k] for s, k in zip(slopes, arguments, strict=True))
            if node == seed:
                moved[node] = 1.0
        gradients.append(moved[-1])
    return tuple(gradients)


# --- linear_backward ----------------------------------------------------------------------------


@mutant(
    "linear_backward",
    "You took the mean over the batch in dw and db. The loss has taken it already, and dout "
    "carries it: sum here. See *The fully connected layer*.",
)
def takes_the_mean_again(dout, x, w):
    return dout @ w, dout.T @ x / len(x), dout.mean(axis=0)


@mutant(
    "linear_backward",
    "Your dw is the transpose of the right one. The gradient is shaped like the weight: (M, D), "
    "outputs first. See *The fully connected layer*.",
)
def transposes_dw(dout, x, w):
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@mutant(
    "linear_backward",
    "db still has a row for each image. The same bias was added for all of them, so its gradient "
    "is their sum, of shape (M,). See *The fully connected layer*.",
)
def forgets_to_sum_db(dout, x, w):
    return dout @ w, dout.T @ x, dout


@mutant(
    "linear_backward",
    "Your dx does not look at dout: it is what an upstream gradient of ones would give. The loss "
    "cares more for some outputs than for others. See *The chain rule, walked backwards*.",
)
def ignores_dout_in_dx(dout, x, w):
    return np.ones_like(dout) @ w, dout.T @ x, dout.sum(axis=0)


@mutant(
    "linear_backward",
    "Your dw does not look at dout: you summed the inputs. A weight matters as much as the output "
    "that it feeds: dout[n, m] · x[n, d]. See *The fully connected layer*.",
)
def ignores_dout_in_dw(dout, x, w):
    return dout @ w, np.ones_like(dout).T @ x, dout.sum(axis=0)


@mutant(
    "linear_backward",
    "You summed dx over the batch as well. Each image has a gradient of its own; it is the weights "
    "that all images share. See *The fully connected layer*.",
)
def sums_dx_over_the_batch(dout, x, w):
    dx = dout @ w
    return np.broadcast_to(dx.sum(axis=0), dx.shape).copy(), dout.T @ x, dout.sum(axis=0)


@mutant(
    "linear_backward",
    "Your db adds up the outputs of each image. The bias b[m] belongs to output m: add up over the "
    "images, axis 0. See *The fully connected layer*.",
)
def sums_db_over_the_outputs(dout, x, w):
    return dout @ w, dout.T @ x, dout.sum(axis=1)


@alternative("linear_backward")
def image_by_image(dout, x, w):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n, upstream in enumerate(dout):
        dx[n] = upstream @ w
        dw += np.outer(upstream, x[n])
        db += upstream
    return dx, dw, db


@alternative("linear_backward")
def with_einsum(dout, x, w):
    return [
        np.einsum("nm,md->nd", dout, w),
        np.einsum("nm,nd->md", dout, x),
        np.einsum("nm->m", dout),
    ]


# --- activation_backward ------------------------------------------------------------------------


def right_bends(name: str, dout: Array, x: Array, slope: float) -> Array:
    small = np.exp(-np.abs(x))
    derivative = {
        "sigmoid": small / (1 + small) ** 2,
        "tanh": 1 - np.tanh(x) ** 2,
        "relu": np.heaviside(x, 0),
        "leaky_relu": np.where(x > 0, 1, slope),
        "elu": np.where(x > 0, 1, slope * small),
    }
    return (dout * derivative[name]).astype(x.dtype)


@mutant(
    "activation_backward",
    "You used x(1 − x) and 1 − x². These formulas want the output, σ(x) or tanh(x); x is what went "
    "in. See *Activations*.",
)
def takes_x_for_the_output(name, dout, x, slope=0.01):
    if name == "sigmoid":
        return dout * x * (1 - x)
    return dout * (1 - x**2) if name == "tanh" else right_bends(name, dout, x, slope)


@mutant(
    "activation_backward",
    "You left dout out: what you return is the slope of the activation. The chain rule multiplies "
    "it by what arrives. See *The chain rule, walked backwards*.",
)
def forgets_dout(name, dout, x, slope=0.01):
    return right_bends(name, np.ones_like(dout), x, slope)


@mutant(
    "activation_backward",
    "Your ReLUs decide by the sign of dout. Forward they looked at x, so that is what decides "
    "backward, too; a negative gradient passes like any other. See *Activations*.",
)
def looks_at_the_sign_of_dout(name, dout, x, slope=0.01):
    by = dout if name in ("relu", "leaky_relu") else x
    return right_bends(name, dout, by, slope)


@mutant(
    "activation_backward",
    "The two slopes of your leaky ReLU are exchanged: 1 on the right, the small one on the left. "
    "See *Activations*.",
)
def exchanges_the_slopes(name, dout, x, slope=0.01):
    return right_bends(name, dout, -x if name == "leaky_relu" else x, slope)


@mutant(
    "activation_backward",
    "On the left your ELU multiplies by its value, a(eˣ − 1). Differentiate it: the −1 is a "
    "constant and goes, a eˣ is left. See *Activations*.",
)
def elu_by_its_value(name, dout, x, slope=0.01):
    if name == "elu":
        return np.where(x > 0, dout, dout * x.dtype.type(slope) * np.expm1(np.minimum(x, 0)))
    return right_bends(name, dout, x, slope)


@mutant(
    "activation_backward",
    "Your slope of tanh is 1 − tanh. It is 1 − tanh²: even, and 1 at the origin. See "
    "*Activations*.",
)
def forgets_the_square(name, dout, x, slope=0.01):
    return dout * (1 - np.tanh(x)) if name == "tanh" else right_bends(name, dout, x, slope)


@mutant(
    "activation_backward",
    "The numbers are right, but float32 came in and float64 went out. np.where(x > 0, 1.0, slope) "
    "makes float64; multiply dout inside of it. See *Activations*.",
)
def makes_float64(name, dout, x, slope=0.01):
    return right_bends(name, dout, x, slope).astype(np.float64)


@alternative("activation_backward")
def by_the_outputs(name, dout, x, slope=0.01):
    if name == "sigmoid":
        s = 0.5 * (1 + np.tanh(0.5 * x))  # cannot overflow
        return dout * s * (1 - s)
    if name == "tanh":
        t = np.tanh(x)
        return dout * (1 - t) * (1 + t)
    dx = dout.copy()
    left = x <= 0
    dx[left] *= {"relu": 0, "leaky_relu": slope, "elu": slope * np.exp(x[left])}[name]
    return dx


@alternative("activation_backward")
def number_by_number(name, dout, x, slope=0.01):
    import math

    def derivative(v: float) -> float:
        if name == "sigmoid":
            return 1 / (2 + 2 * math.cosh(v)) if abs(v) < 300 else 0.0
        if name == "tanh":
            return 1 - math.tanh(v) ** 2
        if v > 0:
            return 1.0
        return {"relu": 0.0, "leaky_relu": slope, "elu": slope * math.exp(v)}[name]

    dx = [g * derivative(v) for g, v in zip(dout.ravel().tolist(), x.ravel().tolist(), strict=True)]
    return np.array(dx, dtype=x.dtype).reshape(x.shape)


# --- saturation ---------------------------------------------------------------------------------

SATURATION = {
    "sigmoid_peak": 0.25,
    "ten_sigmoids": 9.5367e-7,
    "sigmoid_edge": 4.5951,
    "tanh_edge": 2.9932,
    "elu_edge": -4.6052,
}


def saturated(name: str, misconception: str, **wrong: float) -> None:
    variants.mutant_value(
        "saturation", name, {**SATURATION, **wrong}, f"{misconception} See *Saturated and dead*."
    )


saturated(
    "peak_of_the_value",
    "You gave the largest value of σ, or of tanh′. Asked is the largest slope of σ, at 0.",
    sigmoid_peak=1.0,
)
saturated(
    "ten_times_a_quarter",
    "You multiplied a quarter by ten, or added ten of them up. Each layer multiplies what the one "
    "above has left.",
    ten_sigmoids=2.5,
)
saturated(
    "one_layer_too_few",
    "Ten sigmoids in a row are ten factors of a quarter; you have nine.",
    ten_sigmoids=0.25**9,
)
saturated(
    "edge_of_the_value",
    "You solved 1 − σ(x) = 0.01: there the value is 0.99. Asked is where the slope σ(1 − σ) is "
    "0.01. They are close, because σ is nearly 1, but not equal. The same goes for tanh.",
    sigmoid_edge=4.5951 * 1.012,
    tanh_edge=2.6467,
)
saturated(
    "tanh_as_a_stretched_sigmoid",
    "tanh x is 2σ(2x) − 1, so its slope is 4σ′(2x): four times as steep, besides being twice as "
    "narrow. You halved the edge of σ only.",
    tanh_edge=2.2976,
)
saturated(
    "elu_on_the_right",
    "On the right ELU has slope 1 and never saturates. Its flat side is the left: a negative x.",
    elu_edge=4.6052,
)
variants.alternative_value(
    "saturation", "rounded", {"sigmoid_peak": 0.25, "ten_sigmoids": 9.54e-7,
                              "sigmoid_edge": 4.58, "tanh_edge": 2.99, "elu_edge": -4.61},
)  # fmt: skip
variants.alternative_value(
    "saturation",
    "computed",
    {
        "elu_edge": np.log(0.01),
        "tanh_edge": np.arccosh(10.0),
        "sigmoid_edge": np.arccosh(49.0),
        "ten_sigmoids": np.float64(2.0) ** -20,
        "sigmoid_peak": 1 / 4,
    },
)


# --- prelu_backward -----------------------------------------------------------------------------


def channelwise(alpha: Array, x: Array) -> Array:
    return alpha.reshape(-1, *(1,) * (x.ndim - 2))


def all_but_channels(x: Array) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def like_alpha(each: Array, alpha: Array) -> Array:
    return each if len(alpha) > 1 else each.sum(keepdims=True)


def right_prelu(dout: Array, x: Array, alpha: Array) -> tuple[Array, Array]:
    each = (dout * np.minimum(x, 0)).sum(axis=all_but_channels(x))
    return np.where(x > 0, dout, channelwise(alpha, x) * dout), like_alpha(each, alpha)


@mutant(
    "prelu_backward",
    "NumPy has lined your α up with the columns of the image: it aligns the last axes, and here "
    "there happen to be as many columns as channels. Channels are axis 1. See *Activations*.",
)
def alpha_along_the_columns(dout, x, alpha):
    return np.where(x > 0, dout, alpha * dout), right_prelu(dout, x, alpha)[1]


@mutant(
    "prelu_backward",
    "Your dalpha has the sum over all channels in each of its entries. A slope answers for its own "
    "channel only: sum over every axis but 1. See *Activations*.",
)
def sums_over_the_channels_too(dout, x, alpha):
    total = (dout * np.minimum(x, 0)).sum()
    return right_prelu(dout, x, alpha)[0], np.full_like(alpha, total)


@mutant(
    "prelu_backward",
    "You averaged where a sum is due: one slope serves many pixels, and their wishes add up. The "
    "loss has taken the mean over the batch already. See *Activations*.",
)
def averages_the_wishes(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, like_alpha((dout * np.minimum(x, 0)).mean(axis=all_but_channels(x)), alpha)


@mutant(
    "prelu_backward",
    "Positive inputs went through with slope 1, whatever α is, and yet they count in your dalpha. "
    "Only inputs below 0 saw α. See *Activations*.",
)
def counts_positive_inputs(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, like_alpha((dout * x).sum(axis=all_but_channels(x)), alpha)


@mutant(
    "prelu_backward",
    "You multiplied by the output, α x, instead of the input: the slope of α x with respect to α "
    "is x. See *Activations*.",
)
def multiplies_by_the_output(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    out = channelwise(alpha, x) * np.minimum(x, 0)
    return dx, like_alpha((dout * out).sum(axis=all_but_channels(x)), alpha)


@mutant(
    "prelu_backward",
    "Your dalpha sums inputs and forgets dout: some pixels matter more to the loss than others. "
    "See *The chain rule, walked backwards*.",
)
def dalpha_without_dout(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, like_alpha(np.minimum(x, 0).sum(axis=all_but_channels(x)), alpha)


@mutant(
    "prelu_backward",
    "Right for images of one batch entry only: your dalpha keeps the axis of the batch. All images "
    "share the slopes, so sum over axis 0, too. See *Activations*.",
)
def keeps_the_batch_axis(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, (dout * np.minimum(x, 0)).sum(axis=tuple(range(2, x.ndim)))


@mutant(
    "prelu_backward",
    "Negative inputs pass nothing back in yours, as in a ReLU. They went through with slope α[c], "
    "and the gradient comes back with it. See *Activations*.",
)
def dx_of_a_relu(dout, x, alpha):
    return np.where(x > 0, dout, 0.0), right_prelu(dout, x, alpha)[1]


@alternative("prelu_backward")
def channel_by_channel(dout, x, alpha):
    dx, dalpha = dout.copy(), np.zeros_like(alpha)
    for c in range(x.shape[1]):
        k = c if len(alpha) > 1 else 0
        left = x[:, c] <= 0
        dx[:, c][left] *= alpha[k]
        dalpha[k] += np.sum(dout[:, c][left] * x[:, c][left])
    return dx, dalpha


@alternative("prelu_backward")
def channels_last(dout, x, alpha):
    g, z = np.moveaxis(dout, 1, -1), np.moveaxis(x, 1, -1)
    dx = g * np.where(z < 0, alpha, 1)
    each = np.where(z < 0, g * z, 0).reshape(-1, z.shape[-1]).sum(axis=0)
    return np.moveaxis(dx, -1, 1), each if len(alpha) > 1 else [each.sum()]


# --- maxout_backward ----------------------------------------------------------------------------


def pieces_of(x: Array, w: Array, b: Any) -> Array:
    return np.einsum("pmd,nd->pnm", w, x) + np.asarray(b)[..., None, :]


def through(share: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """The linear layers' backward; share[p, n, m] is what piece p gets of dout."""
    dx = np.einsum("pnm,pmd->nd", share, w)
    return dx, np.einsum("pnm,nd->pmd", share, x), share.sum(axis=1)


def won(pieces: Array) -> Array:
    return pieces == pieces.max(axis=0)


@mutant(
    "maxout_backward",
    "All pieces get the whole gradient in yours. A piece that lost was not in the output, and its "
    "weights moved nothing. See *Activations*.",
)
def everybody_wins(dout, x, w, b):
    return through(np.broadcast_to(dout, (len(w), *dout.shape)), x, w)


@mutant(
    "maxout_backward",
    "You shared the gradient equally among the pieces: that is the backward of their mean. In a "
    "maximum the winner takes it all. See *Activations*.",
)
def shares_equally(dout, x, w, b):
    return through(np.broadcast_to(dout / len(w), (len(w), *dout.shape)), x, w)


@mutant(
    "maxout_backward",
    "You settled who wins without the biases. They are part of the pieces: a large b can lift a "
    "flat piece above a steep one. See *Activations*.",
)
def winners_without_bias(dout, x, w, b):
    return through(dout * won(pieces_of(x, w, 0 * b)), x, w)


@mutant(
    "maxout_backward",
    "You picked one winner for each image, by the sum over its outputs. Each output m has a "
    "contest of its own. See *Activations*.",
)
def one_winner_an_image(dout, x, w, b):
    pieces = pieces_of(x, w, b)
    return through(dout * won(pieces.sum(axis=2, keepdims=True)), x, w)


@mutant(
    "maxout_backward",
    "You picked the winners once for the whole batch. Every image settles them anew; that is what "
    "makes the layer bend. See *Activations*.",
)
def one_winner_for_the_batch(dout, x, w, b):
    pieces = pieces_of(x, w, b)
    return through(dout * won(pieces.sum(axis=1, keepdims=True)), x, w)


@mutant(
    "maxout_backward",
    "The piece of the largest absolute value wins in yours. The maximum goes by the value: of −3 "
    "and 1 it is 1. See *Activations*.",
)
def largest_absolute_value(dout, x, w, b):
    return through(dout * won(np.abs(pieces_of(x, w, b))), x, w)


@mutant(
    "maxout_backward",
    "Your dw and db give every piece the gradient of the output; only dx knows who won. Losers' "
    "weights stay where they are. See *Activations*.",
)
def losers_learn_too(dout, x, w, b):
    dx, _, _ = through(dout * won(pieces_of(x, w, b)), x, w)
    return dx, *through(np.broadcast_to(dout, (len(w), *dout.shape)), x, w)[1:]


@alternative("maxout_backward")
def output_by_output(dout, x, w, b):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n, m in np.ndindex(dout.shape):
        p = int(np.argmax(w[:, m] @ x[n] + b[:, m]))
        dx[n] += dout[n, m] * w[p, m]
        dw[p, m] += dout[n, m] * x[n]
        db[p, m] += dout[n, m]
    return dx, dw, db


@alternative("maxout_backward")
def one_hot_winners(dout, x, w, b):
    winner = pieces_of(x, w, b).argmax(axis=0)
    share = np.moveaxis(np.eye(len(w))[winner] * dout[..., None], -1, 0)
    dw = np.stack([g.T @ x for g in share])
    return sum(g @ piece for g, piece in zip(share, w, strict=True)), dw, share.sum(axis=1)


# --- Pool2d -------------------------------------------------------------------------------------


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
        reduce = {"max": np.max, "mean": np.mean, "sum": np.sum}[self.kind]
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


@mutant(
    "Pool2d",
    "Where windows overlap, your last one overwrites what the others have sent. A pixel hears from "
    "every window that it is in, and adds up: += instead of =. See *Pooling: who gets the "
    "gradient?*",
)
class LastWindowWins(Pooling):
    def give(self, dx, window, share):
        dx[window] = share


@mutant(
    "Pool2d",
    "Each of several equal largest pixels gets the whole gradient in yours, so that more comes out "
    "than went in. The first one takes it, row by row. See *Pooling: who gets the gradient?*",
)
class TiesAllWin(Pooling):
    def share(self, window):
        if self.kind != "max":
            return super().share(window)
        return (window == window.max(axis=(2, 3), keepdims=True)).astype(float)


@mutant(
    "Pool2d",
    "Of equal largest pixels your last one takes the gradient. It is the first, row by row, as in "
    "PyTorch and np.argmax. See *Pooling: who gets the gradient?*",
)
class LastOfEqualsWins(Pooling):
    def share(self, window):
        if self.kind != "max":
            return super().share(window)
        return super().share(window[:, :, ::-1, ::-1])[:, :, ::-1, ::-1]


@mutant(
    "Pool2d",
    "The backward of your mean hands the whole gradient to each pixel. A pixel moved the mean by "
    "one share in rows · columns, so it gets that share back. See *Pooling: who gets the "
    "gradient?*",
)
class MeanWithoutDivision(Pooling):
    def share(self, window):
        return np.ones(window.shape) if self.kind == "mean" else super().share(window)


@mutant(
    "Pool2d",
    "Your maximum starts at 0, so windows of negative numbers give 0. Start from −∞, or let "
    "np.max do it. See *Pooling: who gets the gradient?*",
)
class MaximumFromZero(Pooling):
    def value(self, window):
        return np.maximum(super().value(window), 0) if self.kind == "max" else super().value(window)


@mutant(
    "Pool2d",
    "Your strides are exchanged: stride[0] goes down the rows, stride[1] along the columns. See "
    "*Pooling: who gets the gradient?*",
)
class ExchangesTheStrides(Pooling):
    def __init__(self, kind, kernel, stride):
        super().__init__(kind, kernel, stride[::-1])


@mutant(
    "Pool2d",
    "Your layer keeps the first batch that it saw and answers for that one ever after. backward "
    "belongs to the last forward: replace what you keep. See *From numbers to layers*.",
)
class RemembersTheFirstBatch(Pooling):
    def remember(self, x):
        self.x = getattr(self, "x", x)


@mutant(
    "Pool2d",
    "Your max pooling gives all pixels of a window the gradient, as a sum would. Only the largest "
    "one was in the output. See *Pooling: who gets the gradient?*",
)
class MaximumLikeASum(Pooling):
    def share(self, window):
        return np.ones(window.shape) if self.kind == "max" else super().share(window)


@alternative("Pool2d")
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


@alternative("Pool2d")
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


# --- gradient_check -----------------------------------------------------------------------------


def slopes_at(
    forward: Any, arrays: list[Array], dout: Array, h: float = 1e-5
) -> list[tuple[Array, Array]]:
    """The slopes to the left and to the right of every entry."""

    def loss() -> float:
        return float(np.sum(dout * forward(*arrays)[0], dtype=np.float64))

    here, found = loss(), []
    for a in arrays:
        left, right = np.zeros(a.shape), np.zeros(a.shape)
        for index in np.ndindex(a.shape):
            kept = a[index]
            a[index] = kept + h
            right[index] = (loss() - here) / h
            a[index] = kept - h
            left[index] = (here - loss()) / h
            a[index] = kept
        found.append((left, right))
    return found


def checker(
    forward: Any,
    backward: Any,
    arrays: list[Array],
    rng: Any,
    *,
    dtype: Any = np.float64,
    ones: bool = False,
    only: int | None = None,
    shapes: bool = True,
    kinks: bool = True,
    entries: int | None = None,
    bound: Callable[[Array], float] = lambda numeric: 1e-4 * np.abs(numeric).max(),
) -> bool:
    """A gradient check; the options are what a student may get wrong."""
    arrays = [np.array(a, dtype=dtype or a.dtype) for a in arrays]
    out, cache = forward(*arrays)
    dout = np.ones(out.shape) if ones else rng.normal(size=out.shape)
    given = backward(dout.astype(out.dtype), cache)
    found = slopes_at(forward, arrays, dout)
    agree = []
    for gradient, a, (left, right) in zip(given, arrays, found, strict=True):
        if np.shape(gradient) != a.shape and (shapes or np.size(gradient) != a.size):
            return False
        numeric = (left + right) / 2
        off = np.asarray(gradient).reshape(a.shape) - numeric
        if kinks:
            off[np.abs(right - left) > 1e-3 * np.abs(numeric).max()] = 0
        agree.append(bool(np.abs(off.flat[:entries]).max() <= bound(numeric)))
    return all(agree[:only])


@mutant(
    "gradient_check",
    "Your L is the plain sum of the outputs. The outputs of a normalization or a softmax have a "
    "sum that never moves, so a backward of zeros passed. Weigh them with a random dout. See *A "
    "gradient check that cannot be fooled*.",
)
def sums_the_outputs(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, ones=True)


@mutant(
    "gradient_check",
    "You checked the first array and no other: a layer with wrong weight gradients passed. See "
    "*A gradient check that cannot be fooled*.",
)
def first_array_only(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, only=1)


@mutant(
    "gradient_check",
    "You compared with a fixed tolerance. Where all gradients are tiny everything is within it, "
    "and where they are huge nothing is: compare with their size. See *A gradient check that "
    "cannot be fooled*.",
)
def fixed_tolerance(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, bound=lambda numeric: 1e-5)


@mutant(
    "gradient_check",
    "You let pass what differs by a tenth. Central differences are good for eight digits; a "
    "gradient that is off by one per cent is wrong. See *A gradient check that cannot be fooled*.",
)
def too_generous(forward, backward, arrays, rng):
    return checker(
        forward, backward, arrays, rng, bound=lambda numeric: 0.15 * np.abs(numeric).max()
    )


@mutant(
    "gradient_check",
    "You looked at the first few entries of each array. A backward can be right there and wrong "
    "at a border or in the last channel: nudge every entry. See *A gradient check that cannot be "
    "fooled*.",
)
def first_entries_only(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, entries=4)


@mutant(
    "gradient_check",
    "You let NumPy stretch or flatten gradients of another shape. Such a backward breaks the first "
    "optimizer that meets it: compare the shapes. See *A gradient check that cannot be fooled*.",
)
def any_shape_will_do(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, shapes=False)


@mutant(
    "gradient_check",
    "You called a right backward wrong, because some inputs lie on a kink. There the slopes to the "
    "left and to the right differ, and no derivative exists: leave these entries out. See *A "
    "gradient check that cannot be fooled*.",
)
def stumbles_over_kinks(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, kinks=False)


@mutant(
    "gradient_check",
    "You computed in the arrays' own float32. It has seven digits, and L(x + h) − L(x − h) loses "
    "most of them, so right backwards fail. Copy to float64 first. See *A gradient check that "
    "cannot be fooled*.",
)
def stays_in_float32(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, dtype=None)


@alternative("gradient_check")
def five_points(forward, backward, arrays, rng):
    arrays = [a.astype(np.float64) for a in arrays]
    out, cache = forward(*arrays)
    dout = rng.choice([-1.0, 1.0], out.shape) * rng.uniform(0.5, 2.0, out.shape)
    for k, (a, gradient) in enumerate(zip(arrays, backward(dout, cache), strict=True)):
        if gradient.shape != a.shape:
            return False
        numeric, kink = np.zeros(a.size), np.zeros(a.size, bool)
        for i in range(a.size):

            def loss(step: float, i: int = i, k: int = k) -> float:
                moved = [b.copy() for b in arrays]
                moved[k].flat[i] += step
                return float(np.vdot(dout, forward(*moved)[0]))

            h = 1e-4
            near, far = (loss(h) - loss(-h)) / (2 * h), (loss(2 * h) - loss(-2 * h)) / (4 * h)
            numeric[i] = (4 * near - far) / 3
            sides = (loss(h) - loss(0)) / h, (loss(0) - loss(-h)) / h
            kink[i] = abs(sides[0] - sides[1]) > 0.01 * max(map(abs, sides))
        off = np.abs(gradient.ravel() - numeric)
        if (off[~kink] > 1e-3 * np.abs(numeric).max()).any():
            return False
    return True


@alternative("gradient_check")
def entry_by_entry(forward, backward, arrays, rng):
    arrays = [np.array(a, dtype=float) for a in arrays]
    out, cache = forward(*arrays)
    dout = rng.uniform(-1, 1, out.shape)
    given = [np.array(g) for g in backward(dout, cache)]
    if [g.shape for g in given] != [a.shape for a in arrays]:
        return np.False_
    for g, (left, right) in zip(given, slopes_at(forward, arrays, dout, 1e-6), strict=True):
        largest = max(np.abs(left).max(), np.abs(right).max())
        for index in np.ndindex(g.shape):
            if abs(left[index] - right[index]) > 1e-3 * largest:
                continue
            if abs(g[index] - right[index]) > 2e-3 * largest:
                return np.False_
    return np.True_


# --- weight_std ---------------------------------------------------------------------------------


def fans(shape: Any) -> tuple[int, int]:
    window = int(np.prod(shape[2:]))
    return shape[1] * window, shape[0] * window


def spread(shape: Any, scheme: str, slope: float = 0.0, fan: Any = None) -> float:
    fan_in, fan_out = fan or fans(shape)
    if scheme == "xavier":
        return float(np.sqrt(2 / (fan_in + fan_out)))
    return float(np.sqrt(2 / ((1 + slope**2) * fan_in)))


@mutant(
    "weight_std",
    "You returned the variance, s². The standard deviation is its root. See *How large should the "
    "first weights be?*",
)
def the_variance(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope) ** 2


@mutant(
    "weight_std",
    "You counted the channels of a convolution and forgot its window: a sum has C · R · S terms, "
    "and an input goes into K · R · S of them. See *How large should the first weights be?*",
)
def forgets_the_window(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope, fan=(shape[1], shape[0]))


@mutant(
    "weight_std",
    "You exchanged fan_in and fan_out: the weight is (outputs, inputs), so fan_in comes from "
    "shape[1]. See *How large should the first weights be?*",
)
def exchanges_the_fans(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope, fan=fans(shape)[::-1])


@mutant(
    "weight_std",
    "Your He numbers are those without a bend, 1/√fan_in. Half of the signal's square is lost at "
    "the ReLU, and the factor 2 brings it back. See *How large should the first weights be?*",
)
def forgets_the_bend(shape, scheme, slope=0.0):
    return spread(shape, scheme, 1.0 if scheme == "he" else slope)


@mutant(
    "weight_std",
    "You ignored the slope. A leaky ReLU keeps some of the negative half, slope² of its square, so "
    "the weights may be smaller. See *How large should the first weights be?*",
)
def ignores_the_slope(shape, scheme, slope=0.0):
    return spread(shape, scheme)


@mutant(
    "weight_std",
    "The negative half keeps slope² of its square, not slope of it: variances go with the square. "
    "See *How large should the first weights be?*",
)
def slope_without_square(shape, scheme, slope=0.0):
    return spread(shape, scheme, np.sqrt(slope))


@mutant(
    "weight_std",
    "Your Xavier numbers are √(6/(fan_in + fan_out)): the bound of a uniform distribution. Its "
    "standard deviation is smaller by √3. See *How large should the first weights be?*",
)
def the_uniform_bound(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope) * (np.sqrt(3) if scheme == "xavier" else 1)


@mutant(
    "weight_std",
    "Your Xavier numbers look at fan_in alone. They are a compromise between the way forward and "
    "the way back, so both fans are in it. See *How large should the first weights be?*",
)
def xavier_by_fan_in(shape, scheme, slope=0.0):
    if scheme == "xavier":
        return float(1 / np.sqrt(fans(shape)[0]))
    return spread(shape, scheme, slope)


@alternative("weight_std")
def by_the_number_of_weights(shape, scheme, slope=0.0):
    weights = np.prod(shape)
    inputs, outputs = weights / shape[0], weights / shape[1]
    terms = (inputs + outputs) / 2 if scheme == "xavier" else inputs * (1 + slope**2) / 2
    return terms**-0.5


@alternative("weight_std")
def in_loops(shape, scheme, slope=0.0):
    fan_in, fan_out = shape[1], shape[0]
    for side in shape[2:]:
        fan_in, fan_out = fan_in * side, fan_out * side
    kept = {"xavier": (fan_in + fan_out) / 2, "he": fan_in * (0.5 + 0.5 * slope * slope)}
    return np.float64(1) / np.sqrt(kept[scheme])


# --- momentum_step ------------------------------------------------------------------------------


@mutant(
    "momentum_step",
    "Your v is a running mean: g comes in with the factor 1 − μ. That is another convention, with "
    "steps smaller by that factor; here v ← μ v + g. See *Momentum and Nesterov*.",
)
def averages_the_gradients(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + (1 - momentum) * g
    return w - lr * (g + momentum * v if nesterov else v), v


@mutant(
    "momentum_step",
    "The rate sits inside of your v. As long as it is constant the steps are the same; when it "
    "falls, old and large rates go on rolling. Keep it outside. See *Momentum and Nesterov*.",
)
def rate_inside_the_velocity(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + lr * g
    return w - (lr * g + momentum * v if nesterov else v), v


@mutant(
    "momentum_step",
    "You moved with the old v, so the gradient comes one step late. First the new v, then w. See "
    "*Momentum and Nesterov*.",
)
def moves_with_the_old_velocity(w, v, g, lr, momentum, nesterov=False):
    new = momentum * v + g
    return w - lr * (g + momentum * v if nesterov else v), new


@mutant(
    "momentum_step",
    "You went uphill: w + η v. The gradient points to where the loss grows. See *A step downhill*.",
)
def climbs(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    return w + lr * (g + momentum * v if nesterov else v), v


@mutant(
    "momentum_step",
    "You ignored nesterov. Its step is g + μ v with the new v: one gradient ahead of the ball. See "
    "*Momentum and Nesterov*.",
)
def ignores_nesterov(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    return w - lr * v, v


@mutant(
    "momentum_step",
    "Your Nesterov step adds g to the whole new v, which has a g in it already. The v in the step "
    "is multiplied by μ once more: g + μ v. See *Momentum and Nesterov*.",
)
def nesterov_without_the_factor(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    return w - lr * (g + v if nesterov else v), v


@mutant(
    "momentum_step",
    "The numbers are right, but you changed w itself: w -= … writes into the caller's array. "
    "Return new arrays: w = w − …. See *Momentum and Nesterov*.",
)
def writes_into_w(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    w -= lr * (g + momentum * v if nesterov else v)
    return w, v


@mutant(
    "momentum_step",
    "You returned the v that you were given, so the ball forgets each gradient at once. The new v "
    "is the second result. See *Momentum and Nesterov*.",
)
def returns_the_old_velocity(w, v, g, lr, momentum, nesterov=False):
    new = momentum * v + g
    return w - lr * (g + momentum * new if nesterov else new), v


@alternative("momentum_step")
def one_formula(w, v, g, lr, momentum, nesterov=False):
    kept = momentum * v
    ahead = momentum if nesterov else 1.0
    return w - lr * (ahead * (kept + g) + nesterov * g), kept + g


@alternative("momentum_step")
def number_after_number(w, v, g, lr, momentum, nesterov=False):
    new_w, new_v = w.copy(), v.copy()
    for index in np.ndindex(w.shape):
        new_v[index] = momentum * v[index] + g[index]
        step = g[index] + momentum * new_v[index] if nesterov else new_v[index]
        new_w[index] = w[index] - lr * step
    return [new_w, new_v]


# --- Adam ---------------------------------------------------------------------------------------


class RightAdam:
    """Adam in place; each mutant changes one decision."""

    def __init__(self, parameters: Any, lr: float, betas: Any = (0.9, 0.999), eps: float = 1e-8):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.t = 0
        self.m = [np.zeros_like(p) for p in parameters]
        self.s = [np.zeros_like(p) for p in parameters]

    def times(self, k: int) -> int:
        """The t that the correction of the k-th array uses."""
        return self.t

    def size(self, s: Array) -> Array:
        return np.sqrt(s) + self.eps

    def step(self, gradients: Any) -> None:
        self.t += 1
        first, second = self.betas
        for k, (w, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            self.m[k] = first * self.m[k] + (1 - first) * g
            self.s[k] = second * self.s[k] + (1 - second) * g**2
            t = self.times(k)
            m, s = self.m[k] / (1 - first**t), self.s[k] / (1 - second**t)
            self.move(k, w, self.lr * m / self.size(s))

    def move(self, k: int, w: Array, step: Array) -> None:
        w -= step


@mutant(
    "Adam",
    "You left out the corrections 1 − βᵗ. Both means start at 0, so the first steps have the wrong "
    "size; the very first one should be the rate itself. See *Adam*.",
)
class NoCorrection(RightAdam):
    def times(self, k):
        return 10**6


@mutant(
    "Adam",
    "Your t is one too large: it counts from 1, so after the first gradient the corrections divide "
    "by 1 − β. See *Adam*.",
)
class CountsFromTwo(RightAdam):
    def times(self, k):
        return self.t + 1


@mutant(
    "Adam",
    "You counted t once for each array. All arrays take their step at the same time: count it once "
    "a step, outside of the loop. See *Adam*.",
)
class CountsEveryArray(RightAdam):
    def times(self, k):
        return (self.t - 1) * len(self.parameters) + k + 1


@mutant(
    "Adam",
    "Your ε is under the root. It is added to the root; under it, 10⁻⁸ acts like 10⁻⁴. See *Adam*.",
)
class EpsilonUnderTheRoot(RightAdam):
    def size(self, s):
        return np.sqrt(s + self.eps)


@mutant(
    "Adam",
    "You forgot the root: s is the mean of the squares, and only its root has the gradient's unit. "
    "See *Adam*.",
)
class ForgetsTheRoot(RightAdam):
    def size(self, s):
        return s + self.eps


@mutant(
    "Adam",
    "You exchanged the betas: the first belongs to the mean of the gradients, the second, slower "
    "one to that of their squares. See *Adam*.",
)
class ExchangesTheBetas(RightAdam):
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, lr, betas[::-1], eps)


@mutant(
    "Adam",
    "The network's arrays have not moved: w = w − … makes a new array, and the network holds the "
    "old one. Change it in place, w −= …. See *Adam*.",
)
class NotInPlace(RightAdam):
    def move(self, k, w, step):
        w = w - step


@mutant(
    "Adam",
    "Your rate is the one from the beginning. A schedule sets optimizer.lr before each step, so "
    "read it there. See *Adam*.",
)
class KeepsTheFirstRate(RightAdam):
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, lr, betas, eps)
        self.rate = lr

    def move(self, k, w, step):
        w -= step * (self.rate / self.lr)


@mutant(
    "Adam",
    "You put the corrected means back into m and s, so they are corrected again in the next step. "
    "Keep the plain ones. See *Adam*.",
)
class KeepsTheCorrectedMeans(RightAdam):
    def step(self, gradients):
        super().step(gradients)
        for k in range(len(self.m)):
            self.m[k] = self.m[k] / (1 - self.betas[0] ** self.t)
            self.s[k] = self.s[k] / (1 - self.betas[1] ** self.t)


@alternative("Adam")
class AllInOneVector:
    """One long vector for all arrays."""

    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.powers = [1.0, 1.0]
        self.mean = np.zeros((2, sum(p.size for p in parameters)))

    def step(self, gradients):
        g = np.concatenate([np.ravel(a) for a in gradients])
        for k, beta in enumerate(self.betas):
            self.mean[k] = beta * self.mean[k] + (1 - beta) * g ** (k + 1)
            self.powers[k] *= beta
        m, s = (mean / (1 - power) for mean, power in zip(self.mean, self.powers, strict=True))
        step, start = self.lr * m / (s**0.5 + self.eps), 0
        for p in self.parameters:
            p -= step[start : start + p.size].reshape(p.shape)
            start += p.size


@alternative("Adam")
class CorrectsTheRate(RightAdam):
    """The form in which the corrections go into the rate and into ε."""

    def step(self, gradients):
        self.t += 1
        first, second = self.betas
        root = np.sqrt(1 - second**self.t)
        rate = self.lr * root / (1 - first**self.t)
        for w, m, s, g in zip(self.parameters, self.m, self.s, gradients, strict=True):
            m *= first
            m += (1 - first) * g
            s *= second
            s += (1 - second) * g * g
            w[...] = w - rate * m / (np.sqrt(s) + self.eps * root)


# --- learning_rate ------------------------------------------------------------------------------


@mutant(
    "learning_rate",
    "Your climb is one step ahead: it begins at peak / warmup. A line from 0 at step 0 is "
    "peak · step / warmup. (Some libraries do count from one.) See *Schedules*.",
)
def climbs_a_step_ahead(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup))) / 2


@mutant(
    "learning_rate",
    "Your cosine began at step 0, so when the climb is over it has fallen already, and the rate "
    "jumps. The fall begins at warmup. See *Schedules*.",
)
def cosine_over_all_steps(step, steps, warmup, peak):
    return peak * (step / warmup if step < warmup else (1 + np.cos(np.pi * step / steps)) / 2)


@mutant(
    "learning_rate",
    "Your fall takes `steps` steps after the warm-up, so it is cut off before it reaches 0. It has "
    "steps − warmup of them. See *Schedules*.",
)
def falls_too_slowly(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * (1 + np.cos(np.pi * (step - warmup) / steps)) / 2


@mutant(
    "learning_rate",
    "You fell along a straight line. Half a cosine leaves the peak slowly and comes in slowly: "
    "(1 + cos(π · progress)) / 2. See *Schedules*.",
)
def falls_in_a_line(step, steps, warmup, peak):
    return peak * (step / warmup if step < warmup else (steps - step) / (steps - warmup))


@mutant(
    "learning_rate",
    "Your cosine runs down to −peak: gradient descent would go uphill in the second half. Lift and "
    "halve it: (1 + cos) / 2. See *Schedules*.",
)
def cosine_below_zero(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * np.cos(np.pi * (step - warmup) / (steps - warmup))


@mutant(
    "learning_rate",
    "You took a quarter of the cosine: from its top to 0, arriving at full speed. Half of it ends "
    "flat: (1 + cos(π · progress)) / 2. See *Schedules*.",
)
def quarter_of_a_cosine(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * np.cos(np.pi / 2 * (step - warmup) / (steps - warmup))


@mutant(
    "learning_rate",
    "There is no climb in yours: before warmup the rate stands at its peak. See *Schedules*.",
)
def no_climb(step, steps, warmup, peak):
    return peak * (1 + np.cos(np.pi * max(step - warmup, 0) / (steps - warmup))) / 2


@alternative("learning_rate")
def half_angle(step, steps, warmup, peak):
    if warmup and step <= warmup:
        return step / warmup * peak
    return peak * np.cos(np.pi / 2 * (step - warmup) / (steps - warmup)) ** 2


@alternative("learning_rate")
def by_interpolation(step, steps, warmup, peak):
    down = np.linspace(0, np.pi, steps - warmup + 1)
    up = np.arange(warmup) / max(warmup, 1)
    return peak * np.concatenate([up, 0.5 * np.cos(down) + 0.5])[step]


# --- stop_training ------------------------------------------------------------------------------


def run_out(
    losses: Any,
    patience: int,
    target: float,
    better: Callable[[float, float], bool] = lambda loss, lowest: loss < lowest,
) -> tuple[int, int]:
    best, lowest, epoch = 0, np.inf, 0
    for epoch, loss in enumerate(losses):
        if better(loss, lowest):
            best, lowest = epoch, loss
        if loss <= target or epoch - best >= patience:
            break
    return epoch, best


@mutant(
    "stop_training",
    "You keep the last epoch. Patience means that it was not the best one: keep the weights of the "
    "lowest loss. See *When to stop*.",
)
def keeps_the_last(losses, patience, target):
    epoch, _ = run_out(losses, patience, target)
    return epoch, epoch


@mutant(
    "stop_training",
    "You waited one epoch too long: after `patience` epochs without a new best it is over. See "
    "*When to stop*.",
)
def waits_one_more(losses, patience, target):
    return run_out(losses, patience + 1, target)


@mutant(
    "stop_training",
    "You never start the count again. A new best gives back all of the patience; only epochs in a "
    "row count. See *When to stop*.",
)
def counts_all_bad_epochs(losses, patience, target):
    best, lowest, bad, epoch = 0, np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            best, lowest = epoch, loss
        else:
            bad += 1
        if loss <= target or bad >= patience:
            break
    return epoch, best


@mutant(
    "stop_training",
    "You compared with the epoch before. After a bad epoch that is easily beaten; a new best is "
    "below all earlier ones. See *When to stop*.",
)
def compares_with_the_epoch_before(losses, patience, target):
    bad, epoch = 0, 0
    for epoch, loss in enumerate(losses):
        bad = 0 if epoch == 0 or loss < losses[epoch - 1] else bad + 1
        if loss <= target or bad >= patience:
            break
    return epoch, int(np.nanargmin(losses[: epoch + 1]))


@mutant(
    "stop_training",
    "You took an equal loss for a new best. It has to be below: a network that has stopped moving "
    "would train for ever. See *When to stop*.",
)
def equal_is_better(losses, patience, target):
    return run_out(losses, patience, target, lambda loss, lowest: loss <= lowest)


@mutant(
    "stop_training",
    "You forgot the target. When the loss is `target` or less it is good enough, and training "
    "ends. See *When to stop*.",
)
def forgets_the_target(losses, patience, target):
    return run_out(losses, patience, -np.inf)


@mutant(
    "stop_training",
    "You took NaN for a new best: no comparison with it is True, so “not worse” is not “better”. "
    "Ask whether the loss is below. See *When to stop*.",
)
def nan_is_not_worse(losses, patience, target):
    return run_out(losses, patience, target, lambda loss, lowest: not loss >= lowest)


@mutant(
    "stop_training",
    "You looked for the best epoch in the whole list. Training has stopped by then: what comes "
    "after it has never been computed. See *When to stop*.",
)
def looks_into_the_future(losses, patience, target):
    return run_out(losses, patience, target)[0], int(np.nanargmin(losses))


@mutant(
    "stop_training",
    "Your epochs count from 1. Here they count from 0. See *When to stop*.",
)
def counts_from_one(losses, patience, target):
    epoch, best = run_out(losses, patience, target)
    return epoch + 1, best + 1


@alternative("stop_training")
def looks_back_at_each_epoch(losses, patience, target):
    for epoch in range(len(losses)):
        seen = [np.inf if np.isnan(v) else v for v in losses[: epoch + 1]]
        best = seen.index(min(seen))
        if seen[-1] <= target or epoch - best == patience or epoch == len(losses) - 1:
            return [epoch, best]
    raise ValueError("no losses")


@alternative("stop_training")
def with_a_countdown(losses, patience, target):
    left, lowest, best, epoch = patience, float("inf"), 0, 0
    while True:
        if losses[epoch] < lowest:
            left, lowest, best = patience, losses[epoch], epoch
        elif epoch:
            left -= 1
        if left == 0 or lowest <= target or epoch + 1 == len(losses):
            return np.int64(epoch), np.int64(best)
        epoch += 1


# --- c3_table -----------------------------------------------------------------------------------


def table_of(*columns: tuple[int, ...]) -> Array:
    table = np.zeros((6, 16), dtype=int)
    for k, rows in enumerate(columns):
        table[list(rows), k] = 1
    return table


TRIPLES = [(0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)]
RUNS = [(0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)]
PAIRS = [(0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)]
TABLE = table_of(*TRIPLES, *RUNS, *PAIRS, tuple(range(6)))
LENET = {"table": TABLE, "c3": 1516, "network": 60_000, "multiplications": 325_680}


def lenet(name: str, misconception: str, **wrong: Any) -> None:
    variants.mutant_value(
        "c3_table",
        name,
        {**LENET, **wrong},
        f"{misconception} See *LeNet-5 in pure NumPy*.",
    )


lenet(
    "open_ring",
    "Your ring is open: after map 5 nothing follows. Map 0 does, so columns 4, 5 and 9 to 11 begin "
    "at the end and go on at the beginning.",
    table=table_of(*(tuple(r for r in range(j, j + 3) if r < 6) for j in range(6)),
                   *(tuple(r for r in range(j, j + 4) if r < 6) for j in range(6)),
                   *PAIRS, tuple(range(6))),
)  # fmt: skip
lenet(
    "transposed",
    "Your table is the transpose: asked is one row for each map of S2 and one column for each map "
    "of C3, (6, 16).",
    table=TABLE.T,
)
lenet(
    "all_connected",
    "You connected everything, as textbooks do: 2,416 parameters in C3 and 60,900 in all. In 1998 "
    "map j of C3 read only what the table says.",
    table=np.ones((6, 16), dtype=int),
    c3=2416,
    network=60_900,
    multiplications=415_680,
)
lenet(
    "bias_for_each_kernel",
    "You gave every kernel a bias. The kernels of one map are summed, and the map has one bias: 16 "
    "in C3, not 60.",
    c3=1560,
    network=60_044,
)
lenet(
    "no_biases",
    "You left out the biases of C3: one for each of its 16 maps.",
    c3=1500,
    network=59_984,
)
lenet(
    "pooling_without_weights",
    "C3 is right. S2 and S4 are not free of parameters in this network: each of their 22 maps has "
    "a coefficient and a bias.",
    network=59_956,
)
lenet(
    "learned_output",
    "C3 is right. You counted an output layer with 850 weights and biases. Here the output is the "
    "distance to ten fixed pictures: nothing to learn.",
    network=60_850,
)
lenet(
    "textbook_lenet",
    "61,706 is the LeNet of today's textbooks: C3 reads all maps, pooling has no weights, and the "
    "output is learned. The one of 1998 has the table.",
    c3=2416,
    network=61_706,
    multiplications=416_520,
)
lenet(
    "weights_once",
    "You counted each weight once. A kernel multiplies at every pixel of the map that it makes: "
    "28 × 28 times in C1, 10 × 10 times in C3.",
    multiplications=59_730,
)
lenet(
    "additions_too",
    "You counted additions as well, twice the multiplications.",
    multiplications=651_360,
)
variants.alternative_value(
    "c3_table",
    "lists_and_floats",
    {
        "table": [[bool(v) for v in row] for row in TABLE.tolist()],
        "c3": 1516.0,
        "network": 6e4,
        "multiplications": 325_680.0,
    },
)
variants.alternative_value(
    "c3_table",
    "copied_from_the_paper",
    {
        "multiplications": np.int64(117_600 + 150_000 + 48_000 + 10_080),
        "network": 156 + 12 + 1516 + 32 + 48_120 + 10_164,
        "c3": 6 * (75 + 1) + 9 * (100 + 1) + 151,
        "table": np.array(
            [
                [int(c) for c in row]
                for row in (
                    "1000111001111011",
                    "1100011100111101",
                    "1110001110010111",
                    "0111001111001011",
                    "0011100111101101",
                    "0001110011110111",
                )
            ],
            dtype=np.float32,
        ),
    },
)


# --- predict_digits, predict_scattered ----------------------------------------------------------

Prepare = Callable[[Array], Array]


def even_ink(images: Array) -> Array:
    darkest = images.max(axis=(1, 2), keepdims=True)
    return (images / darkest - 0.3)[:, None].astype(np.float32)


def plain_ink(images: Array) -> Array:
    return (images[:, None] / 16 - 0.3).astype(np.float32)


def ink(sheets: Array) -> Array:
    return (sheets[:, None] / 8 - 0.5).astype(np.float32)


def dense(inputs: int, *, activation: str = "relu", init: str = "he") -> Sequential:
    rng = np.random.default_rng(0)
    layers = (Linear(n, m, rng=rng, init=init) for n, m in ((inputs, 64), (64, 10)))
    return Sequential(Flatten(), next(layers), Activation(activation), next(layers))


def convolutional(activation: str = "relu") -> Sequential:
    rng = np.random.default_rng(0)
    return Sequential(
        *(Conv2d(1, 12, 3, rng=rng), Activation(activation), MaxPool2d(2)),
        *(Conv2d(12, 48, 3, rng=rng), Activation(activation), MaxPool2d(4)),
        *(Flatten(), Linear(48, 10, rng=rng)),
    )


def learn(
    network: Sequential,
    prepare: Prepare,
    *,
    epochs: int = 15,
    lr: float = 0.005,
    sgd: bool = False,
    data: tuple[Array, Array] | None = None,
    vary: Callable[[Array, Any], Array] = lambda images, rng: images,
) -> Sequential:
    images, labels = data or sorted_digits()
    parameters = network.parameters()
    fit(
        network,
        SimpleNamespace(images=images, labels=labels),
        optimizer=SGD(parameters, lr, momentum=0.9) if sgd else Adam(parameters, lr),
        epochs=epochs,
        batch_size=25,
        rng=np.random.default_rng(1),
        schedule=warmup(1, cosine(epochs - 1)) if epochs > 1 else None,
        augment=lambda chosen, rng: prepare(vary(chosen, rng)),
    )
    return network


def learn_in_order(network: Sequential, prepare: Prepare) -> Sequential:
    """Mini-batches as they come in a file that is sorted by label."""
    images, labels = sorted_digits()
    for start in list(range(0, len(images), 25)) * 5:
        batch = images[start : start + 25], labels[start : start + 25]
        learn(network, prepare, epochs=1, lr=0.05, sgd=True, data=batch)
    return network


def shuffled_apart() -> tuple[Array, Array]:
    images, labels = sorted_digits()
    return images, np.random.default_rng(2).permutation(labels)


def trained(name: str, make: Callable[[], Sequential], prepare: Prepare) -> Callable[..., Array]:
    """A predictor with that name, trained when it is first asked."""
    network = functools.cache(make)

    def predictor(images: Array) -> Array:
        with np.errstate(all="ignore"):
            return predict(network(), prepare(images))

    predictor.__name__ = name
    return predictor


def digits_mutant(
    name: str, misconception: str, make: Callable[[], Sequential], prepare: Prepare = even_ink
) -> None:
    mutant("predict_digits", misconception)(trained(name, make, prepare))


def standardized(images: Array) -> Array:
    x = images.astype(np.float32)
    x -= x.mean(axis=(1, 2), keepdims=True)
    return (x / x.std(axis=(1, 2), keepdims=True))[:, None]


def pixelwise(images: Array) -> Array:
    seen = sorted_digits()[0].astype(np.float32)
    return ((images - seen.mean(axis=0)) / (seen.std(axis=0) + 0.1))[:, None]


@functools.cache
def good_digits() -> Sequential:
    return learn(dense(64), even_ink)


@functools.cache
def tanh_digits() -> Sequential:
    network = dense(64, activation="tanh", init="xavier")
    return learn(network, standardized, lr=0.02, sgd=True)


digits_mutant(
    "never_saw_dim_ink",
    "Your network reads bright digits and fails on dim ones: it has learnt how dark ink is. Even "
    "the ink out before the network sees it, or train on dimmed digits, too. See *LeNet-5 in pure "
    "NumPy*.",
    lambda: learn(dense(64), plain_ink),
    plain_ink,
)
digits_mutant(
    "forgets_to_prepare",
    "These predictions look like those of a good network that is handed raw pixels. Whatever "
    "was done to the images before training, predict_digits has to do as well. See *LeNet-5 in "
    "pure NumPy*.",
    lambda: learn(dense(64), pixelwise),
    lambda images: images[:, None].astype(np.float32),
)
digits_mutant(
    "never_shuffled",
    "Trained in the order of the file, which is sorted: the network sees zeros, then ones, and "
    "in the end forgets all but the last digits. Mini-batches are drawn at random. See *A step "
    "downhill*.",
    lambda: learn_in_order(dense(64), even_ink),
)
digits_mutant(
    "rate_too_large",
    "Every image is a 0 for this network: its weights are not numbers any more, and the argmax of "
    "NaN is 0. The learning rate was too large. See *A step downhill*.",
    lambda: learn(dense(64), even_ink, epochs=2, lr=1e6, sgd=True),
)
digits_mutant(
    "started_at_zero",
    "All weights started at 0, so all hidden units are the same and their gradients are 0: only "
    "the last bias learns, and every image gets the same digit. See *How large should the first "
    "weights be?*",
    lambda: learn(dense(64, init="zeros"), even_ink, epochs=1),
)
digits_mutant(
    "stopped_too_early",
    "This is a network after one epoch or less. It has begun to read: train on until the "
    "validation loss stops falling. See *When to stop*.",
    lambda: learn(dense(64), even_ink, epochs=1, lr=0.001),
)
digits_mutant(
    "labels_apart",
    "Images and labels were shuffled apart: the network learnt nothing that holds for other "
    "digits. Index both with the same permutation. See *A step downhill*.",
    lambda: learn(dense(64), even_ink, data=shuffled_apart()),
)
digits_mutant(
    "turned_images",
    "The images reach the network column by column here, row by row in training, or the other way "
    "round. Flatten both in the same order. See *From numbers to layers*.",
    good_digits,
    lambda images: even_ink(images.transpose(0, 2, 1)),
)


@mutant(
    "predict_digits",
    "Your digits are right but for one: a 3 is called 4. The classes count from 0, as argmax does. "
    "See *The loss: where the gradient starts*.",
)
def one_too_many(images):
    return predict(good_digits(), even_ink(images)) + 1


def dimmed(images: Array, rng: Any) -> Array:
    strength = rng.uniform(0.2, 1.0, (len(images), 1, 1))
    return images * strength + rng.normal(0, 1.5 * strength, images.shape)


alternative("predict_digits")(
    trained(
        "trains_on_dimmed_digits",
        lambda: learn(dense(64), plain_ink, epochs=40, vary=dimmed),
        plain_ink,
    )
)


alternative("predict_digits")(trained("tanh_by_momentum", tanh_digits, standardized))


# --- predict_scattered


def scattered_mutant(
    name: str, misconception: str, make: Callable[[], Sequential], prepare: Prepare = ink
) -> None:
    mutant("predict_scattered", misconception)(trained(name, make, prepare))


def scatter(images: Array, rng: Any) -> Array:
    sheets = np.zeros((len(images), 14, 14), images.dtype)
    for sheet, image, (top, left) in zip(
        sheets, images, rng.integers(0, 7, (len(images), 2)), strict=True
    ):
        sheet[top : top + 8, left : left + 8] = image
    return sheets


def centre(images: Array, rng: Any = None) -> Array:
    return np.pad(images, ((0, 0), (3, 3), (3, 3)))


@functools.cache
def good_lenet() -> Sequential:
    return learn(convolutional(), ink, epochs=6, lr=0.015, vary=scatter)


scattered_mutant(
    "no_convolution",
    "A network without convolution has to learn every digit anew for each place on the sheet. One "
    "kernel that slides sees it everywhere. See *LeNet-5 in pure NumPy*.",
    lambda: learn(dense(196), ink, vary=scatter),
)
scattered_mutant(
    "never_left_the_centre",
    "Your network reads digits in the middle of the sheet: it was trained on those. A convolution "
    "moves with the digit, the last layer does not; train on scattered ones. See *LeNet-5 in pure "
    "NumPy*.",
    lambda: learn(convolutional(), ink, epochs=3, lr=0.015, vary=centre),
)
scattered_mutant(
    "forgets_the_ink",
    "These predictions look like those of a good network that is handed raw pixels. Whatever was "
    "done to the sheets in training, predict_scattered has to do as well. See *LeNet-5 in pure "
    "NumPy*.",
    good_lenet,
    lambda sheets: sheets[:, None].astype(np.float32),
)
scattered_mutant(
    "rate_too_large",
    "Every sheet is a 0 for this network: its weights are not numbers any more, and the argmax of "
    "NaN is 0. The learning rate was too large. See *A step downhill*.",
    lambda: learn(convolutional(), ink, epochs=1, lr=1e6, sgd=True, vary=scatter,
                  data=tuple(a[::10] for a in sorted_digits())),
)  # fmt: skip
scattered_mutant(
    "stopped_too_early",
    "This is a network after one epoch. It has begun to read; go on until the loss no longer "
    "falls. See *When to stop*.",
    lambda: learn(convolutional(), ink, epochs=1, lr=0.003, vary=scatter),
)
scattered_mutant(
    "labels_apart",
    "Sheets and labels were shuffled apart: the network learnt nothing that holds for other "
    "digits. Index both with the same permutation. See *A step downhill*.",
    lambda: learn(convolutional(), ink, epochs=1, vary=scatter, data=shuffled_apart()),
)
scattered_mutant(
    "turned_sheets",
    "Rows and columns of the sheets are exchanged here, or were in training. Keep (N, C, H, W) in "
    "this order throughout. See *From numbers to layers*.",
    good_lenet,
    lambda sheets: ink(sheets.transpose(0, 2, 1)),
)


def negative(sheets: Array) -> Array:
    return 0.5 - ink(sheets)


alternative("predict_scattered")(
    trained(
        "elu_on_inverted_sheets",
        lambda: learn(convolutional("elu"), negative, epochs=12, lr=0.015, vary=scatter),
        negative,
    )
)
alternative("predict_scattered")(
    trained(
        "by_momentum",
        lambda: learn(convolutional(), ink, epochs=12, lr=0.05, sgd=True, vary=scatter),
        ink,
    )
)
