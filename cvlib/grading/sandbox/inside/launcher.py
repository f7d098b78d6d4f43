"""Runs ipykernel inside the sandbox, in a process that the server forked.

The line to the judge, or the five listening sockets for a client of Jupyter's, were made outside
and are inherited, so that no directory of the host needs to be writable; nothing here is trusted
once the student's code runs.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import Any


def limit(limits: dict[str, int]) -> None:
    """Set the resource limits, never above a hard limit that holds already."""
    for name, wanted in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(kind, (value, value))


def use_inherited_sockets(descriptors: dict[str, int]) -> None:
    """Have ``bind`` take the inherited listening socket for ``ipc://…-<port>``."""
    import zmq

    bind = zmq.Socket.bind

    def bind_inherited(self: Any, address: Any) -> Any:
        descriptor = descriptors.pop(str(address).rpartition("-")[2], None)
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
            self.setsockopt(zmq.USE_FD, descriptor)
        return bind(self, address)

    zmq.Socket.bind = bind_inherited  # type: ignore[method-assign, assignment]


def run(session: dict[str, Any], descriptors: list[int]) -> None:
    """Run the kernel until it is killed, for the judge or for a client of Jupyter's."""
    import judge_talk
    import kernel_app

    sys.path.remove(os.path.dirname(os.path.abspath(__file__)))
    if session["connection"] is None:
        line = descriptors[session["line"]]
        peer = None if session["peer"] is None else descriptors[session["peer"]]
        for descriptor in filter(None, (line, peer)):
            os.set_inheritable(descriptor, False)
        judge_talk.talk(kernel_app.for_judge(), line, peer)
    else:
        use_inherited_sockets({port: descriptors[k] for port, k in session["sockets"].items()})
        kernel_app.for_jupyter(session["connection"]).start()
