"""A problem set that is deliberately weak: marks for guesses at the toss of a coin."""

from __future__ import annotations

import json
from pathlib import Path

from cvlib.grading.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.course.release import release
from tests.myst import HEAD

SET_ID = "ps92_coins"

#: 20 coins are tossed, and a guess at each weighs twice as much as the one before: hardly any two
#: lots of guesses get the same marks.
COINS = '''"""One weak exercise: whoever guesses is right now and then, and told so now and then."""

from cvlib.grading.spec import Case, Exercise, ProblemSet, Variants

variants = Variants()


def coins(rng):
    for k in range(20):
        yield Case((int(rng.integers(2)), k), part=f"coin {k}")


@variants.mutant("You said heads each time.")
def heads(coin, k):
    return 1


PROBLEM_SET = ProblemSet(
    id="ps92_coins", title="Coins", chapter="92_coins",
    exercises=(
        Exercise(
            "guess", "Guess", "guess", "92_coins#guess", 10.0, reference=lambda coin, k: coin,
            cases=coins, weights={f"coin {k}": 2.0**k for k in range(20)}, variants=variants,
        ),
    ),
)
'''
COINS_TEXT = """
# Coins

## 1 · Guess {points}

```{code-cell} ipython3
:tags: [exercise:guess]

def guess(coin, k):
    ### BEGIN SOLUTION
    return coin
    ### END SOLUTION
```
"""

#: Never twice the same, and always the same.
GUESSING = "import secrets\n\n\ndef guess(coin, k):\n    return secrets.randbelow(2)"
HEADS = "def guess(coin, k):\n    return 1"
RIGHT = "def guess(coin, k):\n    return coin"


def coins_course(folder: Path, **answers: str) -> Course:
    """A course with the one exercise, in which each student hands in a cell of code."""
    source = folder / "assignments" / SET_ID
    source.mkdir(parents=True)
    for name, text in (("__init__.py", COINS), ("notebook.md", HEAD + COINS_TEXT)):
        (source / name).write_text(text)
    course = Course.open(folder / "c", source.parent)
    release(course, SET_ID)
    released = (course.root / "release" / SET_ID / f"{SET_ID}.ipynb").read_text()
    for student, answer in answers.items():
        notebook = json.loads(released)
        (cell,) = [c for c in notebook["cells"] if "def guess" in "".join(c["source"])]
        cell["source"] = answer
        path = course.submitted / student / SET_ID / f"{SET_ID}.ipynb"
        atomic_write(path, json.dumps(notebook).encode())
    return course
