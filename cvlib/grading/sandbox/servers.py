"""The fork servers that a thread keeps at hand, one a policy."""

from __future__ import annotations

import threading
from dataclasses import replace

from cvlib.grading.sandbox.fork_server import ForkServer
from cvlib.grading.sandbox.policy import Policy

#: Servers that one thread keeps without a session in them.
KEPT_IDLE = 3


class _Servers(threading.local):
    """The servers of this thread, the one used last at the end."""

    def __init__(self) -> None:
        self.by_policy: dict[str, ForkServer] = {}


_servers = _Servers()


def server_for(policy: Policy) -> ForkServer:
    """A running server for a policy, whatever its data files; it is started where there is none."""
    policy = replace(policy, files={})
    key = repr(policy)
    kept = _servers.by_policy
    server = kept.pop(key, None)
    if server is not None and not server.usable():
        server.close()
        server = None
    if server is None:
        idle = [k for k, s in kept.items() if not s.sessions]
        for old in idle[: max(0, len(idle) - KEPT_IDLE + 1)]:
            kept.pop(old).close()
        server = ForkServer(policy)
    kept[key] = server
    return server
