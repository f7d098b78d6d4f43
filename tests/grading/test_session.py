"""Conversations with kernels that err, loop, die and lie. Real kernels only."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from cvlib.grading.sandbox.outputs import MAX_TEXT
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Reply, Session
from tests.effort import effort


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A session for everything that leaves the kernel alive."""
    with Session(Policy(withhold=("torch",), file_bytes=4 * 2**20)) as shared:
        yield shared


def define(session: Session, source: str) -> None:
    result = session.run(textwrap.dedent(source), timeout=30)
    assert result.status == "ok", result.error


def answers(session: Session, source: str, *calls: Any, timeout: float = 20) -> list[Reply]:
    """Define ``f`` by this source and call it with each of the arguments."""
    define(session, source)
    return session.call("f", None, [((c,), {}) for c in calls], timeout)


class TestRun:
    def test_outputs_are_those_of_a_notebook(self, session: Session) -> None:
        source = """
            import sys
            print("one"); print("two")
            print("careful", file=sys.stderr)
            display({"text/html": "<b>bold</b>", "application/javascript": "alert(1)"}, raw=True)
            6 * 7
        """
        result = session.run(textwrap.dedent(source), timeout=30)
        assert result.status == "ok"
        assert result.error == ""
        assert isinstance(result.execution_count, int)
        assert result.outputs == [
            {"output_type": "stream", "name": "stdout", "text": "one\ntwo\n"},
            {"output_type": "stream", "name": "stderr", "text": "careful\n"},
            {"output_type": "display_data", "data": {"text/html": "<b>bold</b>"}, "metadata": {}},
            {
                "output_type": "execute_result",
                "data": {"text/plain": "42"},
                "metadata": {},
                "execution_count": result.execution_count,
            },
        ]

    def test_a_figure_comes_as_an_image(self, session: Session) -> None:
        source = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])"
        result = session.run(source, timeout=60)
        assert result.status == "ok", result.error
        (figure,) = [o for o in result.outputs if o["output_type"] == "display_data"]
        assert set(figure["data"]) == {"text/plain", "image/png"}

    @pytest.mark.parametrize(
        ("source", "error"),
        [
            ("1 / 0", "ZeroDivisionError: division by zero"),
            ("def f(:", "SyntaxError: invalid syntax"),
            ("raise ValueError('a\\n' * 1000)", "ValueError: a a a"),
            ("raise KeyboardInterrupt", "KeyboardInterrupt:"),
            ("raise type('E' * 5000, (Exception,), {})", "EEEE"),
        ],
    )
    def test_an_error_is_one_line(self, session: Session, source: str, error: str) -> None:
        result = session.run(source, timeout=30)
        assert result.status == "error"
        assert result.error.startswith(error)
        assert "\n" not in result.error
        assert len(result.error) <= 500
        assert result.outputs[-1]["output_type"] == "error"
        assert session.run("1", timeout=30).status == "ok"

    def test_text_that_no_file_can_hold_is_mended(self, session: Session) -> None:
        result = session.run("print('\\ud800 \\udfff'); '\ud800'", timeout=30)
        for output in result.outputs:
            str(output).encode()

    def test_long_output_is_shortened_not_failed(self, session: Session) -> None:
        source = "for k in range(300): print('x' * 100_000)\n'y' * 10_000_000"
        result = session.run(source, timeout=60)
        assert result.status == "ok"
        assert MAX_TEXT <= sum(len(str(o)) for o in result.outputs) < MAX_TEXT + 5000
        assert "left out" in str(result.outputs[-1]) or "left out" in str(result.outputs[0])
        assert session.run("print('again')", timeout=30).outputs[0]["text"] == "again\n"

    def test_many_large_images_are_left_out(self, session: Session) -> None:
        source = "for _ in range(300): display({'image/png': 'A' * 1_000_000}, raw=True)"
        result = session.run(source, timeout=60)
        assert result.status == "ok"
        assert sum(len(str(o)) for o in result.outputs) < 3_000_000

    def test_a_forged_message_is_at_most_a_strange_output(self, session: Session) -> None:
        source = """
            kernel = get_ipython().kernel
            def publish(kind, content):
                kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
            publish("stream", {"name": 3, "text": {"a": 1}})
            publish("stream", {"text": "forged"})
            publish("display_data", {"data": [1, 2], "metadata": 7})
            publish("execute_result", {"data": {"text/plain": 5}, "execution_count": -1})
            publish("error", {"ename": [], "evalue": None, "traceback": "x"})
            publish("cvlib_answer", {"index": 0, "status": "ok"})
            publish("comm_open", {"comm_id": [], "data": None})
            publish("unknown", {})
        """
        result = session.run(textwrap.dedent(source), timeout=30)
        assert result.status == "ok"
        for output in result.outputs:
            assert output["output_type"] in {"stream", "display_data", "execute_result", "error"}
            assert all(isinstance(v, str) for v in output.get("data", {}).values())
        assert "forged" in str(result.outputs)


