"""Is a backward the gradient of its forward? Measured at every coordinate, and hard to fool."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from cvlib.arrays import Array
from cvlib.layers.layer import Layer
from cvlib.layers.reference.differences import Probe
from cvlib.layers.reference.gradient_report import ArrayReport, GradientReport

#: Errors are relative to the coordinate's gradient, or to this share of the array's largest.
FLOOR = 1e-3


def gradient_check(
    forward: Callable[..., tuple[Array, Any]],
    backward: Callable[[Array, Any], Any],
    arrays: Mapping[str, Array | None],
    *,
    rng: np.random.Generator,
    step: float = 1e-4,
    rtol: float = 1e-6,
    upstream: Literal["random", "ones"] = "random",
    moves: int = 3,
) -> GradientReport:
    """Compare a backward with differences of L = ⟨dout, forward(arrays)⟩, coordinate by coordinate.

    ∂L/∂x ≈ (4 D(h/2) - D(h)) / 3 with D(h) = (L(x + h) - L(x - h)) / 2h, whose error is O(h⁴).

    Four ways to be fooled are closed. `dout` is random: with ones (`upstream="ones"`, to see it
    happen) L is a plain sum, which hides a wrong backward wherever that sum does not change. No
    coordinate is left out. An array whose numeric gradient is zero throughout is reported `blind`,
    never right. At a kink there is no derivative to compare with: the slopes on its two sides, or
    two step sizes, disagree. Such a coordinate is moved away, up to `moves` times, and otherwise
    reported in `kinks`.

    `arrays`: by name, in the order of forward's arguments, None for one that is left out.
    `forward(*arrays)` returns (out, cache), the same for the same arrays; `backward(dout, cache)`
    returns one gradient an array, as a tuple or, for one array, as it is.
    Raises TypeError for arrays that are not float64 (differences of float32 are mostly rounding);
    ValueError for a forward that is random, not finite or changes its input, and for gradients of
    the wrong number or shape.
    """
    if upstream not in ("random", "ones"):
        raise ValueError(f'upstream must be "random" or "ones", got {upstream!r}')
    probe = Probe(forward, backward, step)
    point = probe.start(arrays)
    shape = probe.evaluate(point)[0].shape
    dout = np.asarray(rng.standard_normal(shape) if upstream == "random" else np.ones(shape))
    moved = {name: np.zeros(array.shape, bool) for name, array in point.items()}
    while True:
        noise = probe.noise(point, dout)
        given, seen = probe.gradients(point, dout), probe.slopes(point, dout)
        kinks = {name: _kinks(given[name], *seen[name], noise=noise, rtol=rtol) for name in point}
        if moves < 1 or not any(kink.any() for kink in kinks.values()):
            break
        moves -= 1
        for name, kink in kinks.items():
            away = rng.uniform(20 * step, 60 * step, kink.shape) * rng.choice((-1, 1), kink.shape)
            point[name] = point[name] + kink * away
            moved[name] |= kink
    return GradientReport(
        tuple(
            _judge(name, given[name], seen[name][0], kinks[name], noise, rtol, moved[name])
            for name in point
        )
    )


def gradient_check_layer(
    layer: Layer, x: Array, *, rng: np.random.Generator, training: bool = False, **options: Any
) -> GradientReport:
    """Check a layer or a whole network: its input "x" and every parameter, by its name in `state`.

    Every pass runs on a fresh copy of the layer, so running statistics do not move, random layers
    draw the same numbers again, and the layer is left as it was.

    `options` are those of `gradient_check`, which see; all parameters must be float64.
    """
    named = {id(array): name for name, array in layer._arrays()}
    names = [named[id(parameter.value)] for parameter in layer.parameters()]
    values = [parameter.value for parameter in layer.parameters()]

    def forward(x: Array, *weights: Array) -> tuple[Array, Layer]:
        twin = copy.deepcopy(layer)
        for parameter, value in zip(twin.parameters(), weights, strict=True):
            parameter.value[...] = value
        return twin.forward(x, training=training), twin

    def backward(dout: Array, twin: Layer) -> tuple[Array, ...]:
        return twin.backward(dout), *(parameter.grad for parameter in twin.parameters())

    arrays = dict(zip(("x", *names), (x, *values), strict=True))
    return gradient_check(forward, backward, arrays, rng=rng, **options)


def _sizes(given: Array, numeric: Array, noise: float, rtol: float) -> Array:
    """Return what an error is relative to: max(|a|, |n|, FLOOR · max |n|, noise / rtol)."""
    least = max(FLOOR * np.abs(numeric).max(initial=0.0), noise / rtol)
    return np.maximum(np.maximum(np.abs(given), np.abs(numeric)), least)


def _kinks(given: Array, numeric: Array, doubt: Array, *, noise: float, rtol: float) -> Array:
    """Mark the coordinates without a derivative: in doubt, or wrong by no more than their doubt."""
    size = _sizes(given, numeric, noise, rtol)
    wrong_by = np.abs(given - numeric)
    explained = (wrong_by > rtol * size) & (wrong_by <= 2 * doubt)
    return (doubt > 1e-3 * size) | explained


def _judge(
    name: str,
    given: Array,
    numeric: Array,
    kink: Array,
    noise: float,
    rtol: float,
    moved: Array,
) -> ArrayReport:
    with np.errstate(invalid="ignore"):
        # NaN and ∞ are no gradients: they become an infinite error below
        errors = np.abs(given - numeric) / _sizes(given, numeric, noise, rtol)
    errors = np.where(np.isfinite(errors), errors, np.inf)
    errors[kink] = 0
    at = tuple(int(i) for i in np.unravel_index(int(errors.argmax()), errors.shape))
    return ArrayReport(
        name,
        float(errors[at]),
        at,
        float(given[at]),
        float(numeric[at]),
        rtol,
        bool(np.abs(numeric).max() <= noise),
        tuple(tuple(int(i) for i in index) for index in np.argwhere(kink)),
        int(moved.sum()),
    )
