"""The layer, backward: derive and implement the three gradients of a convolutional layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.convolution import conv2d_backward, conv2d_forward
from cvlib.grading.spec import Case, Exercise, Variants

from .common import LAYERS, Pair, Rng, draw_layer, forward

GRADIENTS = {
    "db": ("db", ["several images and channels", "stride"]),
    "dw, stride 1": ("dw", ["several images and channels", "padding"]),
    "dw, larger stride": ("dw", ["stride"]),
    "dx, stride 1": ("dx", ["stride 1, no padding", "several images and channels"]),
    "dx, padding": ("dx", ["padding"]),
    "dx, larger stride": ("dx", ["stride"]),
}


def draw_backward(rng: Rng) -> Iterator[Case]:
    for part, (which, layers) in GRADIENTS.items():
        for layer in layers:
            x, w, stride, padding = draw_layer(rng, **LAYERS[layer])
            dout = rng.normal(size=forward(x, w, np.zeros(len(w)), stride, padding).shape)
            yield Case((which, dout, x, w, stride, padding), part=part)


def backward(dout: Any, x: Any, w: Any, stride: Pair, padding: Pair) -> tuple[Any, ...]:
    _, cache = conv2d_forward(x, w, np.zeros(len(w)), stride=stride, padding=padding)
    return conv2d_backward(dout, cache)


def one_gradient(target, which, *args):
    dx, dw, db = target(*args)
    return {"dx": dx, "dw": dw, "db": db}[which]


variants = Variants()
EXERCISE = Exercise(
    id="conv2d_backward",
    title="The layer, backward",
    objective="Derive and implement the three gradients of a convolutional layer.",
    section="02_convolution#conv-backward",
    reference=backward,
    cases=draw_backward,
    driver=one_gradient,
    hints={
        "db": "b[k] is added to every pixel of map k in every image of the batch.",
        "dw, stride 1": "One weight meets one pixel in every window: sum over windows and "
        "images, of the padded image.",
        "dw, larger stride": "Which pixel did weight (r, t) meet in window (i, j) when the "
        "stride was not 1?",
        "dx, stride 1": "Follow one pixel: every window that saw it sends something back, "
        "through the weight it was seen with. Sum them.",
        "dx, padding": "The padding received gradient, too. Nobody asked for it.",
        "dx, larger stride": "dx has the shape of x, also where no window looked: the "
        "gradient there is zero.",
    },
    variants=variants,
)


@variants.mutant(
    "Your dw is averaged over the batch. The gradient of the loss is the sum over images; whether "
    "the loss is a mean is decided in dout. See *The backward pass, in one line each*.",
)
def dw_averages_the_batch(dout, x, w, stride, padding):
    (sh, sw), (ph, pw), (rows, columns) = stride, padding, dout.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for r, t in np.ndindex(*w.shape[2:]):
        seen = np.s_[:, :, r : r + sh * rows : sh, t : t + sw * columns : sw]
        dw[:, :, r, t] = np.einsum("nkij,ncij->kc", dout, padded[seen]) / len(x)
        dx[seen] += np.einsum("nkij,kc->ncij", dout, w[:, :, r, t])
    return dx[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], dw, dout.sum(axis=(0, 2, 3))


def gradients(dout: Any, x: Any, w: Any, stride: Pair, padding: Pair) -> tuple[Any, ...]:
    """The right gradients, for mutants that spoil one of them."""
    _, cache = conv2d_forward(x, w, np.zeros(len(w)), stride=stride, padding=padding)
    return conv2d_backward(dout, cache)


@variants.mutant(
    "dw and db are right. In dx each pixel got its gradient through the kernel turned by 180°: a "
    "pixel seen through w[r, t] gets it back through w[r, t]. See *The backward pass, in one line "
    "each*.",
)
def dx_through_the_flipped_kernel(dout, x, w, stride, padding):
    _, dw, db = gradients(dout, x, w, stride, padding)
    return gradients(dout, x, w[:, :, ::-1, ::-1], stride, padding)[0], dw, db


@variants.mutant(
    "In dx a later window overwrites what an earlier one had sent. A pixel seen by several windows "
    "gets the sum: += in place of =. See *The backward pass, in one line each*.",
)
def dx_overwrites(dout, x, w, stride, padding):
    _, dw, db = gradients(dout, x, w, stride, padding)
    (ph, pw), (sh, sw), (rows, columns) = padding, stride, w.shape[2:]
    dx = np.pad(np.zeros_like(x), ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            sent = np.einsum("nk,kcrs->ncrs", dout[:, :, i, j], w)
            dx[:, :, i * sh : i * sh + rows, j * sw : j * sw + columns] = sent
    return dx[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], dw, db


@variants.mutant(
    "Your dx has the shape of the padded image. The padding is not part of x: cut it off again. "
    "See *The backward pass, in one line each*.",
)
def dx_keeps_the_padding(dout, x, w, stride, padding):
    _, dw, db = gradients(dout, x, w, stride, padding)
    (ph, pw) = padding
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    return gradients(dout, padded, w, stride, (0, 0))[0], dw, db


@variants.mutant(
    "Your dx ends where the last window ends. A stride can leave pixels over; no window saw them, "
    "so their gradient is zero, but dx has the shape of x. See *The backward pass, in one line "
    "each*.",
)
def dx_loses_the_unused_pixels(dout, x, w, stride, padding):
    dx, dw, db = gradients(dout, x, w, stride, padding)
    rows, columns = (
        (o - 1) * s + k - 2 * p
        for o, s, k, p in zip(dout.shape[2:], stride, w.shape[2:], padding, strict=True)
    )
    return dx[:, :, :rows, :columns], dw, db


@variants.mutant(
    "Your dw is turned by 180°. The forward pass did not flip the kernel, so neither does its "
    "gradient. See *The backward pass, in one line each*.",
)
def dw_flipped(dout, x, w, stride, padding):
    dx, dw, db = gradients(dout, x, w, stride, padding)
    return dx, dw[:, :, ::-1, ::-1], db


@variants.mutant(
    "Your dw is right at stride 1 only: you let window (i, j) start at pixel (i, j), but it starts "
    "at (i · stride[0], j · stride[1]). See *The backward pass, in one line each*.",
)
def dw_forgets_the_stride(dout, x, w, stride, padding):
    dx, _, db = gradients(dout, x, w, stride, padding)
    (ph, pw), (rows, columns) = padding, w.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dw = np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            window = x[:, :, i : i + rows, j : j + columns]
            dw += np.einsum("nk,ncrs->kcrs", dout[:, :, i, j], window)
    return dx, dw, db


@variants.mutant(
    "Your db is a mean. b[k] moves every pixel of map k in every image, so its gradient is the sum "
    "of dout over images, rows and columns. See *The backward pass, in one line each*.",
)
def db_is_a_mean(dout, x, w, stride, padding):
    dx, dw, _ = gradients(dout, x, w, stride, padding)
    return dx, dw, dout.mean(axis=(0, 2, 3))


@variants.mutant(
    "Your db has one row an image. There is one bias a kernel for the whole batch: sum over the "
    "images, too. See *The backward pass, in one line each*.",
)
def db_for_each_image(dout, x, w, stride, padding):
    dx, dw, _ = gradients(dout, x, w, stride, padding)
    return dx, dw, dout.sum(axis=(2, 3))


@variants.mutant(
    "Your dx is averaged over the batch. Each image has a gradient of its own; whether the loss is "
    "a mean is decided in dout. See *The backward pass, in one line each*.",
)
def dx_averages_the_batch(dout, x, w, stride, padding):
    dx, dw, db = gradients(dout, x, w, stride, padding)
    return dx / len(x), dw, db


@variants.mutant(
    "Your db comes from the first image alone. One bias serves the whole batch: sum over the "
    "images as well. See *The backward pass, in one line each*.",
)
def db_of_the_first_image(dout, x, w, stride, padding):
    dx, dw, _ = gradients(dout, x, w, stride, padding)
    return dx, dw, dout[0].sum(axis=(1, 2))


@variants.alternative
def window_by_window(dout, x, w, stride, padding):
    (ph, pw), (sh, sw), (rows, columns) = padding, stride, w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros(len(w))
    for n in range(len(x)):
        for k in range(len(w)):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    here = np.s_[n, :, i * sh : i * sh + rows, j * sw : j * sw + columns]
                    dw[k] += dout[n, k, i, j] * padded[here]
                    dx[here] += dout[n, k, i, j] * w[k]
                    db[k] += dout[n, k, i, j]
    return dx[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], dw, list(db)


@variants.alternative
def as_convolutions(dout, x, w, stride, padding):
    def correlate(image, kernel, pattern):
        view = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[2:], axis=(2, 3))
        return np.einsum(pattern, view, kernel)

    rows, columns = w.shape[2:]
    height, width = x.shape[2] + 2 * padding[0], x.shape[3] + 2 * padding[1]
    spread = np.zeros((*dout.shape[:2], height - rows + 1, width - columns + 1))
    spread[:, :, :: stride[0], :: stride[1]] = dout
    margin = ((0, 0), (0, 0))
    padded = np.pad(x, (*margin, (padding[0],) * 2, (padding[1],) * 2))
    dw = correlate(padded, spread, "ncrsij,nkij->kcrs")
    full = np.pad(spread, (*margin, (rows - 1,) * 2, (columns - 1,) * 2))
    dx = correlate(full, w[:, :, ::-1, ::-1], "nkyxrs,kcrs->ncyx")
    dx = dx[:, :, padding[0] : height - padding[0], padding[1] : width - padding[1]]
    return dx, dw, np.einsum("nkij->k", dout)