class TestCall:
    def test_plain_data_goes_and_comes(self, session: Session) -> None:
        values = [None, True, -3, 2.5, "straße", [1, (2.0, "x")], {"a": np.arange(6).reshape(2, 3)},
                  np.array([np.nan, np.inf, -0.0], np.float32), np.zeros((0, 3), bool)]  # fmt: skip
        replies = answers(session, "def f(x): return x", *values)
        assert [r.status for r in replies] == ["ok"] * len(values)
        for sent, reply in zip(values, replies, strict=True):
            np.testing.assert_equal(reply.value, sent)
            if isinstance(sent, np.ndarray):
                assert reply.value.dtype == sent.dtype
                assert reply.value.shape == sent.shape

    def test_keyword_arguments_and_a_driver(self, session: Session) -> None:
        define(session, "def g(x, *, scale): return x * scale")
        driver = textwrap.dedent("""
            from __future__ import annotations

            def measure(target, x: np.ndarray, **kwargs):
                import numpy as np
                return {"sum": float(np.sum(target(x, **kwargs))), "name": __name__}
        """)
        replies = session.call("g", driver, [((np.ones(3),), {"scale": 2.0})], 20)
        assert replies == [Reply("ok", {"sum": 6.0, "name": "driver"})]
        assert session.run("measure", timeout=10).error.startswith("NameError")

    def test_every_call_gets_arguments_of_its_own(self, session: Session) -> None:
        define(session, "seen = []\ndef f(x):\n    seen.append(x)\n    x += 1\n    return x")
        array = np.zeros(2)
        replies = session.call("f", None, [((array,), {})] * 3, 20)
        assert [r.value.tolist() for r in replies] == [[1, 1]] * 3
        assert array.tolist() == [0, 0]

    def test_a_name_that_is_not_defined_is_missing(self, session: Session) -> None:
        assert session.call("nowhere", None, [((), {})] * 2, 20) == [Reply("missing")] * 2
        define(session, "nothing = None")
        driver = "def value(target):\n    return target"
        assert session.call("nothing", driver, [((), {})], 20) == [Reply("ok", None)]

    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ("1 / 0", "ZeroDivisionError: division by zero"),
            ("raise SystemExit(3)", "SystemExit: 3"),
            ("raise KeyboardInterrupt", "KeyboardInterrupt"),
            ("raise type('Bad', (Exception,), {'__str__': lambda s: 1 / 0})", "Bad"),
            ("f(x)", "RecursionError: maximum recursion depth exceeded"),
            ("bytearray(2**40)", "MemoryError"),
            ("raise ValueError('long ' * 10_000)", "ValueError: long long"),
            ("import torch; return torch.ones(3)", "ImportError: torch is withheld"),
        ],
    )
    def test_an_exception_is_one_line_and_harms_no_other_call(
        self, session: Session, body: str, detail: str
    ) -> None:
        source = f"def f(x):\n    if x:\n        return x\n    {body}"
        first, second, third = answers(session, source, 1, 0, 1)
        assert first == third == Reply("ok", 1)
        assert second.status == "error"
        assert second.detail.startswith(detail)
        assert len(second.detail) <= 500
        assert "\n" not in second.detail

    @pytest.mark.parametrize(
        ("value", "detail"),
        [
            ("np.array([None, 1])", "dtype object"),
            ("np.array([1j])", "complex"),
            ("np.array(['x'])", "dtype <U1"),
            ("object()", "builtins.object"),
            ("(k for k in 'ab')", "generator"),
            ("lambda: 1", "function"),
            ("{1: 2}", "expected strings as keys"),
            ("np.zeros(2**20)", "4194304"),
            ("[[]] * 300_000", "parts"),
            ("'\\ud800'", ""),
            ("(a := [], a.append(a))[0]", "nested"),
            ("__import__('pickle').PickleBuffer(b'x')", "PickleBuffer"),
            ("10**5000", ""),
        ],
    )
    def test_what_is_not_plain_data_is_refused(
        self, session: Session, value: str, detail: str
    ) -> None:
        (reply,) = answers(session, f"import numpy as np\ndef f(x): return {value}", 0)
        assert reply.status == "refused", reply
        assert detail in reply.detail

    def test_a_subclass_that_always_agrees_comes_as_a_plain_array(self, session: Session) -> None:
        source = """
            import numpy as np
            class Agrees(np.ndarray):
                def __array_ufunc__(self, *args, **kwargs): return True
                def __eq__(self, other): return np.ones(self.shape, bool)
            class Yes(float):
                def __eq__(self, other): return True
            def f(x): return [np.zeros(3).view(Agrees), Yes(0.5), np.ma.masked_array([1.0], [True])]
        """
        (reply,) = answers(session, source, 0)
        assert [type(v) for v in reply.value] == [np.ndarray, float, np.ndarray]
        assert reply.value[0].tolist() == [0, 0, 0]

    def test_output_during_a_call_does_not_matter(self, session: Session) -> None:
        source = """
            import sys
            def f(x):
                for _ in range(2000):
                    print('x' * 100_000)
                    sys.stderr.write('y' * 100_000)
                return x
        """
        assert answers(session, source, 1, 2) == [Reply("ok", 1), Reply("ok", 2)]
        assert session.run("print('after')", timeout=30).outputs[0]["text"] == "after\n"

    def test_a_forged_answer_is_only_another_value(self, session: Session) -> None:
        source = """
            import gc, json, socket
            sockets = [o for o in gc.get_objects() if type(o) is socket.socket]
            kernel = get_ipython().kernel
            def forge(parent, content, *data):
                texts = ({"msg_type": "cvlib_answer"}, {"msg_id": parent}, {}, content)
                parts = [b"<IDS|MSG>", b"", *(json.dumps(t).encode() for t in texts), *data]
                wire = b"".join(bytes((3 if k + 1 < len(parts) else 2,)) + len(p).to_bytes(8, "big")
                                + p for k, p in enumerate(parts))
                for s in sockets:
                    s.send(wire)
            def f(x):
                mine = kernel.get_parent()["header"]["msg_id"]
                if x == 0:
                    forge("another request", {"index": 0, "status": "ok"}, b'{"i": "99"}')
                    forge(mine, {"index": 7, "status": "ok"}, b'{"i": "99"}')
                    forge(mine, {"index": "0"})
                    forge(mine, {"index": 1, "status": "ok"}, b'{"a": 1, "dtype": "O"}')
                    forge(mine, {"index": 2, "status": "ok"}, b"[" * 100_000)
                    forge(mine, {"index": 3, "status": "perfect"})
                    forge(mine, {"index": 4, "status": "error", "detail": ["x", "y"]})
                    forge(mine, {"index": 5, "status": "ok"}, b'{"i": "99"}')
                return 1
        """
        replies = answers(session, source, *range(7))
        statuses = [r.status for r in replies]
        assert statuses == ["ok", "refused", "refused", "refused", "error", "ok", "ok"]
        assert [replies[k].value for k in (0, 5, 6)] == [1, 99, 1]

    def test_a_call_takes_the_judge_little_effort(self, session: Session) -> None:
        define(session, "def f(x): return x")
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((np.ones((4, 4)),), {})] * 50
        session.call("f", None, calls, 20)
        replies, loops = effort(session.call, "f", None, calls, 60)
        assert all(r.status == "ok" for r in replies)
        assert loops < 20


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


