"""Our solutions over the line: called as if they were there, and by nobody else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from cvlib.grading.judging.ours import OPEN, STUB
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session

OURS = """
import numpy as np
import scipy.sparse

class Moving:
    def __init__(self, arrays, *, rate=1.0):
        self.arrays, self.rate, self.seen = arrays, rate, 0

    def step(self, by):
        self.seen += 1
        for a, b in zip(self.arrays, by):
            a -= self.rate * b
        return self.seen

    def __call__(self, x):
        return x + self.rate

def scaled(x, factor=2, *, shift=0.0):
    if shift < 0:
        raise ValueError("expected no negative shift")
    return {"out": factor * x + shift, "n": np.int64(3), "shape": x.shape, "none": None}

def sparse(n):
    return scipy.sparse.eye(n)

def strange(x):
    return object()

def fills(x):
    x[:] = 7

def not_open(x):
    return x
"""


@pytest.fixture(scope="module")
def theirs() -> Iterator[Session]:
    """A student's session in which some names are ours."""
    one, other = socket.socketpair()
    policy = Policy(preload="import numpy")
    with Session(policy, peer=other) as ours, Session(policy, peer=one) as session:
        assert ours.run(OURS, timeout=60).status == "ok"
        assert session.run("import numpy as np", timeout=60).status == "ok"
        for name in ("Moving", "scaled", "sparse", "strange", "fills"):
            told = ours.ask(OPEN, {"name": name}, timeout=20)
            assert told["name"] == name
            assert session.ask(STUB, told, timeout=20) == {}
        yield session


@pytest.mark.parametrize(
    "source",
    [
        "assert (scaled(np.ones(2), 3, shift=1.0)['out'] == 4).all()",
        "found = scaled(np.ones((2, 3), np.float32))\n"
        "assert found['out'].dtype == np.float32 and found['shape'] == (2, 3)\n"
        "assert type(found['n']) is np.int64 and found['none'] is None",
        "assert sparse(3).shape == (3, 3) and type(sparse(3)) is np.ndarray",
        "x = np.zeros((3, 4))[:, ::2]\nfills(x)\nassert (x == 7).all()",
        "w = [np.ones(3), np.ones((2, 2), np.float32)]\nm = Moving(w, rate=0.0)\nm.rate = 0.5\n"
        "assert m.step([np.ones(3), np.ones((2, 2))]) == 1 and (w[0] == 0.5).all()\n"
        "w[0][:] = 9\nassert m.step([np.ones(3), np.ones((2, 2))]) == 2\n"
        "assert (w[0] == 8.5).all() and m.rate == 0.5 and m.seen == 2 and m(1.0) == 1.5\n"
        "assert isinstance(m, Moving)",
        "class Mine(Moving):\n    def step(self, by):\n        return 10 * super().step(by)\n"
        "assert Mine([np.ones(1)]).step([np.ones(1)]) == 10",
        "from concurrent.futures import ThreadPoolExecutor as Pool\n"
        "with Pool(8) as pool:\n"
        "    found = list(pool.map(lambda k: scaled(np.full(9, k))['out'][0], range(100)))\n"
        "assert found == [2 * k for k in range(100)]",
        "assert scaled.__name__ == 'scaled' and list(map(len, [scaled(np.ones(1))])) == [4]",
    ],
)
def test_a_call_is_as_if_it_were_here(theirs: Session, source: str) -> None:
    result = theirs.run(source, timeout=30)
    assert result.status == "ok", result


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("scaled(np.ones(2), shift=-1.0)", "ValueError: expected no negative shift"),
        ("scaled()", "TypeError: scaled() missing 1 required positional argument: 'x'"),
        ("scaled(object())", "TypeError: our solution of scaled takes plain data alone"),
        ("strange(1)", "RuntimeError: value is a builtins.object"),
        ("scaled(np.zeros(9_000_000))", "ValueError: expected at most"),
        ("Moving([]).nothing", "AttributeError: 'Moving' object has no attribute 'nothing'"),
        ("Moving([])._held_back", "AttributeError: _held_back"),
        ("a = scaled.__closure__[0].cell_contents\na.ask('not_open', 'call', ((1,), {}))",
         "LookupError: our solution of not_open is not to be had here"),
        ("a = scaled.__closure__[0].cell_contents\n"
         "a.ask('Moving', 'read', (), object=0, of='__dict__')", "AttributeError: __dict__"),
    ],
)  # fmt: skip
def test_an_error_is_told_where_the_call_is(theirs: Session, source: str, error: str) -> None:
    result = theirs.run(source, timeout=30)
    assert (result.status, result.error[: len(error)]) == ("error", error)


def test_who_sends_what_is_no_message_is_hung_up_on() -> None:
    one, other = socket.socketpair()
    policy = Policy(preload="import numpy")
    with Session(policy, peer=other) as ours, Session(policy, peer=one) as session:
        ours.run("def double(x):\n    return 2 * x", timeout=30)
        session.ask(STUB, ours.ask(OPEN, {"name": "double"}, timeout=20), timeout=20)
        source = (
            "assert double(4) == 8\n"
            "peer = double.__closure__[0].cell_contents._peer\n"
            "peer.sendall(b'x' * 4096)\n"
            "double(4)"
        )
        result = session.run(source, timeout=30)
        assert result.error.startswith("RuntimeError: our solution of double does not answer")
        assert ours.run("1 + 1", timeout=30).status == "ok"
        assert session.run("1 + 1", timeout=30).status == "ok"
