"""Real kernels that loop, die and lie are not waited for, and give clean replies."""

from __future__ import annotations

import numpy as np
import pytest
from talk import define

from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Reply, Session


def fresh() -> Session:
    return Session(Policy(file_bytes=4 * 2**20))


def assert_ended(session: Session) -> None:
    """There is no kernel any more: no request can reach one, or wait for one."""
    assert session._kernel is None
    assert session._channel is None


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "while True: print('x' * 10_000)",
    ],
)
def test_a_cell_that_never_ends_is_ended(source: str) -> None:
    with fresh() as session:
        result = session.run(source, timeout=0.5)
        assert result.status == "timeout"
        assert_ended(session)
        assert session.run("1", timeout=20).status == "timeout"
        assert session.call("f", None, [((), {})] * 2, 20) == [Reply("timeout")] * 2


def test_an_interrupt_cuts_no_message_in_two() -> None:
    source = "import time\nend = time.monotonic() + 30\nwhile time.monotonic() < end:\n    {}"
    for line in ("display('x' * 5_000_000)", "print('x' * 50_000)"):
        with fresh() as session:
            result = session.run(source.format(line), timeout=1)
        assert result.status == "timeout"
        assert result.outputs[-1]["ename"] == "KeyboardInterrupt", "the traceback came after it"


@pytest.mark.parametrize("endless", ["time.sleep(1000)", "await asyncio.sleep(1000)"])
def test_the_interrupted_line_is_shown(endless: str) -> None:
    with fresh() as session:
        result = session.run(f"print('before')\nimport asyncio, time\n{endless}", timeout=1)
    assert result.outputs[0]["text"] == "before\n"
    assert result.outputs[-1]["ename"] in ("KeyboardInterrupt", "CancelledError")


@pytest.mark.parametrize(
    "ending",
    ["os._exit(0)", "os.kill(os.getpid(), 9)", "ctypes.string_at(0)"],
)
def test_a_kernel_that_dies_is_not_waited_for(ending: str) -> None:
    with fresh() as session:
        define(session, f"import os, ctypes\ndef f(x):\n    if x: return x\n    {ending}")
        replies = session.call("f", None, [((n,), {}) for n in (1, 0, 1)], 600)
        assert replies == [Reply("ok", 1), Reply("dead"), Reply("dead")]
        assert_ended(session)
        assert session.run("1", timeout=20).status == "dead"


def test_a_cell_that_kills_the_kernel_is_dead() -> None:
    with fresh() as session:
        result = session.run("print('bye', flush=True)\nimport os\nos._exit(0)", timeout=20)
        assert result.status == "dead"
        assert session.call("f", None, [((), {})], 20) == [Reply("dead")]


def test_answers_before_the_timeout_count() -> None:
    with fresh() as session:
        define(session, "def f(x):\n    while not x: pass\n    return x")
        replies = session.call("f", None, [((n,), {}) for n in (1, 2, 0, 3)], 3)
        assert replies == [Reply("ok", 1), Reply("ok", 2), Reply("timeout"), Reply("timeout")]
        assert_ended(session)


SABOTAGE = """
    import base64, builtins, importlib, json, sys, threading
    import numpy as np, numpy.testing
    def f(x):
        {deed}
        return x
"""


@pytest.mark.parametrize(
    "deed",
    [
        "np.testing.assert_allclose = np.allclose = np.array_equal = lambda *a, **k: True",
        "json.dumps = json.loads = lambda *a, **k: '{}'",
        "base64.b64encode = base64.b64decode = lambda *a, **k: b'AAAA'",
        "np.asarray = np.ascontiguousarray = np.frombuffer = None",
        "builtins.isinstance = lambda *a: True",
        "builtins.len = builtins.print = builtins.int = None",
        "sys.modules.clear()",
        "sys.stdout = sys.stderr = None",
        "for _ in 'ab': threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()",
        "get_ipython().kernel.session.send = lambda *a, **k: None",
        "get_ipython().kernel.shell_handlers.clear()",
        "get_ipython().kernel.iopub_thread.stop()",
        "[__import__('os').close(n) for n in range(3, 60) if n % 2]",
    ],
)
def test_sabotage_in_the_kernel_gives_clean_replies(deed: str) -> None:
    statuses = {"ok", "error", "refused", "timeout", "dead"}
    with fresh() as session:
        define(session, SABOTAGE.format(deed=deed))
        replies = session.call("f", None, [((np.arange(3.0),), {})] * 2, 1)
        assert len(replies) == 2
        assert {r.status for r in replies} <= statuses
        assert all(r.status != "ok" or r.value is not None for r in replies)
        assert session.run("1 + 1", timeout=0.5).status in {"ok", "error", "timeout", "dead"}


def test_a_session_that_was_not_opened_says_so() -> None:
    with pytest.raises(RuntimeError, match="open the session first"):
        Session(Policy()).run("1", timeout=1)
