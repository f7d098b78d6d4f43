"""A conversation with one student's kernel: run cells, call what they define, take data back."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from cvlib.check.codec import encode
from cvlib.check.marking import Call, Reply
from cvlib.grading.answers import is_idle, read_answer
from cvlib.grading.kernel import KernelProcess, new_connection
from cvlib.grading.outputs import Outputs, one_line
from cvlib.grading.sandbox import Policy
from cvlib.grading.wire import Channel, Message, WireError, pack

__all__ = ["CellResult", "Reply", "Session"]

#: How long a cell that ran out of time may take to show where it was interrupted.
INTERRUPT_SECONDS = 1.0
#: How long the kernel may be silent before the last outputs of a cell, or answers of a call.
SETTLE_SECONDS = 1.0
TICK_SECONDS = 0.1
MAX_MESSAGE = 4 * 2**20

State = Literal["timeout", "dead"]


@dataclass(frozen=True)
class CellResult:
    """What running a cell gave; ``outputs`` are nbformat 4 outputs, shortened where they are long.

    ``error`` is one line, ``"NameError: name 'x' is not defined"``, or empty.
    """

    status: Literal["ok", "error", "timeout", "dead"]
    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None
    error: str = ""


class Session:
    """Starts a kernel on entry and removes every trace of it on exit.

    Nothing the kernel sends can raise here or take more than bounded memory. Once a cell or call
    has run out of time, or the kernel has died, the kernel is killed and every further request
    returns at once with that status.
    """

    def __init__(self, policy: Policy, *, startup_timeout: float = 60) -> None:
        self.policy = policy
        self.startup_timeout = startup_timeout
        self.state: State | None = None
        self._kernel: KernelProcess | None = None
        self._channels: dict[str, Channel] = {}
        self._key = b""
        self._heard = 0.0

    def __enter__(self) -> Self:
        if self._kernel is not None:
            raise RuntimeError("the session is already open")
        connection = new_connection()
        self._key = connection["key"].encode()
        self._kernel = KernelProcess(self.policy, connection, terse=True)
        try:
            self._greet(self._kernel)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the kernel; further requests answer "dead"."""
        self.state = self.state or "dead"
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()
        if self._kernel is not None:
            self._kernel.kill()
            self._kernel = None

    def run(self, source: str, *, timeout: float) -> CellResult:
        """Run a cell; after ``timeout`` seconds interrupt it, then kill the kernel."""
        if self._ended():
            assert self.state is not None
            return CellResult(self.state)
        outputs = Outputs()
        content = {
            "code": source.encode("utf-8", "replace").decode(), "silent": False,
            "store_history": True, "user_expressions": {}, "allow_stdin": False,
            "stop_on_error": False,
        }  # fmt: skip
        deadline = time.monotonic() + timeout
        try:
            request = self._send("shell", "execute_request", content, deadline)
            reply = self._follow(request, outputs, deadline)
        except WireError:
            self._end("dead")
            return CellResult("dead", outputs.cells, None, "the Python process ended")
        if reply is None:
            with contextlib.suppress(WireError):  # it may well die of the interrupt
                grace = time.monotonic() + INTERRUPT_SECONDS
                self._send("control", "interrupt_request", {}, grace)
                self._follow(request, outputs, grace)
            self._end("timeout")
            error = f"no end within {timeout:g} s"
            return CellResult("timeout", outputs.cells, None, error)
        count = reply.get("execution_count")
        count = count if type(count) is int and 0 <= count < 10**6 else None
        if reply.get("status") == "ok":
            return CellResult("ok", outputs.cells, count)
        error = one_line(f"{reply.get('ename')}: {reply.get('evalue')}")
        return CellResult("error", outputs.cells, count, error)

    def call(
        self, name: str, driver: str | None, calls: Sequence[Call], timeout: float
    ) -> list[Reply]:
        """Have the kernel call ``name``, through the driver, with each of ``calls``.

        All calls share ``timeout``. What comes back is plain data or a reason why there is none.
        """
        if self._ended():
            return [Reply(self.state or "dead") for _ in calls]
        content = {
            "name": name, "driver": driver, "max_bytes": self.policy.file_bytes,
            "calls": [[encode(tuple(a)), encode(dict(k))] for a, k in calls],
        }  # fmt: skip
        replies: dict[int, Reply] = {}
        rest = Reply("refused", detail="expected an answer, got none")
        left = self.policy.file_bytes
        end = time.monotonic() + timeout
        deadline = end
        try:
            request = self._send("shell", "cvlib_call", content, deadline)
            while len(replies) < len(calls) and time.monotonic() < deadline:
                for channel, message in self._receive(request, deadline):
                    if channel == "answers":
                        index, reply, size = read_answer(message, left)
                        left -= size
                        if 0 <= index < len(calls):
                            replies.setdefault(index, reply)
                    elif channel == "iopub" and is_idle(message):
                        deadline = min(deadline, time.monotonic() + SETTLE_SECONDS)
            if len(replies) < len(calls) and deadline == end:
                rest = self._end("timeout")
        except WireError:
            rest = self._end("dead")
        return [replies.get(k, rest) for k in range(len(calls))]

    def _greet(self, kernel: KernelProcess) -> None:
        """Connect, and wait until requests are answered and outputs arrive."""
        deadline = time.monotonic() + self.startup_timeout
        try:
            for name, kind, size in (
                ("shell", "DEALER", MAX_MESSAGE), ("iopub", "SUB", MAX_MESSAGE),
                ("control", "DEALER", MAX_MESSAGE),
            ):  # fmt: skip
                address = kernel.address(f"{name}_port")
                self._channels[name] = Channel(address, kind, max_message=size)
            self._channels["answers"] = Channel(
                "", "", max_message=self.policy.file_bytes + 2**16, connected=kernel.answers
            )
            while not all(c.ready for c in self._channels.values()):
                self._receive("", deadline)
                if time.monotonic() > deadline or not kernel.alive():
                    raise kernel.failure()
            request = self._send("shell", "kernel_info_request", {}, deadline)
            answered = idle = False
            while not (answered and idle):
                for channel, message in self._receive(request, deadline):
                    answered = answered or channel == "shell"
                    idle = idle or (channel == "iopub" and is_idle(message))
                if time.monotonic() > deadline or not kernel.alive():
                    raise kernel.failure()
        except OSError as error:  # WireError among them
            raise kernel.failure() from error

    def _follow(self, request: str, outputs: Outputs, deadline: float) -> dict[str, Any] | None:
        """Collect the outputs of a cell until it is done; return its reply, None if it is late."""
        reply: dict[str, Any] | None = None
        idle = False
        while not (idle and reply is not None) and time.monotonic() < deadline:
            if (idle or reply is not None) and time.monotonic() > self._heard + SETTLE_SECONDS:
                break
            for channel, message in self._receive(request, deadline):
                if channel == "iopub" and is_idle(message):
                    idle = True
                elif channel == "iopub":
                    outputs.add(message.kind, message.content)
                elif channel == "shell" and message.kind == "execute_reply":
                    reply = message.content or {}
        return {} if idle and reply is None else reply

    def _send(self, channel: str, kind: str, content: dict[str, Any], deadline: float) -> str:
        request, frames = pack(kind, content, self._key)
        self._channels[channel].send(frames, deadline)
        return request

    def _receive(self, request: str, deadline: float) -> list[tuple[str, Message]]:
        """Wait for messages; return those that belong to a request, perhaps none."""
        poller = select.poll()
        open_channels = {n: c for n, c in self._channels.items() if not c.lost}
        for channel in open_channels.values():
            poller.register(channel.fileno(), select.POLLIN)
        wait = max(0.0, min(deadline - time.monotonic(), TICK_SECONDS))
        ready = poller.poll(wait * 1000) if open_channels else []
        if not ready and len(open_channels) < len(self._channels):
            raise WireError("the kernel hung up, and everything it had sent is read")
        if ready:
            self._heard = time.monotonic()
        found: list[tuple[str, Message]] = []
        for name, channel in open_channels.items():
            channel.read()
            while channel.messages:
                message = Message(channel.messages.popleft())
                if message.parent == request:
                    found.append((name, message))
        return found

    def _end(self, state: State) -> Reply:
        self.state = state
        self.close()
        return Reply(state)

    def _ended(self) -> bool:
        if self._kernel is None and self.state is None:
            raise RuntimeError("open the session first: with Session(policy) as session: ...")
        return self.state is not None
