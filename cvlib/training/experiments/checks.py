"""Wrong backward passes, and the gradient checks that let them through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution import conv2d_backward, conv2d_forward
from cvlib.layers import gradient_check, linear_backward, linear_forward
from cvlib.losses import softmax
from cvlib.normalization import batch_norm_backward, batch_norm_forward

Forward = Callable[..., tuple[Any, Any]]
Backward = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Case:
    """A forward, a backward that may be wrong, and arrays to check them on."""

    name: str
    forward: Forward
    backward: Backward
    arrays: dict[str, Array]
    right: bool = False


def norm_forward(x: Array, gamma: Array, beta: Array) -> tuple[Array, Any]:
    """Batch-normalize (N, C) as in training; the cache also holds x and gamma."""
    mean, var = np.zeros(x.shape[1], x.dtype), np.ones(x.shape[1], x.dtype)
    out, cache = batch_norm_forward(x, gamma, beta, mean, var, training=True)
    return out, (cache, x, gamma)


def norm_backward(dout: Array, cache: Any) -> Any:
    """Go backward through batch normalization, as it should be."""
    return batch_norm_backward(dout, cache[0])


def norm_zero(dout: Array, cache: Any) -> Any:
    """Send nothing back to x."""
    dx, dgamma, dbeta = norm_backward(dout, cache)
    return np.zeros_like(dx), dgamma, dbeta


def norm_constants(dout: Array, cache: Any) -> Any:
    """Take mean and variance for constants: dx = γ dout / √(σ² + ε)."""
    _, dgamma, dbeta = norm_backward(dout, cache)
    _, x, gamma = cache
    return dout * gamma / np.sqrt(x.var(axis=0) + x.dtype.type(1e-5)), dgamma, dbeta


def norm_sample(dout: Array, cache: Any) -> Any:
    """Divide by n where n - 1 stood, or the other way round: a few percent too small."""
    dx, dgamma, dbeta = norm_backward(dout, cache)
    return dx * dx.dtype.type(1 - 1 / len(dx)), dgamma, dbeta


def softmax_forward(scores: Array) -> tuple[Array, Array]:
    """Return probabilities."""
    p = softmax(scores)
    return p, p


def linear_with_w(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """Return x wᵀ + b; the cache also holds w."""
    out, cache = linear_forward(x, w, b)
    return out, (cache, w)


def linear_untransposed(dout: Array, cache: Any) -> tuple[Array, Any, Any]:
    """Multiply by wᵀ where w belongs; only a square w lets that pass."""
    _, dw, db = linear_backward(dout, cache[0])
    return dout @ cache[1].T, dw, db


def padded_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """Convolve with a border of one zero."""
    return conv2d_forward(x, w, b, padding=1)


def padded_cornerless(dout: Array, cache: Any) -> tuple[Array, Any, Any]:
    """Forget one corner pixel."""
    dx, dw, db = conv2d_backward(dout, cache)
    dx = dx.copy()
    dx[:, :, 0, 0] = 0
    return dx, dw, db


def cases(rng: np.random.Generator) -> list[Case]:
    """List one right backward and six wrong ones, each with fair random arrays."""

    def normal(**shapes: tuple[int, ...]) -> dict[str, Array]:
        return {name: rng.standard_normal(shape) for name, shape in shapes.items()}

    norm = normal(x=(32, 3), gamma=(3,), beta=(3,))
    square = normal(x=(6, 5), w=(5, 5), b=(5,))
    picture = normal(x=(1, 2, 8, 8), w=(3, 2, 3, 3), b=(3,))
    scores = normal(scores=(6, 5))
    return [
        Case("batch norm, as it should be", norm_forward, norm_backward, norm, right=True),
        Case("batch norm: dx = 0", norm_forward, norm_zero, norm),
        Case("batch norm: μ, σ² as constants", norm_forward, norm_constants, norm),
        Case("batch norm: n - 1 for n", norm_forward, norm_sample, norm),
        Case("softmax: dx = 0", softmax_forward, lambda dout, p: np.zeros_like(p), scores),
        Case("linear: w not transposed", linear_with_w, linear_untransposed, square),
        Case("convolution: a corner forgotten", padded_forward, padded_cornerless, picture),
    ]


def naive_check(
    case: Case,
    rng: np.random.Generator,
    *,
    upstream: str = "random",
    coordinates: int | None = None,
    dtype: Any = np.float64,
    step: float = 1e-6,
    rtol: float = 1e-3,
    atol: float = 1e-5,
    symmetric: bool = False,
) -> bool:
    """Say whether an ordinary gradient check accepts a backward: central differences, no more.

    `upstream` "ones" sums the output, "x" takes the first array, as happens when both are drawn
    from generators of one seed; `coordinates` looks at so many of each array; `symmetric`
    checks at arrays of equal numbers. Accepted is |a - n| ≤ atol + rtol · |n|; step and tolerances
    are the defaults of PyTorch's `gradcheck`.
    """
    point = {name: array.astype(dtype) for name, array in case.arrays.items()}
    if symmetric:
        point = {name: np.full_like(array, 0.5) for name, array in point.items()}
    out, cache = case.forward(*point.values())
    first = next(iter(point.values()))
    if upstream == "ones":
        dout = np.ones(out.shape, dtype)
    elif upstream == "x" and first.shape == out.shape:
        dout = first
    else:
        dout = rng.standard_normal(out.shape).astype(dtype)
    gradients = case.backward(dout, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for (name, array), gradient in zip(point.items(), gradients, strict=True):
        places = np.arange(array.size)
        if coordinates is not None:
            places = rng.choice(array.size, min(coordinates, array.size), replace=False)
        for place in places:
            values = []
            for sign in (1, -1):
                moved = array.copy()
                moved.flat[place] += dtype(sign * step)
                shifted, _ = case.forward(*{**point, name: moved}.values())
                values.append((shifted * dout).sum(dtype=dtype))
            numeric = (values[0] - values[1]) / dtype(2 * step)
            if abs(gradient.flat[place] - numeric) > atol + rtol * abs(numeric):
                return False
    return True


#: The ordinary checks, and the settings that make them so.
NAIVE: dict[str, dict[str, Any]] = {
    "sum of the output": {"upstream": "ones"},
    "x's own seed": {"upstream": "x"},
    "10 coordinates": {"coordinates": 10},
    "float32": {"dtype": np.float32, "step": 1e-2, "rtol": 0.05, "atol": 0.01},
    "equal numbers": {"symmetric": True},
}


def who_is_fooled(seeds: Sequence[int] = range(5)) -> dict[str, dict[str, Array]]:
    """Return, for each case and each check, whether the check accepts it; `gradient_check` last.

    An array of truth values each, one a seed, which draws the arrays and the upstream gradients.
    """
    drawn = [_verdicts(seed) for seed in seeds]
    return {
        case: {check: np.array([one[case][check] for one in drawn]) for check in checks}
        for case, checks in drawn[0].items()
    }


def _verdicts(seed: int) -> dict[str, dict[str, bool]]:
    verdicts: dict[str, dict[str, bool]] = {}
    # the upstream gradients come from a generator of their own, not of the seed of the arrays
    arrays, rng = (np.random.default_rng([seed, which]) for which in (0, 1))
    for case in cases(arrays):
        verdicts[case.name] = {
            name: naive_check(case, rng, **settings) for name, settings in NAIVE.items()
        }
        report = gradient_check(case.forward, case.backward, case.arrays, rng=rng)
        verdicts[case.name]["gradient_check"] = report.ok
    return verdicts


def errors_of_differences(steps: Sequence[float], *, seed: int = 0) -> dict[str, Array]:
    """Return |numeric - exact| / |exact| of the gradient of a sum of tanh, by step size.

    One-sided differences err by O(h), central ones by O(h²), and the combination of two step
    sizes that `gradient_check` uses by O(h⁴); rounding adds ε/h to each.
    """
    rng = np.random.default_rng(seed)
    w, x, u = rng.standard_normal((30, 20)), rng.standard_normal(20), rng.standard_normal(30)
    exact = w.T @ (u * (1 - np.tanh(w @ x) ** 2))

    def values(move: float, dtype: Any = np.float64) -> Array:
        """Move one coordinate in each row."""
        moved = x.astype(dtype) + dtype(move) * np.eye(20, dtype=dtype)
        return (np.tanh(moved @ w.T.astype(dtype)) @ u.astype(dtype)).astype(np.float64)

    def central(h: float, dtype: Any = np.float64) -> Array:
        return (values(h, dtype) - values(-h, dtype)) / (2 * h)

    found = {
        "central, float32": [central(h, np.float32) for h in steps],
        "one-sided": [(values(h) - values(0.0)) / h for h in steps],
        "central": [central(h) for h in steps],
        "two steps combined": [(4 * central(h / 2) - central(h)) / 3 for h in steps],
    }
    return {
        name: np.linalg.norm(np.array(rows) - exact, axis=1) / np.linalg.norm(exact)
        for name, rows in found.items()
    }
