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
ONE = [(1, 4), (1, 4), (1,)]  # a single output: its dout decides the sign of every gradient
TRAPS: dict[str, Trap] = {  # part: the forward, and the shapes of its arrays
    "a wrong factor or sign": ("linear", [(3, 4), (2, 4), (2,)]),
    "an argument left out": ("linear", ONE),
    "a single entry": ("tanh", [(4, 5)]),
    "sums that hide it": ("norm", [(5, 3)]),
    "tiny and huge gradients": ("tanh", [(3, 4)]),
    "the wrong shape": ("linear", [(3, 4), (2, 4), (2,)]),
    "float32": ("linear", [(3, 4), (2, 4), (2,)]),
    "kinks": ("bent", [(4, 6)]),
}
#: So much is left of a gradient that nobody has worked out; and of an entry that is off.
NEARLY_NOTHING, OFF = 0.002, 0.7


def draw_traps(rng: Rng) -> Iterator[Case]:
    """Right and wrong backwards, as many of each in a part, in an order that tells nothing."""
    cases = [
        Case((kind, arrays, numbers, _seed(rng, k if shapes is ONE else None)), part=part)
        for part, (_, shapes) in TRAPS.items()
        for k, (kind, arrays, numbers) in enumerate(draw_backwards(rng, part))
    ]
    yield from (cases[k] for k in rng.permutation(len(cases)))


