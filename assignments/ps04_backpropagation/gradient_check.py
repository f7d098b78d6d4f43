"""Trust no backward.

Write a gradient check that neither passes wrong backwards nor fails right ones.
"""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="assignment, var-annotated"

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.layers import gradient_check

from .common import Array, Rng

Trap = tuple[str, list[tuple[int, ...]]]
TRAPS: dict[str, Trap] = {  # part: the battery of the driver, and the shapes of the arrays
    "a wrong factor or sign": ("linear", [(3, 4), (2, 4), (2,)]),
    "an argument left out": ("arguments", [(3, 4), (2, 4), (2,)]),
    "a single entry": ("entry", [(4, 5)]),
    "sums that hide it": ("hidden", [(5, 3)]),
    "tiny and huge gradients": ("scales", [(3, 4)]),
    "the wrong shape": ("shapes", [(3, 4), (2, 4), (2,)]),
    "float32": ("linear", [(3, 4), (2, 4), (2,)]),
    "kinks": ("kinks", [(4, 6)]),
}


def draw_traps(rng: Rng) -> Iterator[Case]:
    for part, (trap, shapes) in TRAPS.items():
        for _ in range(2):
            arrays = [rng.choice([-1, 1], s) * rng.uniform(0.3, 2.0, s) for s in shapes]
            if part == "float32":
                arrays = [a.astype(np.float32) for a in arrays]
            if part == "kinks":
                arrays[0].flat[rng.permutation(24)[:3]] = [0.0, 1e-10, -1e-10]
            yield Case((trap, arrays, int(rng.integers(2**31))), part=part)


def verdicts(target, trap, arrays, seed):
    import numpy as np

    def linear(x, w, b):
        return x @ w.T + b, (x, w)

    def of_linear(dout, cache):
        return dout @ cache[1], dout.T @ cache[0], dout.sum(axis=0)

    def tanh(x):
        return np.tanh(x), x

    def of_tanh(dout, x):
        return (dout * (1 - np.tanh(x) ** 2),)

    def softmax(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True), e / e.sum(axis=1, keepdims=True)

    def of_softmax(dout, p):
        return (p * (dout - (dout * p).sum(axis=1, keepdims=True)),)

    def batch_norm(x):
        spread = np.sqrt(x.var(axis=0) + 1e-5)
        out = (x - x.mean(axis=0)) / spread
        return out, (out, spread)

    def of_batch_norm(dout, cache):
        out, spread = cache
        return ((dout - dout.mean(axis=0) - out * (dout * out).mean(axis=0)) / spread,)

    def bent(x):
        return np.maximum(x, 0.1 * x), x

    def of_bent(dout, x):
        return (np.where(x > 0, dout, 0.1 * dout),)

    def changed(backward, k, change):  # change the k-th gradient of a right backward
        def wrong(dout, cache):
            gradients = list(backward(dout, cache))
            gradients[k] = change(gradients[k])
            return tuple(gradients)

        return wrong

    def scaled(forward, factor):
        return lambda *a: (factor * forward(*a)[0], forward(*a)[1])

    def one_entry(g):  # the largest but two
        g = g.copy()
        g.flat[np.abs(g).argsort(axis=None)[-3]] *= 0.9
        return g

    def zero(g):
        return 0 * g

    def pairs():  # the name of a forward, the forward, its backward, and wrong ones
        if trap == "linear":
            spoilt = {
                "dx off by 1 %": changed(of_linear, 0, lambda g: 1.01 * g),
                "dw negated": changed(of_linear, 1, np.negative),
                "a third of db": changed(of_linear, 2, lambda g: g / 3),
            }
            yield f"{arrays[0].dtype} linear", linear, of_linear, spoilt
        if trap == "arguments":
            names = enumerate(("dx zero", "dw zero", "db zero"))
            spoilt = {name: changed(of_linear, k, zero) for k, name in names}
            yield "linear", linear, of_linear, spoilt
        if trap == "shapes":
            spoilt = {
                "db a row": changed(of_linear, 2, lambda g: g[None]),
                "dw transposed": changed(of_linear, 1, np.transpose),
            }
            yield "linear", linear, of_linear, spoilt
        if trap == "entry":
            for name, f, b in (("tanh", tanh, of_tanh), ("softmax", softmax, of_softmax)):
                yield name, f, b, {"one entry off": changed(b, 0, one_entry)}
        if trap == "hidden":
            normed = batch_norm, of_batch_norm
            yield "batch norm", *normed, {"dx zero": changed(of_batch_norm, 0, zero)}
            yield "softmax", softmax, of_softmax, {"dx zero": changed(of_softmax, 0, zero)}
            blind = {"dout ignored": lambda dout, x: of_tanh(np.ones_like(dout), x)}
            yield "tanh", tanh, of_tanh, blind
        if trap == "scales":
            for f in (1e-7, 1e7):
                b = changed(of_tanh, 0, lambda g, f=f: f * g)
                spoilt = {"dx zero": zero, "one entry off": one_entry}
                spoilt = {name: changed(b, 0, change) for name, change in spoilt.items()}
                yield f"{f:g} · tanh", scaled(tanh, f), b, spoilt
        if trap == "kinks":
            spoilt = {
                f"slope {s} on the left": lambda dout, x, s=s: (np.where(x > 0, dout, s * dout),)
                for s in (0.0, 0.15, 1.0)
            }
            yield "leaky ReLU", bent, of_bent, spoilt

    order = np.random.default_rng(seed)
    found = {}
    for name, forward, right, spoilt in pairs():
        backwards = {f"{name}, right": right}
        backwards.update((f"{name}, {how}", backward) for how, backward in spoilt.items())
        for key in order.permutation(list(backwards)).tolist():
            rng = np.random.default_rng([seed, len(found)])
            found[key] = target(forward, backwards[key], [a.copy() for a in arrays], rng)
    return found


