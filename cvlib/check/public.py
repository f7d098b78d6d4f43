"""The public cases released beside a notebook: marking sheets as a JSON file."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from cvlib.check.codec import decode, encode
from cvlib.check.compare import Tolerance
from cvlib.check.marking import Misconception, Sheet
from cvlib.check.measure import Measure

PUBLIC_FILE = "public_cases.json"

T = TypeVar("T")


def write_sheets(sheets: list[Sheet]) -> bytes:
    """Serialise the public sheets of a problem set; the same sheets give the same bytes."""
    return json.dumps(
        {"version": 1, "exercises": {s.id: _to_json(s) for s in sheets}},
        ensure_ascii=False,
        indent=None,
        sort_keys=True,
    ).encode()


def read_sheet(exercise_id: str, directory: Path | None = None) -> Sheet:
    """Read one sheet from the file beside the notebook."""
    return _read(exercise_id, directory, lambda obj: _from_json(exercise_id, obj))


def read_numbers(exercise_id: str, directory: Path | None = None) -> dict[str, tuple[Any, ...]]:
    """What the own numbers of one exercise are drawn from: of its sheet this and nothing else."""
    return _read(exercise_id, directory, _numbers)


def _read(exercise_id: str, directory: Path | None, decoded: Callable[[dict[str, Any]], T]) -> T:
    path = (directory or Path.cwd()) / PUBLIC_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{PUBLIC_FILE} is not in {path.parent}. It comes with the problem set: keep it in "
            "the folder of the notebook, as it was when you unpacked the release."
        )
    try:
        exercises = _parsed(path.read_bytes())["exercises"]
        if exercise_id in exercises:
            return decoded(exercises[exercise_id])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}): unpack the release again") from error
    raise KeyError(
        f"{PUBLIC_FILE} has no exercise {exercise_id!r}; it has {', '.join(sorted(exercises))}"
    )


@functools.lru_cache(maxsize=1)
def _parsed(text: bytes) -> Any:  # a notebook asks often, and most of them of one file
    return json.loads(text)


def _to_json(sheet: Sheet) -> dict[str, Any]:
    others = {part: [t.rtol, t.atol] for part, t in sheet.tolerances.items()}
    own = [[name, encode(list(values))] for name, values in sheet.numbers.items()]
    return (
        {
            "name": sheet.name,
            "points": sheet.points,
            "read": sheet.read,
            "driver": sheet.driver_source,
            "seconds": sheet.seconds,
            "tolerance": [sheet.tolerance.rtol, sheet.tolerance.atol],
            "parts": list(sheet.parts),
            "calls": encode(list(sheet.calls)),
            "expected": encode(list(sheet.expected)),
            "form_only": sheet.form_only,
            "weights": dict(sheet.weights),
            "hints": dict(sheet.hints),
            "misconceptions": [[m.text, encode(list(m.values))] for m in sheet.misconceptions],
            "measures": {p: [m.kind, m.at_least, m.at_most] for p, m in sheet.measures.items()},
        }
        | ({"numbers": own} if own else {})
        | ({"tolerances": others} if others else {})
        | ({"look": sheet.look_source} if sheet.look_source else {})
        | ({"one_at_a_time": True} if sheet.one_at_a_time else {})
    )


def _from_json(exercise_id: str, obj: dict[str, Any]) -> Sheet:
    return Sheet(
        id=exercise_id,
        name=obj["name"],
        points=obj["points"],
        read=obj["read"],
        driver_source=obj["driver"],
        seconds=obj["seconds"],
        tolerance=Tolerance(*obj["tolerance"]),
        parts=tuple(obj["parts"]),
        calls=tuple((tuple(args), kwargs) for args, kwargs in decode(obj["calls"])),
        expected=tuple(decode(obj["expected"])),
        form_only=obj["form_only"],
        weights=obj["weights"],
        hints=obj["hints"],
        misconceptions=tuple(
            Misconception(text, tuple(decode(values))) for text, values in obj["misconceptions"]
        ),
        measures={part: Measure(*measure) for part, measure in obj["measures"].items()},
        tolerances={part: Tolerance(*t) for part, t in obj.get("tolerances", {}).items()},
        numbers=_numbers(obj),
        look_source=obj.get("look", ""),
        one_at_a_time=obj.get("one_at_a_time", False),
    )


def _numbers(obj: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(decode(values)) for name, values in obj.get("numbers", [])}