def test_what_is_written_past_python_is_shown(session: Session) -> None:
    source = """
        import os, subprocess, sys
        os.write(1, b"from the descriptor\\n")
        subprocess.run([sys.executable, "-c", "import sys; sys.exit('from a program')"])
        if os.fork() == 0:
            print("from a child", flush=True)
            os._exit(0)
        _ = os.wait()
    """
    shown = str(session.run(textwrap.dedent(source), timeout=30).outputs)
    for words in ("from the descriptor", "from a program", "from a child"):
        assert words in shown
    assert session.run("print('and on')", timeout=30).outputs[0]["text"] == "and on\n"


def test_what_a_task_prints_between_cells_is_no_trouble(session: Session) -> None:
    source = """
        import asyncio
        async def late():
            await asyncio.sleep(0.05)
            print("late")
            return 7
        task = asyncio.get_running_loop().create_task(late())
    """
    define(session, source)
    time.sleep(0.2)
    assert session.run("await task", timeout=20).outputs[-1]["data"] == {"text/plain": "7"}


@pytest.mark.parametrize("endless", ["time.sleep(1000)", "await asyncio.sleep(1000)"])
def test_the_interrupted_line_is_shown(endless: str) -> None:
    with fresh() as session:
        result = session.run(f"print('before')\nimport asyncio, time\n{endless}", timeout=1)
    assert result.outputs[0]["text"] == "before\n"
    assert result.outputs[-1]["ename"] in ("KeyboardInterrupt", "CancelledError")


