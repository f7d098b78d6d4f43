"""Submissions that take all they can get: processes, memory, disk, time and attention."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.hooks import ANSWERS
from hostile.making import (
    CALL_MYSELF,
    append,
    endless,
    instead,
    lying,
    on,
    points,
    solved_after,
)

ZERO = "def lie(*args, **kwargs):\n    return 0.0\n"
BOUNDED = "0: it answers nothing, and what it takes is bounded"


def without_spread(room: Classroom) -> float:
    return room.full - points(room, "spread")


def without_predict(room: Classroom) -> float:
    return room.full - points(room, "predict")


@on("ps91_chain")
@member(
    "a fork bomb",
    "all points but those of the exercise: processes are limited, and all end with the session",
    lambda room: room.full - points(room, "standard_score"),
)
def fork_bomb(room: Classroom) -> bytes:
    return instead(
        room,
        "standard_score",
        CALL_MYSELF
        + """
import os

def standard_score(x):
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass
""",
    )


@member("a thread bomb", BOUNDED)
def thread_bomb(room: Classroom) -> bytes:
    return lying(
        room,
        CALL_MYSELF
        + """
import threading, time

def lie(*args, **kwargs):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(600,)).start()
        except RuntimeError:
            return 4.0
""",
    )


@on("ps91_chain")
@member(
    "memory without end, in one process and in many",
    "all points but those of the last exercise: memory is limited for all of its processes "
    "together",
    without_predict,
)
def memory_hog(room: Classroom) -> bytes:
    return instead(
        room,
        "predict",
        CALL_MYSELF
        + """
import os

def predict(rows):
    for _ in range(6):
        if os.fork() == 0:
            break
    held = []
    while True:
        try:
            held.append(bytearray(b"x") * 2**26)
        except MemoryError:
            pass
""",
    )


@member("files without end in every place that can be written", BOUNDED)
def disk_hog(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
import os, tempfile

block = bytes(2**24)
for place in ("/tmp", "/home/student", "/home/student/work", "/dev/shm", "/dev", "/var/tmp", "/",
              "/opt", "/run", "/proc/self", "/root", tempfile.gettempdir(), os.getcwd()):
    for k in range(40):
        try:
            with open(f"{place}/hog{k}", "wb", buffering=0) as file:
                while file.write(block):
                    pass
        except OSError:
            continue
""",
    )


@member("empty files without end", BOUNDED)
def file_hog(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
for place in ("/tmp", "/home/student", "/dev/shm"):
    try:
        for k in range(10**7):
            open(f"{place}/{k}", "w").close()
    except OSError as error:
        print(place, k, error)
""",
    )


@endless
@member(
    "an endless loop in a cell, with SIGINT ignored",
    "all points but those of the exercise whose cell never ends",
    without_spread,
)
def endless_cell(room: Classroom) -> bytes:
    return instead(
        room,
        "spread",
        """
        import signal
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    """,
    )


@member(
    "an endless loop in a call, deaf to interrupts",
    "all points but those of the exercise that never answers",
    without_spread,
)
def endless_call(room: Classroom) -> bytes:
    return instead(
        room,
        "spread",
        """
        def spread(x):
            while True:
                try:
                    while True:
                        x = x + 1
                except BaseException:
                    pass
    """,
    )


@member(
    "a regular expression that backtracks for ages, in C, where no signal is handled",
    "all points but those of the exercise that never answers",
    without_spread,
)
def endless_in_c(room: Classroom) -> bytes:
    return instead(
        room,
        "spread",
        """
        import re

        def spread(x):
            return float(bool(re.match("(a*)*b", "a" * 60)))
    """,
    )


@member(
    "printing without end", "all points: output is cut, the marks stand", lambda room: room.full
)
def print_flood(room: Classroom) -> bytes:
    return solved_after(
        room,
        """
        import os, sys

        for _ in range(3000):
            print("flood " * 10_000)
            sys.stderr.write("y" * 10_000)
            os.write(2, b"z" * 10_000)
    """,
    )


@member(
    "displays, images and updates without end",
    "all points: output is cut, the marks stand",
    lambda room: room.full,
)
def display_flood(room: Classroom) -> bytes:
    return solved_after(
        room,
        """
        from IPython.display import clear_output, display

        handle = display("start", display_id=True)
        for k in range(300):
            display({"text/plain": "flood", "text/html": "<b>" * 10_000}, raw=True)
            display({"image/png": "A" * 100_000}, raw=True)
            handle.update("x" * 10_000)
            clear_output()
    """,
    )


@endless
@member(
    "a repr, a traceback and an exception of hundreds of megabytes",
    "all points but those of the exercise that raises",
    without_spread,
)
def huge_texts(room: Classroom) -> bytes:
    return append(
        room,
        "spread",
        """
        class Huge:
            def __repr__(self): return "x" * 2**27

        class Error(Exception):
            def __str__(self): return "e" * 2**27
            def _render_traceback_(self): return ["line"] * 2**20

        def spread(x):
            raise Error

        display(Huge())
        raise Error
    """,
    )


@on("ps91_chain")
@member(
    "hundreds of megabytes on the line to the judge",
    "all points but those of the last exercise: what is too long is not kept",
    without_predict,
)
def answer_flood(room: Classroom) -> bytes:
    return instead(
        room,
        "predict",
        ANSWERS
        + """
def predict(rows):
    for found in unnamed_sockets():
        found.settimeout(1)
        try:
            for _ in range(40):
                found.sendall(b"\x03" + (2**40).to_bytes(8, "big") + bytes(2**24))
        except OSError:
            continue
    return [0] * len(rows)
""",
    )


@member(
    "an answer of hundreds of megabytes",
    "all points but those of the exercise: all answers of a call together are limited",
    without_spread,
)
def giant_answer(room: Classroom) -> bytes:
    return instead(
        room,
        "spread",
        """
        import numpy as np

        def spread(x):
            return np.zeros(2**25)
    """,
    )


@member("threads that burn processor time after their cell", "0: it slows itself down")
def burning_threads(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
import threading

def burn():
    while True:
        pass

for _ in range(2):
    threading.Thread(target=burn, daemon=True).start()
""",
    )


@member("every descriptor it may open", BOUNDED)
def descriptor_hog(room: Classroom) -> bytes:
    return lying(
        room,
        """
import os

held = []
def lie(*args, **kwargs):
    try:
        while True:
            held.append(os.openpty())
            held.append(os.pipe())
            held.append(os.eventfd(0))
    except OSError:
        return 4.0
""",
    )
