"""Ways to talk to real kernels."""

from __future__ import annotations

import textwrap
from typing import Any

from cvlib.grading.sandbox.session import Reply, Session


def define(session: Session, source: str) -> None:
    result = session.run(textwrap.dedent(source), timeout=30)
    assert result.status == "ok", result.error


def answers(session: Session, source: str, *calls: Any, timeout: float = 20) -> list[Reply]:
    """Define ``f`` by this source and call it with each of the arguments."""
    define(session, source)
    return session.call("f", None, [((c,), {}) for c in calls], timeout)


def ask(session: Session, body: str, *args: Any, timeout: float = 20) -> Any:
    """Define ``probe`` with this body in the kernel, call it and return its value."""
    result = session.run(f"def probe(*args):\n{textwrap.indent(body, '    ')}", timeout=timeout)
    assert result.status == "ok", result.error
    (reply,) = session.call("probe", None, [(args, {})], timeout)
    assert reply.status == "ok", reply
    return reply.value