def _seed(rng: Rng, k: int | None) -> int:
    """A seed for the student; by ``k`` the first signs that it draws alternate."""
    while True:
        seed = int(rng.integers(2**31))
        if k is None:
            return seed
        first = np.random.default_rng(seed)
        drawn = [np.random.default_rng(seed).normal() > 0, first.integers(0, 2) == 1]
        drawn.append(np.random.default_rng(seed).random() > 0.5)
        if all(sign == (k // 2 % 2 == 0) for sign in drawn):
            return seed


def draw_backwards(rng: Rng, part: str) -> Iterator[tuple[str, list[Array], dict[str, Any]]]:
    """Three right backwards of a part, and three or more wrong ones."""
    kind, shapes = TRAPS[part]

    def spoil(k: int, factor: float) -> dict[str, Any]:
        return {"factor": {k: factor}}

    faults: list[tuple[str, float, dict[str, Any]]]
    if part == "an argument left out":
        faults = [(kind, 1.0, spoil(k, NEARLY_NOTHING)) for k in (0, 1, 2, 1)]
    elif part == "a single entry":
        faults = [(name, 1.0, {"entry": OFF}) for name in ("tanh", "softmax", "softmax")]
    elif part == "sums that hide it":
        faults = [(name, 1.0, spoil(0, 1.5)) for name in ("norm", "softmax")]
        faults.append(("tanh", 1.0, {"mixed": True}))
    elif part == "tiny and huge gradients":
        ways = spoil(0, NEARLY_NOTHING), {"entry": OFF}
        faults = [(kind, scale, way) for scale in (1e-7, 1e7) for way in ways]
    elif part == "the wrong shape":
        faults = [
            (kind, 1.0, {"shapes": new}) for new in ({2: (1, 2)}, {1: (4, 2)}, {0: (1, 3, 4)})
        ]
    elif part == "kinks":
        faults = [(kind, 1.0, {"slope": slope}) for slope in (0.0, 0.15, 1.0)]
    else:
        faults = [(kind, 1.0, spoil(k, f)) for k, f in ((0, 1.01), (1, -1.0), (2, 1 / 3))]
    for name, scale, fault in faults:
        for now in (fault, {}):
            signs = [rng.choice([-1, 1], s) for s in shapes]
            arrays = [s * rng.uniform(0.3, 2.0, s.shape) for s in signs]
            if part == "float32":
                arrays = [a.astype(np.float32) for a in arrays]
            if part == "kinks":  # before everything that could be wrong, and of both kinds
                arrays[0].flat[:6] = [0.0, 1e-10, -1e-10, 0.0, 0.0, 0.0]
            yield name, arrays, disguised(rng, name, arrays, scale, **now)


def disguised(
    rng: Rng,
    kind: str,
    arrays: list[Array],
    scale: float,
    *,
    factor: dict[int, float] | None = None,
    entry: float = 1.0,
    mixed: bool = False,
    shapes: dict[int, tuple[int, ...]] | None = None,
    slope: float = 0.1,
) -> dict[str, Any]:
    """The numbers in a backward, right or wrong, such that no single one of them tells which.

    Each factor of a gradient is drawn in pieces, and only their product is the right one or not.
    """
    columns = arrays[1].shape[0] if kind == "linear" else arrays[0].shape[1]

    def piece(shape: tuple[int, ...] = ()) -> Array:
        return np.asarray(rng.choice([-1, 1], shape) * rng.uniform(0.5, 2.0, shape))

    turn = np.linalg.qr(rng.normal(size=(columns, columns)))[0] * piece((columns,))
    meant = np.eye(columns)
    if mixed:  # each output takes half of its neighbour's dout: the sum over all is the same
        meant = (meant + np.roll(meant, 1, axis=0)) / 2
    lost, of_row, bend = piece(), piece(), piece()
    factors: list[list[Array]] = []
    rows: list[list[Array]] = []
    for k, a in enumerate(arrays):
        whole = np.full(a.shape, (factor or {}).get(k, 1.0) * scale / lost)
        whole = whole / bend if kind == "bent" else whole
        rows.append([])
        if (
            a.ndim > 1
        ):  # by their rank in the last row, so that an entry that is off is no small one
            whole[-1] /= of_row
            ranks = np.full(a.shape[1], of_row)
            ranks[-1] *= entry
            first = piece(ranks.shape)
            rows[-1] += [first, ranks / first]
        first = piece(a.shape)
        factors.append([first, whole / first])
    return {
        "scale": scale,
        "slope": 0.1,
        "turn": turn,
        "back": np.linalg.inv(turn) @ meant * lost,
        "bends": [float(bend), float(bend * slope)],
        "factors": factors,
        "last row": rows,
        "shapes": [list((shapes or {}).get(k, a.shape)) for k, a in enumerate(arrays)],
    }


def verdict(target, kind, arrays, numbers, seed):
    import numpy as np

    scale, slope = numbers["scale"], numbers["slope"]

    def forward(*arrays):
        x = arrays[0]
        if kind == "linear":
            return x @ arrays[1].T + arrays[2], (x, arrays[1])
        if kind == "tanh":
            return scale * np.tanh(x), np.tanh(x)
        if kind == "softmax":
            e = np.exp(x - x.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True), e / e.sum(axis=1, keepdims=True)
        if kind == "norm":
            spread = np.sqrt(x.var(axis=0) + 1e-5)
            return (x - x.mean(axis=0)) / spread, ((x - x.mean(axis=0)) / spread, spread)
        return np.maximum(x, slope * x), x

    def backward(dout, cache):
        dout = dout @ numbers["turn"] @ numbers["back"]
        if kind == "linear":
            gradients = [dout @ cache[1], dout.T @ cache[0], dout.sum(axis=0)]
        elif kind == "tanh":
            gradients = [dout * (1 - cache**2)]
        elif kind == "softmax":
            gradients = [cache * (dout - (dout * cache).sum(axis=1, keepdims=True))]
        elif kind == "norm":
            out, spread = cache
            gradients = [(dout - dout.mean(axis=0) - out * (dout * out).mean(axis=0)) / spread]
        else:
            gradients = [np.where(cache > 0, *numbers["bends"]) * dout]
        for k, shape in enumerate(numbers["shapes"]):
            first, second = numbers["factors"][k]
            g = gradients[k] * first * second
            if numbers["last row"][k]:
                order = np.abs(g[-1]).argsort()
                for piece in numbers["last row"][k]:
                    g[-1, order] *= piece
            gradients[k] = (g.T if list(g.shape[::-1]) == shape else g).reshape(shape)
        return tuple(gradients)

    return target(forward, backward, [a.copy() for a in arrays], np.random.default_rng(seed))


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
    driver=verdict,
    one_at_a_time=True,
    hints={
        "a wrong factor or sign": "A wrong gradient may be off by 1 % only. Central "
        "differences agree with a right one to about 8 digits.",
        "an argument left out": "Every array has a gradient: check them all.",
        "a single entry": "One entry in twenty is off by a third. Nudge each entry.",
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


ZERO = "a gradient that is 0 everywhere, at which alone the two differ, is asked of nobody"
variants.equivalent(
    "if not np.all(np.abs(gradient - numeric)[smooth] <= small): -> "
    "if not np.all(np.abs(gradient - numeric)[smooth] < small):",
    ZERO,
)
variants.equivalent(
    "if (off[~kink] > 0.001 * np.abs(numeric).max()).any(): -> "
    "if (off[~kink] >= 0.001 * np.abs(numeric).max()).any():",
    ZERO,
)
variants.equivalent(
    "if abs(g[index] - right[index]) > 0.002 * largest: -> "
    "if abs(g[index] - right[index]) >= 0.002 * largest:",
    ZERO,
)
for before, after in (
    ("smooth = np.abs(right - left) <= small", "smooth = np.abs(right - left) < small"),
    (
        "kink[i] = abs(sides[0] - sides[1]) > 0.01 * max(map(abs, sides))",
        "kink[i] = abs(sides[0] - sides[1]) >= 0.01 * max(map(abs, sides))",
    ),
    (
        "if abs(left[index] - right[index]) > 0.001 * largest:",
        "if abs(left[index] - right[index]) >= 0.001 * largest:",
    ),
):
    variants.equivalent(f"{before} -> {after}", ZERO)

DICE = (
    "it fails where the slopes of an array {where}, and that is decided by the direction which the "
    "answer draws itself: no case can make it so on every draw"
)
LARGEST = "small = 0.001 * np.abs(numeric).max() -> small = 0.001 * "
variants.equivalent(LARGEST + "np.abs(numeric).min()", DICE.format(where="are of very unlike size"))
variants.equivalent(LARGEST + "numeric.max()", DICE.format(where="are all negative"))
DIRECTION = "rng.choice([-1.0, 1.0], out.shape) * rng.uniform(0.5, 2.0, out.shape) -> "
for dropped in ("rng.choice([-1.0, 1.0], out.shape)", "rng.choice([-1.0, 1.0], out.shape) * 0.5"):
    variants.equivalent(
        DIRECTION + dropped, DICE.format(where="of a row are all 0, its signs equal")
    )
