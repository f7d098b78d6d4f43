"""Answers the judge's requests one after the other, in the place of Jupyter's five channels."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import signal
import socket
import sys
from typing import Any, NoReturn

import answering
import remote
import shim
from ipykernel.displayhook import ZMQDisplayHook
from judge_line import DirectStream, Line
from tornado import ioloop

CELL, DONE = "cvlib_cell", "cvlib_done"


def talk(kernel: Any, descriptor: int, peer: int | None = None) -> NoReturn:
    """Serve until the judge hangs up; ``peer`` leads to another session."""
    line = Line(descriptor)
    kernel.session.pid = os.getpid()
    sys.stdout = DirectStream(kernel.session, line, "stdout")
    sys.stderr = DirectStream(kernel.session, line, "stderr")
    kernel.instance(iopub_thread=line, iopub_socket=line, stdin_socket=line)
    sys.displayhook = hook = ZMQDisplayHook(kernel.session, line)
    hook.get_execution_count = lambda: kernel.execution_count  # type: ignore[method-assign]
    kernel.shell_handlers[CELL] = run_cell(kernel)
    kernel.shell_handlers[shim.REQUEST] = shim.make_calls(kernel)
    loop = kernel.io_loop = ioloop.IOLoop.current()
    if peer is not None:
        other = socket.socket(fileno=peer)
        other.setblocking(True)
        kernel.shell_handlers[remote.STUB] = remote.make_stub(kernel, other)
        kernel.shell_handlers[remote.OPEN] = answering.make_opener(kernel, other)
    requests: asyncio.Queue[Any] = asyncio.Queue()
    loop.add_handler(line, lambda *event: requests.put_nowait(line.receive()), loop.READ)
    loop.add_callback(serve, kernel, line, requests)
    wake_on_signals(loop)
    while True:  # a cell with quit() stops the loop, and should stop nothing else
        loop.start()


def wake_on_signals(loop: Any) -> None:
    """Have an interrupt end the wait of the loop, or it would not reach a cell that awaits."""
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    loop.add_handler(woken, lambda *event: woken.recv(4096), loop.READ)
    signal.set_wakeup_fd(waker.detach(), warn_on_full_buffer=False)


async def serve(kernel: Any, line: Line, requests: asyncio.Queue[Any]) -> None:
    """Answer requests; the word that one is done comes after all that it made."""
    streams = kernel._stdout, kernel._stderr
    while (request := await requests.get()) is not None:
        header = {"msg_id": request["id"], "msg_type": request["kind"], "session": "judge"}
        message = {"header": header, "content": request["content"], "metadata": {}, "buffers": []}
        done = await answer(kernel, line, message)
        for stream in (*streams, sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):
                stream.flush()
        line.answer(DONE, request["id"], done)
    os._exit(0)


async def answer(kernel: Any, line: Line, message: dict[str, Any]) -> dict[str, Any]:
    """What to say when a request is done; nothing that the student's code raises ends the loop."""
    try:
        kernel.set_parent([b""], message, "shell")
        kernel.pre_handler_hook()
        try:
            handler = kernel.shell_handlers.get(message["header"]["msg_type"])
            found = handler(line, [b""], message) if handler else None
            found = await found if inspect.isawaitable(found) else found
        finally:
            kernel.post_handler_hook()
        return found or {}
    except BaseException as error:
        return {"status": "error", "ename": type(error).__name__, "evalue": shim.describe(error)}


def run_cell(kernel: Any) -> Any:
    """The handler that runs a cell as ipykernel does."""

    async def handle(stream: Any, ident: Any, message: dict[str, Any]) -> dict[str, Any]:
        reply = await kernel.do_execute(message["content"]["code"], False, True, {}, False)
        words = {name: str(reply[name])[:2000] for name in ("ename", "evalue") if name in reply}
        return {k: reply.get(k) for k in ("status", "execution_count")} | words

    return handle
