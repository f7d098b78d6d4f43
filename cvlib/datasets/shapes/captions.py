"""One sentence that says what is in a scene."""

from collections.abc import Mapping, Sequence
from typing import Any

from cvlib.datasets.shapes.vocabulary import main_relation

Attributes = Mapping[str, Any]


def noun_phrase(thing: Attributes) -> str:
    """Name an object: "a large striped red circle"."""
    return f"a {thing['size']} {thing['texture']} {thing['color']} {thing['shape']}"


def place(thing: Attributes) -> tuple[float, float]:
    """Return an object's centre (x, y)."""
    return thing["x"], thing["y"]


def caption(objects: Sequence[Attributes]) -> str:
    """Say what a scene shows.

    One object is told with its place: "a small plain blue star at the top left". More are told
    from the largest: "a large striped red circle left of a small plain blue star and above a small
    plain green ring".
    """
    first, *others = objects
    if not others:
        return f"{noun_phrase(first)} at the {first['position']}"
    told = (f"{main_relation(place(first), place(b))} {noun_phrase(b)}" for b in others)
    return f"{noun_phrase(first)} {' and '.join(told)}"