def test_a_cell_with_quit_ends_nothing(session: Session) -> None:
    for source in ("quit", "exit()", "get_ipython().kernel.do_shutdown(False)"):
        assert session.run(source, timeout=20).status == "ok"
        time.sleep(0.2)
        assert session.run("print('on')", timeout=20).outputs[0]["text"] == "on\n"


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


def test_torch_works_where_it_is_not_withheld() -> None:
    source = """
        import torch
        class Twice(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Conv2d(1, 2, 3)
            def forward(self, x):
                return self.layer(x) * 2
    """
    driver = textwrap.dedent("""
        def gradient_shapes(target, x):
            import torch
            model = target()
            model(torch.tensor(x)).square().sum().backward()
            torch.optim.SGD(model.parameters(), lr=0.1).step()
            return [tuple(p.grad.shape) for p in model.parameters()]
    """)
    with Session(Policy()) as session:
        assert session.run(textwrap.dedent(source), timeout=120).status == "ok"
        image = np.ones((1, 1, 8, 8), np.float32)
        (reply,) = session.call("Twice", driver, [((image,), {})], 120)
    assert reply == Reply("ok", [(2, 1, 3, 3), (2,)])


def test_the_unsafe_way_has_the_same_face() -> None:
    policy = Policy(withhold=("torch",), files={"data/x.txt": b"x"}, unsafe=True)
    with Session(policy) as session:
        assert (
            session.run("print(open('data/x.txt').read())", timeout=30).outputs[0]["text"] == "x\n"
        )
        define(session, "import torch.nn.functional as F\ndef f(x): return F.relu(x)")
        (reply,) = session.call("f", None, [((1,), {})], 20)
        assert reply.detail.startswith("ImportError: torch is withheld in this exercise")
        assert session._kernel is not None
        directory = session._kernel.directory
        assert directory is not None
        assert session.run("while True: pass", timeout=1).status == "timeout"
    assert not directory.exists()


def test_cells_may_await_time_and_err_on_their_line(session: Session) -> None:
    awaited = session.run("import asyncio\nawait asyncio.sleep(0)\n5", timeout=20)
    assert (awaited.status, awaited.outputs[-1]["data"]) == ("ok", {"text/plain": "5"})
    assert session.run("%%time\n3", timeout=20).outputs[-1]["data"] == {"text/plain": "3"}
    wrong = session.run("def g():\n    return 1 / 0\n\n\ng()", timeout=20)
    assert wrong.error == "ZeroDivisionError: division by zero"
    trace = "\n".join(wrong.outputs[-1]["traceback"])
    assert "In[" in trace
    assert "return" in trace


def test_the_same_cell_again_under_another_transformer(session: Session) -> None:
    source = """
        shell = get_ipython()
        shell.input_transformers_post.append(
            lambda lines: [line.replace("'old'", "'new'") for line in lines])
        'old'
    """
    values = [session.run(textwrap.dedent(source), timeout=20).outputs for _ in range(2)]
    session.run("shell.input_transformers_post.clear()", timeout=20)
    assert [v[-1]["data"]["text/plain"] for v in values] == ["'old'", "'new'"]


def test_a_session_that_was_not_opened_says_so() -> None:
    with pytest.raises(RuntimeError, match="open the session first"):
        Session(Policy()).run("1", timeout=1)
