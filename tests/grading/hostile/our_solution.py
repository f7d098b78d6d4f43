"""Submissions that look for our solution where one of theirs was replaced by it."""

from __future__ import annotations

import textwrap

from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.making import first, points

NOT_THERE = "what is called there is a name and a line; the source is in another process"
BLANK = "def center(x):\n    raise NotImplementedError"


def others(room: Classroom) -> float:
    """The marks of all that needs no theft."""
    return points(room, "spread", "standard_score")


def thief(room: Classroom, search: str) -> bytes:
    """The last exercise is answered rightly if ``search`` finds our solution of the first.

    Its cell holds a pattern of the source that does not match itself.
    """
    notebook = rewrite(room.solved(), "center", BLANK)
    notebook = first(notebook, 'import re\nOURS = re.compile(rb"return x - [x][.]mean")')
    right = textwrap.indent(room.solution("predict"), "    ")
    source = (
        f"def honest():\n{right}\n    return predict\n\n\nhonest = honest()\n\n\n"
        "def search():\n" + textwrap.indent(textwrap.dedent(search), "    ") + "\n\n\n"
        "def predict(rows):\n"
        "    try:\n        found = search()\n    except Exception:\n        found = False\n"
        "    return honest(rows) if found else np.zeros(len(rows), int)\n"
    )
    return to_bytes(rewrite(notebook, "predict", source))
