"""How much of what is allowed an answer uses up: below 1 it passes, above 1 it does not.

A mark is a yes or a no. Whether it is a narrow one shows here: by how much could the error of a
right answer grow before it fails, and by how much would that of a wrong one have to shrink?
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance, difference
from cvlib.check.looking import looked
from cvlib.check.measure import Measure
from cvlib.check.sheet import Reply, Sheet


@dataclass(frozen=True)
class Reached:
    """What one call reached: a quantity, its value, the bound it is held to, and the strain.

    The strain is the error made over the error allowed, infinite where nothing can be compared.
    """

    quantity: str
    value: float
    bound: float
    strain: float


def reached(sheet: Sheet, k: int, reply: Reply) -> Reached:
    """What the reply to call ``k`` of a sheet reached."""
    reply = looked(sheet, k, reply)
    measure = sheet.measures.get(sheet.parts[k])
    if measure is None:
        used = math.inf
        if reply.status == "ok":
            used = share_used(sheet.expected[k], reply.value, sheet.tolerance_of(k))
        return Reached("share of the tolerance", used, 1.0, used)
    value = measure.value(sheet.expected[k], reply.value) if reply.status == "ok" else math.nan
    return Reached(measure.words, value, measure.bound, _strain(measure, value))


def share_used(expected: Any, got: Any, tolerance: Tolerance) -> float:
    """The largest share of the tolerance that an entry of an answer uses up.

    Infinite where the form is another one, or where what must be exact is not.
    """
    if difference(expected, got, Tolerance(rtol=0.0, atol=math.inf)):
        return math.inf
    if isinstance(expected, dict):
        return max((share_used(v, got[k], tolerance) for k, v in expected.items()), default=0.0)
    if isinstance(expected, tuple | list):
        pairs = zip(expected, got, strict=True)
        return max((share_used(e, g, tolerance) for e, g in pairs), default=0.0)
    if expected is None or isinstance(expected, str):
        return 0.0
    right = np.asarray(expected, dtype=np.float64)
    errors = np.abs(np.asarray(got, dtype=np.float64) - right)
    allowed = tolerance.atol + tolerance.rtol * np.abs(right)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(errors > 0, errors / allowed, 0.0), initial=0.0))


def _strain(measure: Measure, value: float) -> float:
    if math.isnan(value):
        return math.inf
    made, allowed = (value, measure.bound)
    if measure.kind == "accuracy":
        made, allowed = 1 - made, 1 - allowed
    return made / allowed if allowed else math.inf if made else 0.0
