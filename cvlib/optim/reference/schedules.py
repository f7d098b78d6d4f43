"""Learning-rate schedules: functions of time that return a factor for the base learning rate.

Time is whatever the caller counts in: `fit` counts epochs, in fractions of an epoch at each step.
"""

from collections.abc import Callable
from math import cos, pi

#: Time since the start of training -> factor of the base learning rate.
Schedule = Callable[[float], float]


def constant() -> Schedule:
    """Never change: factor 1."""
    return lambda time: 1.0


def step_decay(every: float, factor: float = 0.1) -> Schedule:
    """Drop now and then: factor^⌊time / every⌋.

    Raises ValueError unless every > 0 and 0 < factor ≤ 1.
    """
    _demand("every", every, every > 0, "above 0")
    _demand("factor", factor, 0 < factor <= 1, "above 0 and at most 1")
    return lambda time: factor ** int(time // every)


def exponential_decay(factor: float) -> Schedule:
    """Fall by the same share each unit of time: factor^time. Raises unless 0 < factor ≤ 1."""
    _demand("factor", factor, 0 < factor <= 1, "above 0 and at most 1")
    return lambda time: factor**time


def cosine(total: float, floor: float = 0.0) -> Schedule:
    """Fall along half a cosine from 1 to `floor`, and stay there.

    floor + (1 - floor) · (1 + cos(π · time / total)) / 2.

    Raises ValueError unless total > 0 and 0 ≤ floor ≤ 1.
    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, §3.
    """
    _demand("total", total, total > 0, "above 0")
    _demand("floor", floor, 0 <= floor <= 1, "between 0 and 1")
    return lambda time: floor + (1 - floor) * (1 + cos(pi * min(time / total, 1.0))) / 2


def warmup(duration: float, after: Schedule | None = None, *, start: float = 0.0) -> Schedule:
    """Climb in a straight line from `start` to 1, then follow `after`, whose time starts at 0 then.

    Raises ValueError unless duration > 0 and 0 ≤ start ≤ 1.
    Source: Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, §2.2.
    """
    _demand("duration", duration, duration > 0, "above 0")
    _demand("start", start, 0 <= start <= 1, "between 0 and 1")
    follow = constant() if after is None else after
    return lambda time: (
        start + (1 - start) * time / duration if time < duration else follow(time - duration)
    )


def _demand(name: str, value: float, holds: bool, wanted: str) -> None:
    if not holds:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
