"""Look at the evidence that came back from a call: what is seen in it is compared, not itself.

What a driver concludes beside a student's code could simply be said there. So it returns what it
has found, and the conclusion is drawn here, from plain data, by a function of the exercise.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from cvlib.check.codec import NotPlainDataError, decode, encode
from cvlib.check.sheet import Reply, Sheet

OTHER_FORM = "the evidence has another form than this exercise looks for"
LONGEST = 300


def looked(sheet: Sheet, k: int, reply: Reply) -> Reply:
    """The reply to call ``k`` with what is seen in its value; itself where there is no look.

    A look says by ValueError what is wrong. The evidence may be anything, so whatever else a look
    raises says that it is none.
    """
    if not sheet.look_source or reply.status != "ok":
        return reply
    args, kwargs = decode(encode(sheet.calls[k][0])), decode(encode(sheet.calls[k][1]))
    try:
        with np.errstate(all="ignore"):
            seen = _load(sheet.look_source)(reply.value, *args, **kwargs)
        return Reply("ok", decode(encode(seen)))
    except NotPlainDataError:
        return Reply("wrong", detail=OTHER_FORM)
    except ValueError as error:
        text = " ".join(str(error).split())
        return Reply("wrong", detail=text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
    except Exception:
        return Reply("wrong", detail=OTHER_FORM)


@functools.lru_cache(maxsize=64)
def _load(source: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"__name__": "look"}
    exec(compile(source, "<look>", "exec"), namespace)
    found: Callable[..., Any] = namespace[source.split("def ", 1)[1].split("(", 1)[0].strip()]
    return found
