"""Submissions that look for our solution where one of theirs was replaced by it."""

from __future__ import annotations

import textwrap

from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.corpus import member
from hostile.making import first, on, points

NOT_THERE = "what is called there is a name and a line; the source is in another process"
BLANK = "def center(x):\n    raise NotImplementedError"


def all_the_rest(room: Classroom) -> float:
    """The marks of all that needs no theft."""
    return points(room, "spread", "standard_score")


def thief(room: Classroom, search: str) -> bytes:
    """The last exercise is answered rightly if ``search`` returns True, and wrongly otherwise.

    OURS is a pattern of our solution's text that does not match its own.
    """
    notebook = rewrite(room.solved(), "center", BLANK)
    notebook = first(notebook, 'import re\nOURS = re.compile(rb"return x - [x][.]mean")')
    source = f"""
def search(rows):
{textwrap.indent(textwrap.dedent(search).strip(), "    ")}


def predict(rows):
    try:
        found = search(rows)
    except Exception:
        found = False
    if not found:
        return np.zeros(len(rows), int)
    patterns = np.array([[2.0, -2, 0, 0], [0, 0, 2.0, -2]])
    return np.argmax((rows - rows.mean(axis=1, keepdims=True)) @ patterns.T, axis=1)
"""
    return to_bytes(rewrite(notebook, "predict", source))


@on("ps91_chain")
@member("our source in what is called: closures, code, frames, history", NOT_THERE, all_the_rest)
def source_in_the_stub(room: Classroom) -> bytes:
    return thief(
        room,
        """
        import gc, inspect, linecache, sys

        texts, things = [], [center, *sys._current_frames().values()]
        things += [f.frame for f in inspect.stack()]
        things += [c.cell_contents for c in center.__closure__ or ()]
        things += gc.get_objects()
        for thing in things:
            for name in ("__code__", "f_code", "__doc__", "__wrapped__", "f_locals"):
                try:
                    texts.append(repr(inspect.getattr_static(thing, name, ""))[:2000])
                except Exception:
                    pass
            if type(thing) is str:
                texts.append(thing)
        texts += [str(v) for v in linecache.cache.values()] + list(map(str, In))
        try:
            texts.append(inspect.getsource(center))
        except (OSError, TypeError):
            pass
        return any(OURS.search(text.encode("utf-8", "replace")) for text in texts)
        """,
    )


@on("ps91_chain")
@member("our source anywhere in the memory of a process, or in a file", NOT_THERE, all_the_rest)
def source_in_memory(room: Classroom) -> bytes:
    return thief(
        room,
        """
        import glob, os

        center(rows[0])
        for maps in glob.glob("/proc/[0-9]*/maps"):
            try:
                memory = open(maps.replace("maps", "mem"), "rb", 0)
                lines = open(maps).read().splitlines()
            except OSError:
                continue
            for line in lines:
                low, high = (int(n, 16) for n in line.split()[0].split("-"))
                if "rw" not in line or "[v" in line or high - low > 2**26:
                    continue
                try:
                    memory.seek(low)
                    if OURS.search(memory.read(high - low)):
                        return True
                except (OSError, ValueError):
                    continue
        for place in ("/tmp", "/dev/shm", os.path.expanduser("~")):
            for base, _, files in os.walk(place):
                for name in files:
                    if OURS.search(open(os.path.join(base, name), "rb").read()):
                        return True
        return False
        """,
    )


ASK = "asking = next(c.cell_contents for c in center.__closure__ if c.cell_contents != 'center')"


@on("ps91_chain")
@member("asks the line for what is not replaced", "it is not open there", all_the_rest)
def asks_for_another_answer(room: Classroom) -> bytes:
    return thief(
        room,
        f"""
        {ASK}
        for name in ("predict", "standard_score", "np", "__builtins__", "get_ipython", "open"):
            for what in ("call", "new"):
                try:
                    asking.ask(name, what, ((rows,), {{}}))
                    return True
                except Exception:
                    continue
        return False
        """,
    )


@on("ps91_chain")
@member("asks the line for attributes, objects and words that are not its", NOT_THERE, all_the_rest)
def asks_for_what_is_inside(room: Classroom) -> bytes:
    return thief(
        room,
        f"""
        {ASK}
        for what in ("read", "method", "write", "eval", "exec", ""):
            for of in ("__code__", "__globals__", "__doc__", "__init__", "__class__", "x"):
                for number in (None, 0, -1, 10**9, "0"):
                    try:
                        asking.ask("center", what, ((), {{}}), object=number, of=of)
                        return True
                    except Exception:
                        continue
        return False
        """,
    )


@on("ps91_chain")
@member(
    "floods the line with what is no message, then calls over it",
    "it is hung up on, and loses what it would have been given",
    lambda room: points(room, "spread"),
)
def floods_the_line(room: Classroom) -> bytes:
    notebook = rewrite(room.solved(), "center", BLANK)
    source = f"""
def standard_score(x):
    if center.__closure__:
        {ASK}
        asking._peer.settimeout(1.0)
        try:
            while True:
                asking._peer.sendall(bytes([255]) * 65536)
        except OSError:
            pass
    return center(x) / spread(x) ** 0.5
"""
    return to_bytes(rewrite(notebook, "standard_score", source))


@on("ps91_chain")
@member(
    "keeps the line in a thread that asks without end while others are marked",
    "it harms nobody but its own time",
    all_the_rest,
)
def asks_in_threads(room: Classroom) -> bytes:
    return thief(
        room,
        f"""
        import threading
        {ASK}

        def nag():
            for k in range(10**9):
                asking.ask("center", "call", ((np.zeros(3),), {{}}))

        for _ in range(8):
            threading.Thread(target=nag, daemon=True).start()
        return center(rows[0]).sum() > 1
        """,
    )
