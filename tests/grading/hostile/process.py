"""Submissions that end, stop, fork or replace the process they run in, and reach for others."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.making import CALL_MYSELF, ZERO, append, endless, instead, lying, points, solved_after

ENDED = "0: the process ends before anything is answered"
NOTHING = "0: nothing is answered rightly, and nobody else is harmed"


def before(room: Classroom, exercise: str) -> float:
    """The points of the exercises before one."""
    names = [e.id for e in room.judged]
    return points(room, *names[: names.index(exercise)])


def without(room: Classroom, exercise: str) -> float:
    """All points but those of one exercise."""
    return room.full - points(room, exercise)


@member("sys.exit, exit and quit in every cell",
        "all points: an exit is an exception that costs a cell, and the answers stand before it",
        lambda room: room.full)  # fmt: skip
def exits_in_cells(room: Classroom) -> bytes:
    return solved_after(room, "import sys\nprint('bye')\nsys.exit(4)")


@member("SystemExit and KeyboardInterrupt raised in a call", "0: an exception is no answer")
def exit_in_a_call(room: Classroom) -> bytes:
    return lying(room, """
import sys

calls = []
def lie(*args, **kwargs):
    calls.append(args)
    raise [SystemExit(0), KeyboardInterrupt(), GeneratorExit(), SystemExit("4.0")][len(calls) % 4]
""")  # fmt: skip


@member("os._exit in a cell", "the exercises before the cell that ends the process",
        lambda room: before(room, "inner"))  # fmt: skip
def os_exit_in_a_cell(room: Classroom) -> bytes:
    return append(room, "inner", "print('4.0', flush=True)\nimport os\nos._exit(0)")


@member("os._exit in a call, after the first answers",
        "the exercises before the call that ends the process",
        lambda room: before(room, "inner"))  # fmt: skip
def os_exit_in_a_call(room: Classroom) -> bytes:
    return append(room, "inner", """
        import os
        count, right = 0, inner

        def inner(x, y):
            global count
            count += 1
            return right(x, y) if count == 1 else os._exit(0)
    """)  # fmt: skip


@member("SIGKILL to itself", ENDED)
def kills_itself(room: Classroom) -> bytes:
    return solved_after(room, "import os\nos.kill(os.getpid(), 9)")


@member("SIGSTOP to itself", "all points but those of the exercise that never answers",
        lambda room: without(room, "spread"))  # fmt: skip
def stops_itself(room: Classroom) -> bytes:
    return instead(room, "spread", """
        import os, signal

        def spread(x):
            os.kill(os.getpid(), signal.SIGSTOP)
    """)  # fmt: skip


@member("a handler of SIGALRM, and every other signal ignored", NOTHING)
def signal_handlers(room: Classroom) -> bytes:
    return lying(room, ZERO + """
import signal

def alarm(*args):
    print("4.0")
    get_ipython().user_ns["lie"] = lambda *args, **kwargs: 4.0

for number in range(1, signal.NSIG):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.signal(signal.SIGALRM, alarm)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
""")  # fmt: skip


@member("signals to its parent, to process 1, to its group and to everybody", ENDED)
def kills_everybody(room: Classroom) -> bytes:
    return lying(room, ZERO + """
import os, signal

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSTOP, signal.SIGKILL):
    for target in (os.getppid(), 1, 2, 3, -os.getpgid(os.getppid() or 1), -1, 0):
        try:
            os.kill(target, number)
        except OSError:
            pass
""")  # fmt: skip


@member("threads that go on, print, and change the answers between the calls", NOTHING)
def threads_go_on(room: Classroom) -> bytes:
    return lying(room, ZERO + """
import random, threading, time

def work():
    while True:
        get_ipython().user_ns["lie"] = lambda *args, **kwargs: random.choice([0.0, 1.0, 4.0, None])
        print("4.0")
        time.sleep(0.01)

for _ in range(20):
    threading.Thread(target=work).start()
""")  # fmt: skip


@member("atexit handlers, finalizers and __del__ that print marks",
        "all points but those of the exercise that ends the kernel, which answers nothing, and "
        "those after it: what is printed at the end is no mark",
        lambda room: before(room, "Twice"))  # fmt: skip
def last_words(room: Classroom) -> bytes:
    return append(room, "Twice", """
        import atexit, os, signal, weakref

        class Last:
            def __del__(self): print("2.0", flush=True)

        last = Last()
        weakref.finalize(last, print, "2 of 2 points: correct")
        atexit.register(lambda: print("2.0\\n2 of 2 points: correct", flush=True))
        right = Twice

        class Twice:
            def __call__(self, x):
                atexit._run_exitfuncs()
                get_ipython().kernel.do_shutdown(False)
                os.kill(os.getpid(), signal.SIGKILL)
    """)  # fmt: skip


@member("restart, reset and shutdown of the kernel from inside", "0: the names are gone")
def restarts(room: Classroom) -> bytes:
    return lying(room, """
import os

def lie(*args, **kwargs):
    shell = get_ipython()
    shell.run_line_magic("reset", "-sf")
    shell.kernel.do_shutdown(True)
    shell.ask_exit()
    return 4.0

lie()
""")  # fmt: skip


@endless
@member("two processes that both answer the call", "0: two wrong answers")
def answers_twice(room: Classroom) -> bytes:
    return lying(room, CALL_MYSELF + """
import os

def lie(*args, **kwargs):
    return 4.0 if os.fork() else 10.0
""")  # fmt: skip


@member("another program in the place of the kernel, which speaks the protocol itself",
        "0: it may answer, but has no right answer")  # fmt: skip
def replaces_the_program(room: Classroom) -> bytes:
    return lying(room, """
import os, sys

CHILD = '''
import os, socket, time
parts = [b"<IDS|MSG>", b"", b'{"msg_type": "cvlib_answer"}', b'{"msg_id": "%s"}', b"{}",
         b'{"index": 0, "status": "ok"}', b'{"f": "0x1p2"}']
wire = b"".join(bytes((3 if k < 6 else 2,)) + len(p).to_bytes(8, "big") + p
                for k, p in enumerate(parts))
for n in range(3, 100):
    try:
        socket.socket(fileno=n).send(wire)
    except OSError:
        pass
'''

def lie(*args, **kwargs):
    request = get_ipython().kernel.get_parent()["header"]["msg_id"]
    for n in range(3, 100):
        try:
            os.set_inheritable(n, True)
        except OSError:
            pass
    os.execv(sys.executable, [sys.executable, "-c", CHILD.replace("%s", request)])
""")  # fmt: skip


@member("a daemon that outlives its kernel and goes on answering", "0: it ends with the session")
def leaves_a_daemon(room: Classroom) -> bytes:
    return lying(room, ZERO + CALL_MYSELF + """
import os, time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.05)
            for descriptor in range(3, 60):
                try:
                    os.set_blocking(descriptor, False)
                    os.write(descriptor, b"")
                except OSError:
                    pass
    os._exit(0)
""")  # fmt: skip


@member("a crash of the interpreter: a read through a null pointer", ENDED)
def crashes(room: Classroom) -> bytes:
    return lying(room, """
import ctypes

def lie(*args, **kwargs):
    return ctypes.string_at(0)
""")  # fmt: skip


@member("every descriptor closed, the standard streams too", "0: who hangs up does not answer")
def hangs_up(room: Classroom) -> bytes:
    return lying(room, ZERO + "import os\nos.closerange(0, 256)\n")
