"""Our end of the calls between two sessions: it answers with what our solutions return.

It runs in a session that holds them and nothing of the student's. What it is asked is data; whoever
asks for what is not open, or in a form that is none, gets an error or is hung up on.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import numpy as np
import remote
from plain_data import arrays_in, receive, send

from cvlib.check.codec import encode

LONGEST_ERROR = 400


def make_opener(kernel: Any, peer: socket.socket) -> Callable[..., dict[str, Any]]:
    """The handler that lets one of our solutions be called from now on."""
    answering = Answering(peer)

    def handle(line: Any, ident: Any, message: dict[str, Any]) -> dict[str, Any]:
        name = message["content"]["name"]
        found = kernel.shell.user_ns[name]
        if not callable(found):
            return {"name": name, "value": encode(found)}
        if not answering.opened:
            kernel.io_loop.add_handler(peer, answering.serve, kernel.io_loop.READ)
            answering.hang_up = lambda: kernel.io_loop.remove_handler(peer)
        answering.opened[name] = found
        return {"name": name, "methods": _methods(found) if isinstance(found, type) else None}

    return handle


def _methods(kind: type) -> list[str]:
    names = [n for n in dir(kind) if callable(getattr(kind, n)) and not n.startswith("_")]
    return names + ["__call__"] * any("__call__" in vars(base) for base in kind.__mro__)


class Answering:
    """Which of our solutions may be called, and the objects that were made of them."""

    def __init__(self, peer: socket.socket) -> None:
        self.opened: dict[str, Any] = {}
        self.hang_up: Callable[[], None] = lambda: None
        self._peer = peer
        self._objects: list[tuple[str, Any, Any]] = []  # name, object, what it was made with
        self._left = iter(range(remote.MAX_CALLS))

    def serve(self, *event: Any) -> None:
        """Answer one request; a peer that does not keep to the form is hung up on."""
        try:
            request = receive(self._peer, remote.PATIENCE_SECONDS)
            number = request.get("number")
            self._peer.settimeout(remote.PATIENCE_SECONDS)
            try:
                send(self._peer, self._reply(request) | {"number": number})
            except (TypeError, ValueError) as error:  # what it returns is no plain data
                send(self._peer, _failed(error) | {"number": number})
            self._peer.settimeout(None)
        except Exception:
            self.hang_up()
            self._peer.close()

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            if next(self._left, None) is None:
                raise RuntimeError(f"our solutions were called {remote.MAX_CALLS} times")
            value, changed = self._done(request, request["given"])
            return {"value": value, "changed": changed}
        except Exception as error:
            return _failed(error)

    def _done(self, request: dict[str, Any], given: Any) -> tuple[Any, list[Any]]:
        """What comes of a request, and which of the arrays in it were changed."""
        name, what = str(request["name"]), request["what"]
        if name not in self.opened:
            raise LookupError(f"our solution of {name[:40]} is not to be had here")
        if what in ("call", "new"):
            do, kept = self.opened[name], given
            args, kwargs = given
        else:
            made, (held_name, thing, held) = str(request["of"]), self._objects[request["object"]]
            if held_name != name or (made.startswith("_") and made != "__call__"):
                raise AttributeError(made)
            if what == "read":
                return getattr(thing, made), []
            if what == "write":
                setattr(thing, made, given[0])
                return None, []
            args, kwargs = given[:2]
            kept = args, kwargs, *refreshed(held, tuple(given[2:]))
            do = getattr(thing, made)
        arrays = list(arrays_in(kept))
        before = [array.tobytes() for array in arrays]
        value = do(*args, **kwargs)
        if what == "new":
            if len(self._objects) == remote.MAX_OBJECTS:
                raise RuntimeError(f"{remote.MAX_OBJECTS} objects of ours were made already")
            self._objects.append((name, value, given))
            value = len(self._objects) - 1
        moved = [k for k, array in enumerate(arrays) if array.tobytes() != before[k]]
        return value, [(k, arrays[k]) for k in moved]


def _failed(error: Exception) -> dict[str, Any]:
    return {"error": (type(error).__name__, str(error)[:LONGEST_ERROR])}


def refreshed(old: Any, new: Any) -> Any:
    """What an object of ours was made with, as its maker has it by now: changed in place."""
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            return new
        old[...] = new
        return old
    if isinstance(old, list) and isinstance(new, list):
        old[:] = [*map(refreshed, old, new), *new[len(old) :]]
        return old
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        return tuple(map(refreshed, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in new.items():
            old[name] = refreshed(old.get(name), value)
        return old
    return new
