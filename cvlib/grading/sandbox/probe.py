"""Does the wall stand here? A known-good kernel is started behind it."""

from __future__ import annotations

import functools
import threading

from cvlib.grading.sandbox.policy import (
    Policy,
    SandboxError,
    SandboxUnavailable,
    bubblewrap,
    check_interpreter,
)
from cvlib.grading.sandbox.session import Session


def probe() -> None:
    """Start a known-good kernel in the sandbox; raise SandboxUnavailable if that does not work."""
    bubblewrap()
    check_interpreter()
    try:
        with Session(Policy()) as session:
            ran = session.run("def probe(x):\n    return x + 1", timeout=30)
            (reply,) = session.call("probe", None, [((41,), {})], 30)
    except SandboxUnavailable:
        raise
    except SandboxError as error:
        raise SandboxUnavailable(str(error)) from error
    if ran.status != "ok" or reply.status != "ok" or reply.value != 42:
        raise SandboxUnavailable(
            f"a known-good kernel ran in the sandbox and failed: {ran.status} {ran.error} "
            f"{reply.status} {reply.detail}"
        )


_probing = threading.Lock()


def probe_once() -> None:
    """Probe, unless it went well in this process before."""
    with _probing:  # the threads of a worker wait for the first
        _probed()


@functools.cache
def _probed() -> None:
    probe()
