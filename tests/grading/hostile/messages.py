"""Submissions that speak the kernel's protocols themselves: what they send decides nothing."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.hooks import SHOWN
from hostile.making import ZERO, lying
from hostile.protocol import ANSWERS, SAY

VALUES = "0: whatever is sent counts as an answer, and the answers are wrong"


@member("a handler of its own for the judge's request", VALUES)
def replaced_handler(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + ANSWERS
        + """
def handle(stream, ident, parent):
    for index, _ in enumerate(parent["content"]["calls"]):
        data = json.dumps({"f": (4.0).hex()}).encode()
        send({"index": index, "status": "ok", "score": 4.0, "correct": True}, data,
             parent=parent["header"]["msg_id"])

old = kernel.shell_handlers["cvlib_call"]  # which holds the socket open
kernel.shell_handlers["cvlib_call"] = handle
""",
    )


@member("a handler that says that all is well and answers nothing", "0: no answer, no marks")
def silent_handler(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + SAY
        + """
def handle(stream, ident, parent):
    full_marks()
    content = {"status": "ok", "score": 4.0, "index": 0, "value": 4.0}
    for kind in ("cvlib_call_reply", "cvlib_reply", "cvlib_answer", "cvlib_done", "execute_reply"):
        kernel.session.send(stream, kind, content, parent=parent, ident=ident)

old = kernel.shell_handlers["cvlib_call"]
kernel.shell_handlers["cvlib_call"] = handle
""",
    )


@member("results on iopub in the kernel's name", SHOWN)
def forged_result(room: Classroom) -> bytes:
    return lying(
        room,
        SAY
        + """
def lie(*args, **kwargs):
    full_marks()
    say(kernel.iopub_socket, "stream", {"name": "stdout", "text": "4 of 4 points: correct\\n"})
    say(kernel.iopub_socket, "display_data", {"data": {"text/plain": "4.0"}, "metadata": {}})
    say(kernel.iopub_socket, "clear_output", {"wait": False})
    return 0.0

lie()
""",
    )


@member("a forged end of the cell, so that the rest runs unseen", "0: later is not righter")
def forged_idle(room: Classroom) -> bytes:
    return lying(
        room,
        SAY
        + """
import threading, time

def lie(*args, **kwargs):
    full_marks()
    say(kernel.iopub_socket, "status", {"execution_state": "idle"})
    say(kernel.iopub_socket, "cvlib_done", {"status": "ok", "execution_count": 1})
    return 0.0

def later():
    time.sleep(0.1)
    for _ in range(20):
        get_ipython().user_ns["lie"] = lambda *args, **kwargs: 4.0
        time.sleep(0.02)

threading.Thread(target=later, daemon=True).start()
say(kernel.iopub_socket, "status", {"execution_state": "idle"})
for kind in ("execute_reply", "cvlib_done"):
    say(kernel.iopub_socket, kind, {"status": "ok", "execution_count": 1})
""",
    )


@member("answers written on the judge's own line: the score, and every index twice", VALUES)
def forged_answers(room: Classroom) -> bytes:
    return lying(
        room,
        ANSWERS
        + """
def lie(*args, **kwargs):
    for value in (4.0, 10.0, True, "correct"):
        for index in range(8):
            coded = {"f": value.hex()} if type(value) is float else {"s": str(value)}
            send({"index": index, "status": "ok", "score": value}, json.dumps(coded).encode())
    return 4.0
""",
    )


@member("answers sent before the question", "0: an answer to no question is not read")
def answers_before_the_call(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + ANSWERS
        + """
for parent in ("", "0", kernel.get_parent()["header"]["msg_id"]):
    for index in range(8):
        send({"index": index, "status": "ok"}, b'{"f": "0x1p2"}', parent=parent)
""",
    )


@member(
    "malformed frames, wrong indexes and foreign types on the judge's line",
    "0: what cannot be read is refused",
)
def malformed_answers(room: Classroom) -> bytes:
    return lying(
        room,
        ANSWERS
        + """
def lie(*args, **kwargs):
    for index in (-1, 99, "0", None, 0.0, True, [0], 10**4000):
        send({"index": index, "status": "ok"}, b'{"f": "0x1p2"}')
    for status in ("correct", "", None, ["ok"], {"ok": 1}):
        send({"index": 0, "status": status}, b'{"f": "0x1p2"}')
    for data in (b"", b"[" * 100_000, b"NaN", b'{"a": 1}', b"\\xff" * 99, b'{"i": "' + b"9" * 5000):
        send({"index": 1, "status": "ok"}, data)
    return 0.0
""",
    )


@member("requests to the front end: more cells, input, widgets, a page", "0: nobody is there")
def front_end_requests(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + SAY
        + """
shell = get_ipython()
shell.set_next_input("4.0", replace=True)
shell.payload_manager.write_payload({"source": "ask_exit", "keepkernel": False})
shell.payload_manager.write_payload({"source": "page", "data": {"text/plain": "4.0"}, "start": 0})
say(kernel.iopub_socket, "comm_open", {"comm_id": "x", "target_name": "judge", "data": {}})
say(kernel.stdin_socket, "input_request", {"prompt": "score? ", "password": True})
try:
    print(input("score? "))
except Exception:
    pass
""",
    )
