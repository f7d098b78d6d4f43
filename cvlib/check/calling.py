"""Call a student's object with each call of a sheet: all in one request, or one at a time."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from cvlib.check.codec import NotPlainDataError, decode, encode
from cvlib.check.sheet import Call, Caller, Reply, Sheet

#: What a driver's source is called in tracebacks, here and in a student's kernel.
DRIVER = "<driver>"


def ask(
    sheet: Sheet, call: Caller, *, calls: Sequence[Call] = (), seconds: float = 0.0
) -> Sequence[Reply]:
    """Put the calls of a sheet, or these instead, to ``call``; all of them share the time.

    One at a time, each is a request of its own, so that nothing on the other side knows of those
    to come.
    """
    calls, seconds = calls or sheet.calls, seconds or sheet.seconds
    if not sheet.one_at_a_time:
        return call(sheet.name, sheet.driver_source, calls, seconds)
    replies: list[Reply] = []
    deadline = time.monotonic() + seconds
    for one in calls:
        left = deadline - time.monotonic()
        if left <= 0:
            replies.append(Reply("timeout"))
        else:
            replies += call(sheet.name, sheet.driver_source, [one], left)
    return replies


def local_call(target: Any, *, missing: bool = False) -> Caller:
    """Return a caller for an object in this very process: trusted code only."""

    def call(name: str, driver: str, calls: Sequence[Call], timeout: float) -> list[Reply]:
        if missing:
            return [Reply("missing") for _ in calls]
        namespace: dict[str, Any] = {"__name__": "driver"}
        exec(compile(driver, DRIVER, "exec"), namespace)
        run = namespace[driver.split("def ", 1)[1].split("(", 1)[0].strip()]
        return [_one_call(run, target, encode(args), encode(kwargs)) for args, kwargs in calls]

    return call


def _one_call(run: Callable[..., Any], target: Any, args: Any, kwargs: Any) -> Reply:
    try:  # each call has copies of its own, so a function that writes into its input harms no other
        value = run(target, *decode(args), **decode(kwargs))
    except Exception as error:
        return Reply("error", detail=one_line(error))
    try:
        return Reply("ok", decode(encode(value, where="the answer")))
    except NotPlainDataError as error:
        return Reply("refused", detail=str(error))


def one_line(error: BaseException, limit: int = 400) -> str:
    """An exception as one line, with the place in the student's cell when there is one."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    whole = traceback.extract_tb(error.__traceback__)
    frames = [f for f in whole if "ipykernel" in f.filename or f.filename.startswith("<ipython")]
    if whole and whole[-1].filename == DRIVER:
        text += " (where the exercise calls it and reads what comes back)"
    if frames and frames[-1].line and "site-packages" not in frames[-1].filename:
        text += f" (line {frames[-1].lineno} of the cell: {frames[-1].line.strip()})"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
