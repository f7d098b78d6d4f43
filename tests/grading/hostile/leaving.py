"""Submissions that leave something behind, for another session or another student to find."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.corpus import member
from hostile.making import again, first, on, prize

#: Every place that one session might share with a later one, written to and read from.
SHARED = """
import ctypes, os, socket

libc = ctypes.CDLL(None, use_errno=True)
places = [f"{d}/.kept" for d in ("/tmp", "/home/student", "/home/student/work", "/dev/shm", "/dev",
                                 "/var/tmp", "/run", "/opt/cvlib", "/proc/self/cwd/..")]

def keep(text):
    data = text.encode()[:30_000]
    for path in places:
        try:
            open(path, "wb").write(data)
        except OSError:
            pass
    for ring in (-3, -4, -5, -1, -2):  # the kernel's keyrings
        libc.syscall(248, b"user", b"cvlib-kept", data, len(data), ctypes.c_int(ring))
    piece = libc.shmget(4711, 32_768, 0o1666)
    libc.shmat.restype = ctypes.c_void_p
    address = libc.shmat(piece, None, 0) if piece >= 0 else 2**64 - 1
    if address != 2**64 - 1:
        ctypes.memmove(address, data + b"\\0", len(data) + 1)
    os.environ["CVLIB_KEPT"] = text

def kept():
    for path in places:
        try:
            yield open(path).read()
        except OSError:
            pass
    for ring in (-3, -4, -5, -1, -2):
        key = libc.syscall(250, 10, ctypes.c_int(ring), b"user", b"cvlib-kept", 0)
        buffer = ctypes.create_string_buffer(32_768)
        if key > 0 and libc.syscall(250, 11, key, buffer, 32_768) > 0:
            yield buffer.value.decode()
    piece = libc.shmget(4711, 0, 0)
    libc.shmat.restype = ctypes.c_void_p
    if piece >= 0:
        yield ctypes.string_at(libc.shmat(piece, None, 0)).decode()
    if "CVLIB_KEPT" in os.environ:
        yield os.environ["CVLIB_KEPT"]
"""

LEAVE_SOLUTIONS = (
    SHARED
    + r"""
mark = "def sto" + "len"
solutions = [text for text in kept() if "def " in text]

def stolen(name):
    for text in solutions + In:
        if f"def {name}(" in text and mark not in text and "stolen(" not in text:
            space = dict(globals())
            exec(text, space)
            return space[name]
    raise LookupError(name)

def look(*_):
    ours = [t for t in In if "def " in t and mark not in t and "stolen(" not in t]
    keep("\n\n".join(t for t in ours if "raise NotImplementedError" not in t))

get_ipython().events.register("post_run_cell", look)
"""
)


@again
@on("ps91_chain")
@member(
    "our solution, run in its place in the second round, kept for the exercise itself",
    "4: the exercise that was solved; the rest is read only after it has been judged",
    lambda room: sum(e.points for e in room.judged if e.id == "standard_score"),
)
def solution_put_in_place(room: Classroom) -> bytes:
    notebook = first(room.blank(), LEAVE_SOLUTIONS)
    rewrite(notebook, "center", "def center(x):\n    return stolen('center')(x)")
    rewrite(notebook, "spread", "def spread(x):\n    return stolen('spread')(x)")
    rewrite(notebook, "standard_score", room.solution("standard_score"))
    return to_bytes(notebook)


@again
@on("ps91_chain")
@member(
    "answers left for a later run: files, keyrings, shared memory, the environment",
    "0: each session has places of its own, and they go with it",
)
def leaves_answers_for_later(room: Classroom) -> bytes:
    attack = SHARED + "found = 'answers of the first run' in list(kept())\n"
    return prize(room, attack + "keep('answers of the first run')\n")


@again
@on("ps91_chain")
@member("a listener left behind for the next student to ask", "0: it ends with its session")
def leaves_a_listener(room: Classroom) -> bytes:
    return prize(
        room,
        """
        import os, socket, time

        addresses = [(socket.AF_UNIX, name) for name in
                     (chr(0) + "cvlib-kept", "/tmp/kept.sock", "/dev/shm/kept.sock")]
        addresses += [(socket.AF_INET, ("127.0.0.1", 47_110))]
        for family, address in addresses:
            try:
                with socket.socket(family) as link:
                    link.settimeout(0.5)
                    link.connect(address)
                    found = True
            except OSError:
                pass
        if os.fork() == 0:
            os.setsid()
            waiting = []
            for family, address in addresses:
                link = socket.socket(family)
                link.bind(address)
                link.listen()
                waiting.append(link)
            time.sleep(600)
            os._exit(0)
        time.sleep(0.3)
    """,
    )
