"""Submissions that take all the judge's time, or more of its attention than it has."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.making import append, endless, instead, on, points, solved_after
from hostile.protocol import ANSWERS
from hostile.resources_machine import without_predict


def without_spread(room: Classroom) -> float:
    return room.full - points(room, "spread")


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
