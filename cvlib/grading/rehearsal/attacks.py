"""Answers that say the expected without working it out, tried at the level of evidence.

Whoever replaces what a driver returns knows the arguments of each call, can say the same each time,
and may have learned what was right under another draw. None of that may be worth much.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cvlib.check.codec import decode, encode
from cvlib.check.marking import Reply, Sheet, mark
from cvlib.grading.spec.exercise import PUBLIC_SEED, Case, Exercise
from cvlib.grading.spec.sheets import generator, make_sheet

#: The largest share of the marks that an answer without work may get.
MOST = 0.25
#: Draws that are attacked, and how many others an attacker has seen.
DRAWS, SEEN = 3, 2
#: So far into arguments that hold others is looked, and so many of them are tried.
DEPTH, TRIED = 3, 60
CONSTANTS: tuple[Any, ...] = (True, False, None, 0, 1, -1, 0.0, 1.0, "", [])


@dataclass(frozen=True)
class Attack:
    """What was said, the marks that it got on the best draw, as a share, and in which parts."""

    said: str
    share: float
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """One draw of an exercise: its sheet, and the evidence of the reference."""

    sheet: Sheet
    evidence: tuple[Any, ...]


def attacks(exercise: Exercise) -> Iterator[Attack]:
    """Each way to say the expected that gets too many marks under some draw, the worst first.

    An answer to a question is the same for everybody or drawn by name, and a model is measured
    against a truth that it cannot see: only constants are tried on these.
    """
    draws = [_draw(exercise, generator(seed, exercise.id)) for seed in range(DRAWS)]
    others = [_draw(exercise, generator(1000 + k, exercise.id)) for k in range(SEEN)]
    if exercise.kind not in ("answer", "model"):
        others.insert(0, _draw(exercise, np.random.default_rng(PUBLIC_SEED)))
    found: dict[str, Attack] = {}
    for drawn in draws:
        for said, share, parts in _tried(exercise, drawn, others):
            if share > MOST and (said not in found or share > found[said].share):
                found[said] = Attack(said, share, parts)
    yield from sorted(found.values(), key=lambda a: -a.share)


def _tried(
    exercise: Exercise, drawn: Drawn, others: Sequence[Drawn]
) -> Iterator[tuple[str, float, tuple[str, ...]]]:
    kinds = {"a constant": _constants(exercise, drawn, others)}
    if exercise.kind not in ("answer", "model"):
        kinds["an argument, or an entry of one"] = _arguments(drawn)
        # whoever replays has to choose: the best of several for each part would be luck
        kinds |= {f"a replay {said}": iter([(said, v)]) for said, v in _replays(drawn, others)}
    for kind, ways in kinds.items():
        passed: dict[str, str] = {}  # the best of its kind for each part
        for said, values in ways:
            marked = _marked(drawn.sheet, values)
            for part in (p for p, ok in marked.items() if ok):
                passed.setdefault(part, said)
        share = _share(drawn.sheet, passed)
        if passed:
            told = "" if kind.startswith("a replay") else f" ({_listed(passed.values())})"
            yield f"{kind}{told}", share, tuple(passed)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _draw(exercise: Exercise, rng: np.random.Generator) -> Drawn:
    sheet = make_sheet(exercise, (), rng)
    cases = [Case(args, kwargs) for args, kwargs in sheet.calls]
    if exercise.kind == "model":
        return Drawn(sheet, sheet.expected)
    return Drawn(sheet, tuple(exercise.evidence(exercise.reference, c) for c in cases))


def _marked(sheet: Sheet, values: Sequence[Any]) -> Mapping[str, bool]:
    """Which parts are passed by these values in place of the evidence."""
    replies = [Reply("ok", v) for v in values]
    return mark(replace(sheet, misconceptions=()), replies).parts


def _share(sheet: Sheet, passed: Mapping[str, Any]) -> float:
    weights = {p: float(sheet.weights.get(p, 1.0)) for p in sheet.parts}
    return sum(weights[p] for p in passed) / sum(weights.values())


def _constants(
    exercise: Exercise, drawn: Drawn, others: Sequence[Drawn]
) -> Iterator[tuple[str, Sequence[Any]]]:
    """The same for each call, or for each call of a part what was most frequent there elsewhere."""
    count = len(drawn.sheet.calls)
    for value in CONSTANTS:
        yield repr(value), [value] * count
    if exercise.kind in ("answer", "model"):
        return
    said: dict[str, Counter[str]] = {}
    for other in others:
        for part, value in zip(other.sheet.parts, other.evidence, strict=True):
            said.setdefault(part, Counter())[json.dumps(encode(value))] += 1
    every = sum(said.values(), Counter[str]())
    yield "what is most frequent", [decode(json.loads(every.most_common(1)[0][0]))] * count
    often = {p: decode(json.loads(c.most_common(1)[0][0])) for p, c in said.items()}
    yield "what is most frequent in the part", [often.get(p) for p in drawn.sheet.parts]


def _arguments(drawn: Drawn) -> Iterator[tuple[str, Sequence[Any]]]:
    """Each argument, and each entry of one; where a call has none of that name it says None."""
    calls = [dict(_entries(args, kwargs)) for args, kwargs in drawn.sheet.calls]
    names = dict.fromkeys(name for call in calls for name in call)
    for name in itertools.islice(names, TRIED):
        yield name, [call.get(name) for call in calls]


def _entries(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    def inside(name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
        yield name, value
        if depth == DEPTH:
            return
        if isinstance(value, Mapping):
            for key, entry in value.items():
                yield from inside(f"{name}[{key!r}]", entry, depth + 1)
        elif isinstance(value, tuple | list):
            for k, entry in enumerate(value[:8]):
                yield from inside(f"{name}[{k}]", entry, depth + 1)
            for k in (-1,) if len(value) > 1 else ():
                yield from inside(f"{name}[{k}]", value[k], depth + 1)

    for k, value in enumerate(args):
        yield from inside(f"args[{k}]", value, 0)
    for key, value in kwargs.items():
        yield from inside(key, value, 0)
    for key in kwargs:
        yield f"the name {key}", key


def _replays(drawn: Drawn, others: Sequence[Drawn]) -> Iterator[tuple[str, Sequence[Any]]]:
    """What was right elsewhere for the call at the same place, or for the same one of the part."""
    for k, other in enumerate(others):
        name = "the public draw" if k == 0 else f"draw {k}"
        values = [*other.evidence, *[None] * len(drawn.sheet.calls)]
        yield f"by place in {name}", values[: len(drawn.sheet.calls)]
        places = {p: [v for q, v in zip(other.sheet.parts, other.evidence, strict=True) if q == p]
                  for p in dict.fromkeys(drawn.sheet.parts)}  # fmt: skip
        counts: Counter[str] = Counter()
        replayed = []
        for part in drawn.sheet.parts:
            known = places[part]
            replayed.append(known[counts[part]] if counts[part] < len(known) else None)
            counts[part] += 1
        yield f"by part in {name}", replayed
