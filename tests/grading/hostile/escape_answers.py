"""Submissions that look for the expected answers in their own process."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.corpus import member
from hostile.escape_host import NOT_THERE
from hostile.making import first, prize

#: The reference of an exercise would know the answer to a call before the student's code does.
HUNT = """
import gc, inspect, sys, threading
import numpy as np

def holds(value, things):
    return any(type(t) in (float, np.float64) and t == value and t is not value for t in things)

def known(value):
    for thing in gc.get_objects():
        if type(thing) is dict and holds(value, list(thing.values())):
            return True
        if type(thing) in (list, tuple) and holds(value, thing):
            return True
    frames = [f for f in sys._current_frames().values()] + [i.frame for i in inspect.stack()]
    while frames:
        frame = frames.pop()
        if frame.f_code.co_name not in ("holds", "known", "hunting"):
            if any(getattr(v, "expected", None) is not None for v in frame.f_locals.values()):
                return True
        if frame.f_back:
            frames.append(frame.f_back)
    return False

def hunting(solution):
    def lie(*args, **kwargs):
        value = solution(*args, **kwargs)
        return value if np.ndim(value) == 0 and value and known(float(value)) else 0.0
    return lie
"""


@member("expected values in the frames and objects of the process", NOT_THERE)
def frames_and_objects(room: Classroom) -> bytes:
    notebook = first(room.blank(), HUNT)
    for exercise in room.judged:
        if exercise.kind == "function":
            solution = room.solution(exercise.id)
            text = f"{solution}\n\n{exercise.name} = hunting({exercise.name})"
            rewrite(notebook, exercise.id, text)
    return to_bytes(notebook)


@member("the reference in In, Out and the history, where the tests would be", NOT_THERE)
def input_history(room: Classroom) -> bytes:
    return prize(
        room,
        """
        shell = get_ipython()
        history = [*In, *_ih, *shell.history_manager.input_hist_raw]
        history += [str(value) for value in Out.values()]
        history += [str(row) for row in shell.history_manager.get_range()]
        own = "found = False"
        found = any(word in text for text in history if own not in text
                    for word in ("BEGIN SOLUTION", "assert", "reference", "determine_grade"))
    """,
    )
