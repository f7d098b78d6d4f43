"""Questions about a scene, with the answers that its objects give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cvlib.datasets.shapes.captions import place
from cvlib.datasets.shapes.vocabulary import (
    CLASSES,
    COLORS,
    OPPOSITE,
    PLURALS,
    article,
    holds,
    main_relation,
)

Attributes = Mapping[str, Any]

#: Uniform numbers that the questions of one scene are drawn with.
CHANCES = 9


def ask(objects: Sequence[Attributes], chances: Sequence[float]) -> tuple[tuple[str, str], ...]:
    """Return questions about a scene with their answers, drawn with CHANCES uniform numbers.

    Seven are asked of every scene; of two or more objects also how two of them lie to each other
    and, when its shape is there once, the colour of a smaller one.
    """
    first = objects[0]
    found = [
        ("what shape is the largest object?", first["shape"]),
        ("what color is the largest object?", first["color"]),
        ("what texture is the largest object?", first["texture"]),
        ("where is the largest object?", first["position"]),
        ("how many objects are there?", str(len(objects))),
        _how_many(objects, *chances[:2]),
        _is_there(objects, *chances[2:5]),
    ]
    if len(objects) > 1:
        found.append(_how_do_they_lie(objects, *chances[5:8]))
        found.extend(_which_color(objects, chances[8]))
    return tuple(found)


def _how_many(objects: Sequence[Attributes], coin: float, pick: float) -> tuple[str, str]:
    """Ask for the number of a shape: of one that is there or, as often, of any."""
    shapes = CLASSES if coin < 0.5 else [thing["shape"] for thing in objects]
    shape = shapes[int(pick * len(shapes))]
    count = sum(thing["shape"] == shape for thing in objects)
    return f"how many {PLURALS[CLASSES.index(shape)]} are there?", str(count)


def _is_there(
    objects: Sequence[Attributes], coin: float, pick: float, other: float
) -> tuple[str, str]:
    """Ask for a colour and a shape: those of one object or, as often, with one of them changed."""
    thing = objects[int(pick * len(objects))]
    color, shape = thing["color"], thing["shape"]
    if coin < 0.25:
        color = _another(COLORS, color, other)
    elif coin < 0.5:
        shape = _another(CLASSES, shape, other)
    yes = any(a["color"] == color and a["shape"] == shape for a in objects)
    return f"is there {article(color)} {shape}?", "yes" if yes else "no"


def _how_do_they_lie(
    objects: Sequence[Attributes], coin: float, pick: float, other: float
) -> tuple[str, str]:
    """Ask if two objects lie as they do, along their larger distance, or the other way round."""
    k = int(pick * len(objects))
    rest = [thing for j, thing in enumerate(objects) if j != k]
    a, b = objects[k], rest[int(other * len(rest))]
    relation = main_relation(place(a), place(b))
    if coin < 0.5:
        relation = OPPOSITE[relation]
    yes = any(
        holds(relation, place(c), place(d)) for c in _like(a, objects) for d in _like(b, objects)
    )
    one, two = (f"{article(thing['color'])} {thing['shape']}" for thing in (a, b))
    return f"is there {one} {relation} {two}?", "yes" if yes else "no"


def _which_color(objects: Sequence[Attributes], pick: float) -> Iterator[tuple[str, str]]:
    """Ask for the colour of a smaller object whose shape no other one has."""
    shapes = [thing["shape"] for thing in objects]
    alone = [thing for thing in objects[1:] if shapes.count(thing["shape"]) == 1]
    if alone:
        thing = alone[int(pick * len(alone))]
        yield f"what color is the {thing['shape']}?", thing["color"]


def _like(thing: Attributes, objects: Sequence[Attributes]) -> Iterator[Attributes]:
    """Yield the objects of the same colour and shape, itself among them."""
    for other in objects:
        if (other["color"], other["shape"]) == (thing["color"], thing["shape"]):
            yield other


def _another(words: Sequence[str], word: str, pick: float) -> str:
    """Return one of the other words."""
    rest = [other for other in words if other != word]
    return rest[int(pick * len(rest))]
