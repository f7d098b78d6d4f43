"""Captions and questions say what the objects are: a parser that knows only English agrees."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.datasets import make_shapes
from cvlib.datasets.shapes import CLASSES, COLORS, DIFFICULTIES, SIZES, TEXTURES
from cvlib.datasets.shapes.vocabulary import PLURALS

RELATIONS = {
    "left of": lambda a, b: a["x"] < b["x"],
    "right of": lambda a, b: a["x"] > b["x"],
    "above": lambda a, b: a["y"] < b["y"],
    "below": lambda a, b: a["y"] > b["y"],
}
SHAPE, COLOR, RELATION = ("|".join(words) for words in (CLASSES, COLORS, RELATIONS))
THING = rf"a ({'|'.join(SIZES)}) ({'|'.join(TEXTURES)}) ({COLOR}) ({SHAPE})"
PLACES = {
    "top left",
    "top",
    "top right",
    "left",
    "center",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
}


def words(thing):
    return tuple(thing[key] for key in ("size", "texture", "color", "shape"))


def answer(question, objects):
    """Answer a question by reading it: returns its kind and the answer."""
    largest = max(objects, key=lambda thing: thing["radius"])
    if found := re.fullmatch(r"what (shape|color|texture) is the largest object\?", question):
        return f"{found[1]} of the largest", largest[found[1]]
    if question == "where is the largest object?":
        return "where", largest["position"]
    if question == "how many objects are there?":
        return "count", str(len(objects))
    if found := re.fullmatch(rf"how many ({'|'.join(PLURALS)}) are there\?", question):
        shape = CLASSES[PLURALS.index(found[1])]
        return "count of a shape", str(len([a for a in objects if a["shape"] == shape]))
    if found := re.fullmatch(rf"is there (an?) ({COLOR}) ({SHAPE})\?", question):
        assert (found[1] == "an") == (found[2] == "orange")
        return "is there", yes(
            [a for a in objects if (a["color"], a["shape"]) == found.groups()[1:]]
        )
    pair = rf"is there an? ({COLOR}) ({SHAPE}) ({RELATION}) an? ({COLOR}) ({SHAPE})\?"
    if found := re.fullmatch(pair, question):
        first, relation, second = found.groups()[:2], found[3], found.groups()[3:]
        pairs = [
            (a, b)
            for a in objects
            for b in objects
            if (a["color"], a["shape"]) == first and (b["color"], b["shape"]) == second
        ]
        return "relation", yes([1 for a, b in pairs if RELATIONS[relation](a, b)])
    if found := re.fullmatch(rf"what color is the ({SHAPE})\?", question):
        (only,) = [a for a in objects if a["shape"] == found[1]]
        return "color of a shape", only["color"]
    raise AssertionError(f"nobody understands {question!r}")


def yes(found):
    return "yes" if found else "no"


scenes = st.builds(
    make_shapes,
    st.just(8),
    size=st.just(16),
    difficulty=st.sampled_from(DIFFICULTIES),
    seed=st.integers(0, 2**63),
)


@settings(max_examples=60)
@given(scenes)
def test_a_caption_names_every_object_and_how_they_lie(found):
    for caption, objects in zip(found.captions, found.objects, strict=True):
        assert re.findall(THING, caption) == [words(thing) for thing in objects]
        if len(objects) == 1:
            alone = re.fullmatch(rf"{THING} at the (.+)", caption)
            assert alone is not None
            place = alone[5]
            assert place == objects[0]["position"]
            assert place in PLACES
            continue
        told = re.fullmatch(rf"{THING} ({RELATION}) {THING}(?: and ({RELATION}) {THING})?", caption)
        assert told is not None
        relations = [told[5], told[10]][: len(objects) - 1]
        for relation, other in zip(relations, objects[1:], strict=True):
            assert RELATIONS[relation](objects[0], other)
            # along the axis on which they are farther apart: nobody could see it otherwise
            axis = "x" if relation in ("left of", "right of") else "y"
            assert abs(objects[0][axis] - other[axis]) > 0.15


@settings(max_examples=60)
@given(scenes)
def test_every_answer_follows_from_the_attributes(found):
    for asked, objects in zip(found.questions, found.objects, strict=True):
        assert len({question for question, _ in asked}) == len(asked) >= 7
        kinds: Counter[str] = Counter()
        for question, expected in asked:
            kind, right = answer(question, objects)
            assert expected == right, question
            kinds[kind] += 1
        assert max(kinds.values()) == 1
        assert ("relation" in kinds) == (len(objects) > 1)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_no_answer_can_be_guessed_from_its_question(difficulty):
    found = make_shapes(3000, size=16, difficulty=difficulty, seed=8)
    answers: dict[str, Counter] = {}
    for asked, objects in zip(found.questions, found.objects, strict=True):
        for question, right in asked:
            answers.setdefault(answer(question, objects)[0], Counter())[right] += 1
    for kind in ("is there", *(["relation"] if difficulty != "easy" else [])):
        share = answers[kind]["yes"] / answers[kind].total()
        assert 0.44 < share < 0.56, (kind, share)
    assert set(answers["where"]) == PLACES
    assert set(answers["shape of the largest"]) == set(CLASSES)
    assert set(answers["color of the largest"]) == set(COLORS)
    if difficulty != "easy":
        assert set(answers["texture of the largest"]) == set(TEXTURES)
        assert set(answers["count"]) == {"1", "2", "3"}
        assert set(answers["count of a shape"]) == {"0", "1", "2", "3"}
        assert set(answers["color of a shape"]) == set(COLORS)
    else:
        assert answers["count of a shape"]["0"] > 1000


def test_the_vocabulary_is_small():
    used: set[str] = set()
    for difficulty in DIFFICULTIES:
        found = make_shapes(500, size=16, difficulty=difficulty)
        used.update(word for caption in found.captions for word in caption.split())
    joints = {"a", "and", "at", "the", "of", "above", "below"}
    places = {"top", "bottom", "left", "right", "center"}
    assert used == {*SIZES, *TEXTURES, *COLORS, *CLASSES, *joints, *places}


def test_words_are_made_when_asked_for_and_kept():
    found = make_shapes(20, size=16)
    assert found.captions is found.captions
    assert found.questions is found.questions
    assert np.shares_memory(found.boxes, found.object_boxes)
