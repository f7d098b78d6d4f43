"""What a student's code may say about a model's hidden images: that it failed, and where.

Other inputs are drawn anew for each submission, so what an exception tells of them is of no use to
the next. A model's are chosen from a stock of images, which a few hundred letters a time would
carry away.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from dataclasses import replace

from cvlib.check.marking import Outcome, Reply
from cvlib.grading.judging.plan import Item

PLACE = re.compile(r"\(line (\d{1,4}) of the cell: ")
#: Text of the student's that a comparison quotes, and numbers too long to be a count or a share.
QUOTED, LONG = re.compile(r"""'[^'\n]*'?|"[^"\n]*"?"""), re.compile(r"[\d,() ]{24,}|\d{6,}")
LONGEST_FINDING = 200


def bounded(item: Item, replies: Sequence[Reply]) -> list[Reply]:
    """The replies to a model's calls, without words of the student's code."""
    if item.kind != "model":
        return list(replies)
    return [_bounded(reply) for reply in replies]


def _bounded(reply: Reply) -> Reply:
    if reply.status == "refused":
        return replace(reply, detail="expected numbers, or arrays of them")
    if reply.status != "error":
        return reply
    name = usual_exception(reply.detail.partition(":")[0].partition(" ")[0]) or "an exception"
    place = PLACE.search(reply.detail)
    return replace(reply, detail=f"{name} (line {place[1]} of the cell)" if place else name)


def usual_exception(name: str) -> str:
    """The name of an exception of Python's own; nothing for any other name."""
    kind = getattr(builtins, name, None)
    return name if isinstance(kind, type) and issubclass(kind, BaseException) else ""


def narrowed(outcome: Outcome) -> Outcome:
    """The outcome of a model, with nothing in its findings that its code could have chosen."""
    lines = [
        LONG.sub("…", QUOTED.sub("…", line))[:LONGEST_FINDING] if line.startswith("✗") else line
        for line in outcome.text.splitlines()
    ]
    return replace(outcome, text="\n".join(lines))
