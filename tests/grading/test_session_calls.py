"""Calls into a real kernel: plain data goes and comes, and nothing else does."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
from talk import answers, define

from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Reply, Session
from tests.effort import effort


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
