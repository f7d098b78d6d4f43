"""Which known mistakes explain a wrong answer: one that explains all of it, or some that share it.

An answer with two mistakes agrees with no known one everywhere, but one of the two shows in some
parts, or in some entries. So causes are found part by part, and named only where what they share
with the answer is no coincidence: a wrong one is worse than none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from cvlib.check.compare import difference, finite
from cvlib.check.sheet import Misconception, Reply, Sheet
from cvlib.check.slips import Arrays, Slips, leaves, surprise
from cvlib.check.traits import shown, worth

#: So many bits must agree in the parts that a mistake explains, where it does not explain the rest.
ENOUGH = 6.0
#: What only a part of an answer to a call shows counts for so much less.
OF_A_HALF = 2.0
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
    sound = [part not in wrong for part in sheet.parts]
    possible = [m for m in sheet.misconceptions if not _denied(agree, m, answered, sound)]
    found = _most(agree.shown, possible, wrong)
    left = {p: calls for p, calls in wrong.items() if p not in found}
    found |= _most(agree.slipped, possible, left)
    return found or _two(agree, possible, wrong)


def _most(
    evidence: Callable[[Misconception, Sequence[int]], float],
    possible: Sequence[Misconception],
    wrong: Mapping[str, Sequence[int]],
) -> dict[str, str]:
    """For each part the mistake of which there is most evidence, where no other has as much."""
    told: list[tuple[float, Misconception, dict[str, float]]] = []
    for known in possible:
        bits = {p: evidence(known, calls) for p, calls in wrong.items()}
        if (total := sum(bits.values())) >= ENOUGH:
            told.append((total, known, bits))
    found: dict[str, str] = {}
    for part in wrong:
        ranks = sorted(((b[part], total) for total, _, b in told if b[part] > 0), reverse=True)
        if ranks and ranks.count(ranks[0]) == 1:
            (found[part],) = (k.text for total, k, b in told if (b[part], total) == ranks[0])
    return found


def _two(
    agree: _Agreement, possible: Sequence[Misconception], wrong: Mapping[str, Sequence[int]]
) -> dict[str, str]:
    """The mistakes that two and two make up all that is wrong, each where it acts by itself."""
    pairs = agree.pairs(possible, [k for ks in wrong.values() for k in ks])
    if len(pairs) != 1:
        return {}
    acts = {p: [m for m in pairs[0] if agree.acts(m, ks)] for p, ks in wrong.items()}
    return {part: there[-1].text for part, there in acts.items() if there}


def _denied(
    agree: _Agreement,
    known: Misconception,
    answered: Sequence[int],
    sound: Sequence[bool],
) -> bool:
    """Whether a whole part is right that the mistake would have made wrong.

    In a single call two mistakes may cancel.
    """
    return any(known.values[k] is not None and not agree(known, k) for k in answered if sound[k])


class _Agreement:
    """Whether known mistakes agree with the replies, worked out where it is asked for."""

    def __init__(self, sheet: Sheet, replies: Sequence[Reply]) -> None:
        self._sheet, self._replies = sheet, replies
        self._got = [reply.value for reply in replies]
        self._known: dict[tuple[int, int], bool] = {}
        self._beside: dict[tuple[int, ...], Slips] = {}
        self._found: dict[tuple[int, int], Arrays | None] = {}

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
        wrong = [leaves(finite(known.values[k])) for k in calls]
        right = [leaves(self._sheet.expected[k]) for k in calls]
        pattern = sum(surprise(r, w) for r, w in zip(right, wrong, strict=True) if w)
        return max(pattern, bits + sum(worth(float(n)) for n in seen))

    def shown(self, known: Misconception, calls: Sequence[int]) -> float:
        """How much of a mistake shows in wrong answers, in bits."""
        return sum(self._shown(known, k) for k in calls)

    def slipped(self, known: Misconception, calls: Sequence[int]) -> float:
        """How much of a mistake shows behind a slip in wrong answers, in bits."""
        slips = self._slips(calls)
        return slips.behind(self._arrays(known.values, calls)) if slips else 0.0

    def pairs(
        self, possible: Sequence[Misconception], calls: Sequence[int]
    ) -> list[tuple[Misconception, Misconception]]:
        """The pairs of mistakes of which what each adds makes up wrong answers."""
        slips = self._slips(calls)
        if slips is None:
            return []
        added = [(m, slips.added(self._arrays(m.values, calls))) for m in possible]
        acting = [(m, numbers) for m, numbers in added if numbers is not None]
        return [
            (first, second)
            for (first, a), (second, b) in itertools.combinations(acting, 2)
            if slips.both(a, b) >= ENOUGH
        ]

    def _slips(self, calls: Sequence[int]) -> Slips | None:
        """What came to these calls beside what is right; ``None`` where something is measured."""
        if not calls or any(map(self._is_measured, calls)):
            return None
        key = tuple(calls)
        if key not in self._beside:
            right, got = (self._arrays(v, calls) for v in (self._sheet.expected, self._got))
            self._beside[key] = Slips(right, got, self._sheet.tolerance_of(calls[0]))
        return self._beside[key]

    def _arrays(self, values: Sequence[Any], calls: Sequence[int]) -> list[Arrays | None]:
        """The arrays in the answers to some calls, looked for once in each."""
        for k in calls:
            if (id(values), k) not in self._found:
                self._found[id(values), k] = leaves(values[k])
        return [self._found[id(values), k] for k in calls]

    def acts(self, known: Misconception, calls: Sequence[int]) -> bool:
        """Whether a mistake changes the answer to one of these calls."""
        return any(
            difference(
                finite(self._sheet.expected[k]),
                finite(known.values[k]),
                self._sheet.tolerance_of(k),
            )
            for k in calls
        )

    def _shown(self, known: Misconception, k: int) -> float:
        value = known.values[k]
        if value is None or self._is_measured(k):
            return 0.0
        if self(known, k):
            return self.bits(known, [k])
        tolerance = self._sheet.tolerance_of(k)
        bits = shown(self._sheet.expected[k], value, self._replies[k].value, tolerance)
        return max(0.0, bits - OF_A_HALF)

    def _is_measured(self, k: int) -> bool:
        return self._sheet.parts[k] in self._sheet.measures


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
