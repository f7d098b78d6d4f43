"""Calls the student's object inside the kernel and sends back plain data, one answer at a time.

It shares the process with the student's code and is not trusted: the judge takes what it sends as
data, and asks nothing of it but to be convenient.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from cvlib.check.codec import NotPlainDataError, decode, encode
from cvlib.check.marking import one_line

REQUEST = "cvlib_call"
ANSWER = "cvlib_answer"
UNSEEN = object()

Answer = tuple[str, str, bytes]  # status, detail, encoded value
Handler = Callable[[Any, Any, dict[str, Any]], None]


def make_calls(kernel: Any) -> Handler:
    """The handler of a request to call something.

    An answer is with the judge before the next call begins, so what a later call does to the
    process cannot change which answers count.
    """
    json_dumps = json.dumps

    def handle(line: Any, ident: Any, message: dict[str, Any]) -> None:
        request, identity = message["content"], message["header"]["msg_id"]
        left = int(request["max_bytes"])
        for index, (status, detail, data) in enumerate(answers(kernel.shell.user_ns, request)):
            left -= len(data)
            if left < 0:
                status, data = "refused", b""
                detail = f"expected at most {request['max_bytes']} bytes in all answers, got more"
            content = {"index": index, "status": status, "detail": detail}
            line.answer(ANSWER, identity, content, data)

    def answers(namespace: dict[str, Any], request: dict[str, Any]) -> Iterator[Answer]:
        target = namespace.get(request["name"], UNSEEN)
        run = load(request["driver"])
        for arguments in request["calls"]:
            yield ("missing", "", b"") if target is UNSEEN else one_call(run, target, arguments)

    def one_call(run: Callable[..., Any], target: Any, arguments: Any) -> Answer:
        args, kwargs = (decode(a) for a in arguments)
        try:
            value = run(target, *args, **kwargs)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are the student's too
            return "error", describe(error), b""
        try:
            coded = encode(value, where="the answer")
            return "ok", "", json_dumps(coded, ensure_ascii=False).encode()
        except NotPlainDataError as error:
            return "refused", str(error), b""
        except BaseException as error:
            return "refused", f"the answer could not be read: {describe(error)}", b""

    return handle


def load(driver: str | None) -> Callable[..., Any]:
    """Execute the driver's source in a namespace of its own; without one, call the target."""
    if driver is None:
        return lambda target, *args, **kwargs: target(*args, **kwargs)
    namespace: dict[str, Any] = {"__name__": "driver"}
    exec(compile(driver, "<driver>", "exec"), namespace)
    found: Callable[..., Any] = namespace[driver.split("def ", 1)[1].split("(", 1)[0].strip()]
    return found


def describe(error: BaseException) -> str:
    """The error in one line, whatever its ``__str__`` does."""
    try:
        return one_line(error)
    except BaseException:
        return f"{type(error).__name__} (it has no readable message)"
