"""Which known mistakes explain a wrong answer: one that explains all of it, or some that share it.

An answer with two mistakes agrees with no known one everywhere, but one of the two shows in some
parts, or in some entries. So causes are found part by part, and named only where what they share
with the answer is no coincidence: a wrong one is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cvlib.check.compare import difference, finite
from cvlib.check.sheet import Misconception, Reply, Sheet
from cvlib.check.traits import shown, worth

#: So many bits must agree in the parts that a mistake explains, where it does not explain the rest.
ENOUGH = 8.0
#: What a text is worth, in bits.
OF_A_TEXT = 2.0


def causes(
    sheet: Sheet, replies: Sequence[Reply], parts: Mapping[str, bool], right: Sequence[bool]
) -> dict[str, str]:
    """The misconception that explains each failed part, for those that one explains.

    ``replies`` are what was seen in the replies, ``right`` says of each whether it is.
    """
    answered = [k for k, r in enumerate(replies) if r.status == "ok"]
    failed = [p for p, passed in parts.items() if not passed]
    if all(right[k] for k in answered) or sheet.form_only:
        return {}
    agree = _Agreement(sheet, replies)
    for known in sheet.misconceptions:
        told = len(answered) == len(replies) or agree.bits(known, answered) >= ENOUGH
        if told and all(agree(known, k) for k in answered):
            return dict.fromkeys(failed, known.text)
    if sheet.measures:  # models that are nearly right agree nearly everywhere
        return {}
    return _shared(sheet, agree, failed, answered, right)


def _shared(
    sheet: Sheet,
    agree: _Agreement,
    failed: Sequence[str],
    answered: Sequence[int],
    right: Sequence[bool],
) -> dict[str, str]:
    """The causes of single parts: for each, the mistake of which most shows there."""
    wrong = {p: [k for k in answered if sheet.parts[k] == p and not right[k]] for p in failed}
    shown: list[tuple[float, Misconception, dict[str, float]]] = []
    for known in sheet.misconceptions:
        bits = {p: sum(agree.shown(known, k) for k in ks) for p, ks in wrong.items()}
        total = sum(bits.values())
        if total >= ENOUGH and not _denied(agree, known, answered, right):
            shown.append((total, known, bits))
    found: dict[str, str] = {}
    for part in failed:
        ranks = sorted(((b[part], total) for total, _, b in shown if b[part] > 0), reverse=True)
        if ranks and ranks.count(ranks[0]) == 1:
            (found[part],) = (k.text for total, k, b in shown if (b[part], total) == ranks[0])
    return found


def _denied(
    agree: _Agreement,
    known: Misconception,
    answered: Sequence[int],
    right: Sequence[bool],
) -> bool:
    """Whether an answer is right where the mistake would have made it wrong."""
    return any(right[k] and known.values[k] is not None and not agree(known, k) for k in answered)


class _Agreement:
    """Whether known mistakes agree with the replies, worked out where it is asked for."""

    def __init__(self, sheet: Sheet, replies: Sequence[Reply]) -> None:
        self._sheet, self._replies = sheet, replies
        self._known: dict[tuple[int, int], bool] = {}

    def __call__(self, known: Misconception, k: int) -> bool:
        """Whether a mistake gives the answer that came back from call ``k``."""
        key = (id(known), k)
        if key not in self._known:
            value = known.values[k]
            self._known[key] = value is not None and self._same(k, value)
        return self._known[key]

    def _same(self, k: int, value: Any) -> bool:
        got, sheet = self._replies[k].value, self._sheet
        if measure := sheet.measures.get(sheet.parts[k]):
            return measure.agrees(value, got)
        return difference(finite(value), finite(got), sheet.tolerance_of(k)) is None

    def bits(self, known: Misconception, calls: Sequence[int]) -> float:
        """How much must have agreed in these calls for the mistake to agree with them all.

        Only what the mistake makes wrong counts, and a number that comes again counts once. Of
        truths each may be wrong, so the pattern counts.
        """
        seen: set[str] = set()
        bits = 0.0
        for k in calls:
            for right, wrong in _leaves(self._sheet.expected[k], known.values[k]):
                if isinstance(wrong, bool | np.bool_):
                    bits += 1
                elif isinstance(wrong, str):
                    bits += OF_A_TEXT * (wrong != right)
                elif type(right) not in (int, float) or wrong != right:
                    seen.add(f"{wrong:.9g}")
        return bits + sum(worth(float(n)) for n in seen)

    def shown(self, known: Misconception, k: int) -> float:
        """How much of a mistake shows in a wrong answer, in bits."""
        value = known.values[k]
        if value is None or self._sheet.parts[k] in self._sheet.measures:
            return 0.0
        if self(known, k):
            return self.bits(known, [k])
        tolerance = self._sheet.tolerance_of(k)
        return shown(self._sheet.expected[k], value, self._replies[k].value, tolerance)


def _leaves(right: Any, wrong: Any) -> list[tuple[Any, Any]]:
    """The entries of a wrong value beside those of the right one, ``None`` where it has none."""
    if isinstance(wrong, dict):
        known = right if isinstance(right, dict) else {}
        return [pair for n, v in wrong.items() for pair in _leaves(known.get(n), v)]
    if isinstance(wrong, tuple | list):
        alike = isinstance(right, tuple | list) and len(right) == len(wrong)
        beside = list(right) if alike else [None] * len(wrong)
        return [pair for r, w in zip(beside, wrong, strict=True) for pair in _leaves(r, w)]
    if isinstance(wrong, np.ndarray):
        same = isinstance(right, np.ndarray) and right.shape == wrong.shape
        others = right.ravel().tolist() if same else [None] * wrong.size
        return list(zip(others, wrong.ravel().tolist(), strict=True))
    return [(right, wrong)] if wrong is not None else []
