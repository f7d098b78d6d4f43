"""The winner takes the gradient: send a gradient through the largest of several linear pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.activations import maxout_backward, maxout_forward
from cvlib.grading.spec import Case, Exercise, Variants

from .common import Array, Rng, one_gradient, sizes


def draw_maxout(rng: Rng) -> Iterator[Case]:
    for part, which, pieces in (
        ("dx", "dx", 2),
        ("dw", "dw", 2),
        ("db", "db", 2),
        ("more pieces", "dx", 4),
        ("more pieces", "dw", 3),
        ("more pieces", "db", 3),
    ):
        for _ in range(2):
            n, d, m = sizes(rng, 3, 3, 6)
            x, w, b = (rng.normal(size=s) for s in ((n, d), (pieces, m, d), (pieces, m)))
            yield Case((which, rng.normal(size=(n, m)), x, w, b), part=part)


def maxout_gradients(dout: Any, x: Any, w: Any, b: Any) -> tuple[Any, ...]:
    return maxout_backward(dout, maxout_forward(x, w, b)[1])


variants = Variants()
EXERCISE = Exercise(
    id="maxout_backward",
    title="The winner takes the gradient",
    objective="Send a gradient through the largest of several linear pieces.",
    section="04_backpropagation#bp-activations",
    reference=maxout_gradients,
    cases=draw_maxout,
    driver=one_gradient,
    builds_on=("linear_backward",),
    hints={
        "dx": "For each piece, keep dout where it won and put 0 where it lost. What is "
        "left is a linear layer.",
        "dw": "dw[p] sees only those images for which piece p won output m.",
        "db": "As dw, without x. The bias also has a say in who wins.",
        "more pieces": "argmax over the pieces' axis gives one winner for each n and m, "
        "however many pieces there are.",
    },
    variants=variants,
)


def pieces_of(x: Array, w: Array, b: Any) -> Array:
    return np.einsum("pmd,nd->pnm", w, x) + np.asarray(b)[..., None, :]


def through(share: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """The linear layers' backward; share[p, n, m] is what piece p gets of dout."""
    dx = np.einsum("pnm,pmd->nd", share, w)
    return dx, np.einsum("pnm,nd->pmd", share, x), share.sum(axis=1)


def won(pieces: Array) -> Array:
    return pieces == pieces.max(axis=0)


@variants.mutant(
    "All pieces get the whole gradient in yours. A piece that lost was not in the output, and its "
    "weights moved nothing. See *Activations*.",
)
def everybody_wins(dout, x, w, b):
    return through(np.broadcast_to(dout, (len(w), *dout.shape)), x, w)


@variants.mutant(
    "You shared the gradient equally among the pieces: that is the backward of their mean. In a "
    "maximum the winner takes it all. See *Activations*.",
)
def shares_equally(dout, x, w, b):
    return through(np.broadcast_to(dout / len(w), (len(w), *dout.shape)), x, w)


@variants.mutant(
    "You settled who wins without the biases. They are part of the pieces: a large b can lift a "
    "flat piece above a steep one. See *Activations*.",
)
def winners_without_bias(dout, x, w, b):
    return through(dout * won(pieces_of(x, w, 0 * b)), x, w)


@variants.mutant(
    "You picked one winner for each image, by the sum over its outputs. Each output m has a "
    "contest of its own. See *Activations*.",
)
def one_winner_an_image(dout, x, w, b):
    pieces = pieces_of(x, w, b)
    return through(dout * won(pieces.sum(axis=2, keepdims=True)), x, w)


@variants.mutant(
    "You picked the winners once for the whole batch. Every image settles them anew; that is what "
    "makes the layer bend. See *Activations*.",
)
def one_winner_for_the_batch(dout, x, w, b):
    pieces = pieces_of(x, w, b)
    return through(dout * won(pieces.sum(axis=1, keepdims=True)), x, w)


@variants.mutant(
    "The piece of the largest absolute value wins in yours. The maximum goes by the value: of −3 "
    "and 1 it is 1. See *Activations*.",
)
def largest_absolute_value(dout, x, w, b):
    return through(dout * won(np.abs(pieces_of(x, w, b))), x, w)


@variants.mutant(
    "Your dw and db give every piece the gradient of the output; only dx knows who won. Losers' "
    "weights stay where they are. See *Activations*.",
)
def losers_learn_too(dout, x, w, b):
    dx, _, _ = through(dout * won(pieces_of(x, w, b)), x, w)
    return dx, *through(np.broadcast_to(dout, (len(w), *dout.shape)), x, w)[1:]


@variants.mutant(
    "Your winners are only those above 0, as in a ReLU. A maximum may well be negative: the "
    "largest piece wins, whatever its sign. See *Activations*.",
)
def only_positive_winners(dout, x, w, b):
    pieces = pieces_of(x, w, b)
    return through(dout * (won(pieces) & (pieces > 0)), x, w)


@variants.mutant(
    "You compared the first two pieces alone. There are `len(w)` of them, and the largest wins. "
    "See *Activations*.",
)
def first_two_pieces(dout, x, w, b):
    pieces = pieces_of(x, w, b)
    share = np.zeros_like(pieces)
    share[:2] = dout * won(pieces[:2])
    return through(share, x, w)


@variants.alternative
def output_by_output(dout, x, w, b):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n, m in np.ndindex(dout.shape):
        p = int(np.argmax(w[:, m] @ x[n] + b[:, m]))
        dx[n] += dout[n, m] * w[p, m]
        dw[p, m] += dout[n, m] * x[n]
        db[p, m] += dout[n, m]
    return dx, dw, db


@variants.alternative
def one_hot_winners(dout, x, w, b):
    winner = pieces_of(x, w, b).argmax(axis=0)
    share = np.moveaxis(np.eye(len(w))[winner] * dout[..., None], -1, 0)
    dw = np.stack([g.T @ x for g in share])
    return sum(g @ piece for g, piece in zip(share, w, strict=True)), dw, share.sum(axis=1)