def check_with_the_library(
    forward: Any, backward: Any, arrays: Sequence[np.ndarray], rng: Rng
) -> bool:
    named = {f"array {k}": np.asarray(a, np.float64) for k, a in enumerate(arrays)}
    try:
        return gradient_check(forward, backward, named, rng=rng).agrees
    except ValueError:  # gradients of the wrong shape
        return False


variants = Variants()
EXERCISE = Exercise(
    id="gradient_check",
    title="Trust no backward",
    objective="Write a gradient check that neither passes wrong backwards nor fails right ones.",
    section="04_backpropagation#bp-gradient-check",
    reference=check_with_the_library,
    cases=draw_traps,
    driver=verdicts,
    hints={
        "a wrong factor or sign": "A wrong gradient may be off by 1 % only. Central "
        "differences agree with a right one to about 8 digits.",
        "an argument left out": "Every array has a gradient: check them all.",
        "a single entry": "One entry in twenty is off by a tenth. Nudge each entry.",
        "sums that hide it": "A random dout: L = sum(dout · out). The same one goes to "
        "backward. Compare *A gradient check that cannot be fooled*.",
        "tiny and huge gradients": "Is 10⁻⁸ small? Next to a gradient of 10⁻⁷ it is not. "
        "Compare with the array's largest entry.",
        "the wrong shape": "A gradient is shaped like its array. Compare the shapes before "
        "NumPy stretches one of them.",
        "float32": "In float32 a number has 7 digits, and the difference that you divide "
        "by h has lost most of them. Make float64 copies first.",
        "kinks": "Compute the slopes to the left and to the right. Where they differ much "
        "more than h, leave the entry out; judge all the others.",
    },
    variants=variants,
)


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


@variants.mutant(
    "Your L is the plain sum of the outputs. The outputs of a normalization or a softmax have a "
    "sum that never moves, so a backward of zeros passed. Weigh them with a random dout. See *A "
    "gradient check that cannot be fooled*.",
)
def sums_the_outputs(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, ones=True)


@variants.mutant(
    "You checked the first array and no other: a layer with wrong weight gradients passed. See "
    "*A gradient check that cannot be fooled*.",
)
def first_array_only(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, only=1)


@variants.mutant(
    "You compared with a fixed tolerance. Where all gradients are tiny everything is within it, "
    "and where they are huge nothing is: compare with their size. See *A gradient check that "
    "cannot be fooled*.",
)
def fixed_tolerance(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, bound=lambda numeric: 1e-5)


@variants.mutant(
    "You let pass what differs by a tenth. Central differences are good for eight digits; a "
    "gradient that is off by one per cent is wrong. See *A gradient check that cannot be fooled*.",
)
def too_generous(forward, backward, arrays, rng):
    return checker(
        forward, backward, arrays, rng, bound=lambda numeric: 0.15 * np.abs(numeric).max()
    )


@variants.mutant(
    "You looked at the first few entries of each array. A backward can be right there and wrong "
    "at a border or in the last channel: nudge every entry. See *A gradient check that cannot be "
    "fooled*.",
)
def first_entries_only(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, entries=4)


@variants.mutant(
    "You let NumPy stretch or flatten gradients of another shape. Such a backward breaks the first "
    "optimizer that meets it: compare the shapes. See *A gradient check that cannot be fooled*.",
)
def any_shape_will_do(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, shapes=False)


@variants.mutant(
    "You called a right backward wrong, because some inputs lie on a kink. There the slopes to the "
    "left and to the right differ, and no derivative exists: leave these entries out. See *A "
    "gradient check that cannot be fooled*.",
)
def stumbles_over_kinks(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, kinks=False)


@variants.mutant(
    "You computed in the arrays' own float32. It has seven digits, and L(x + h) − L(x − h) loses "
    "most of them, so right backwards fail. Copy to float64 first. See *A gradient check that "
    "cannot be fooled*.",
)
def stays_in_float32(forward, backward, arrays, rng):
    return checker(forward, backward, arrays, rng, dtype=None)


@variants.alternative
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


@variants.alternative
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
