"""Submissions that take all they can get of the machine: processes, memory, disk, descriptors."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.making import CALL_MYSELF, ZERO, instead, lying, on, points

BOUNDED = "0: it answers nothing, and what it takes is bounded"


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
