"""What stands for our solution in a student's process: it asks another session, and holds nothing.

Plain data alone crosses: there is no more of our solution here than its name and those of its
methods. Arrays that a call changes are changed for the caller, too. Each request has one answer,
with its number.
"""

from __future__ import annotations

import builtins
import itertools
import socket
import threading
from collections.abc import Callable
from typing import Any

from plain_data import arrays_in, receive, send

from cvlib.check.codec import NotPlainDataError, decode

STUB, OPEN = "cvlib_stub", "cvlib_open"
#: What one session may ask for: training by hand takes some ten thousand calls.
MAX_CALLS, MAX_OBJECTS = 200_000, 1_000
#: How long the rest of a message may take, and an answer to be read.
PATIENCE_SECONDS = 10.0


class Asking:
    """The student's end: asks, waits for the answer, and raises what it says."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._turn = threading.Lock()
        self._numbers = itertools.count()

    def ask(self, name: str, what: str, given: Any, **more: Any) -> Any:
        """Have something done with ``given``, a tuple of plain data."""
        with self._turn:
            number = next(self._numbers)
            message = {"name": name, "what": what, "given": given, "number": number, **more}
            try:
                send(self._peer, message)
                while (reply := receive(self._peer, None)).get("number") != number:
                    pass
            except NotPlainDataError as error:
                raise TypeError(f"our solution of {name} takes plain data alone: {error}") from None
            except OSError as error:
                raise RuntimeError(f"our solution of {name} does not answer: {error}") from None
        if "error" in reply:
            kind, text = reply["error"]
            raise _exception(kind)(text)
        arrays = list(arrays_in(given))
        for k, array in reply["changed"]:
            arrays[k][...] = array
        return reply["value"]


def _exception(name: str) -> Any:
    kind = getattr(builtins, str(name), None)
    usual = isinstance(kind, type) and issubclass(kind, Exception)
    return kind if usual and not issubclass(kind, UnicodeError | OSError) else RuntimeError  # type: ignore[arg-type]


def make_stub(kernel: Any, peer: socket.socket) -> Callable[..., dict[str, Any]]:
    """The handler that puts something in the place of a wrong answer."""
    asking = Asking(peer)

    def handle(line: Any, ident: Any, message: dict[str, Any]) -> dict[str, Any]:
        told, name = message["content"], message["content"]["name"]
        if "value" in told:
            found = decode(told["value"])
        elif told["methods"] is None:
            found = _function(asking, name)
        else:
            found = _class(asking, name, told["methods"])
        kernel.shell.user_ns[name] = found
        return {}

    return handle


def _function(asking: Asking, name: str) -> Callable[..., Any]:
    def ours(*args: Any, **kwargs: Any) -> Any:
        return asking.ask(name, "call", (args, kwargs))

    ours.__name__ = ours.__qualname__ = name
    return ours


def _class(asking: Asking, name: str, methods: list[str]) -> type:
    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        number = asking.ask(name, "new", (args, kwargs))
        vars(self).update(_ours=number, _held=(args, kwargs))

    def read(self: Any, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        return asking.ask(name, "read", (), object=self._ours, of=attribute)

    def write(self: Any, attribute: str, value: Any) -> None:
        asking.ask(name, "write", (value,), object=self._ours, of=attribute)

    def method(attribute: str) -> Callable[..., Any]:
        def ours(self: Any, *args: Any, **kwargs: Any) -> Any:
            given = (args, kwargs, *self._held)
            return asking.ask(name, "method", given, object=self._ours, of=attribute)

        ours.__name__ = attribute
        return ours

    own = {"__init__": begin, "__getattr__": read, "__setattr__": write}
    return type(name, (), own | {m: method(m) for m in methods})
