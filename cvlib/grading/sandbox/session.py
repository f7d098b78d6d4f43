"""A conversation with one student's kernel: run cells, call what they define, take data back."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from cvlib.check.codec import encode
from cvlib.check.marking import Call, Reply
from cvlib.grading.sandbox.answers import read_answer
from cvlib.grading.sandbox.kernel import KernelProcess
from cvlib.grading.sandbox.outputs import Outputs, one_line
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.wire import Channel, Message, WireError, pack

__all__ = ["CellResult", "Reply", "Session"]

#: How long a cell that ran out of time may take to show where it was interrupted.
INTERRUPT_SECONDS = 1.0
TICK_SECONDS = 0.1

ANSWER, DONE = "cvlib_answer", "cvlib_done"
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
    returns at once with that status. ``peer`` leads to another session; it is closed here.
    """

    def __init__(
        self, policy: Policy, *, startup_timeout: float = 60, peer: socket.socket | None = None
    ) -> None:
        self.policy = policy
        self._peer = peer
        self.startup_timeout = startup_timeout
        self.state: State | None = None
        self._kernel: KernelProcess | None = None
        self._channel: Channel | None = None
        self._poll = select.poll()

    def __enter__(self) -> Self:
        if self._kernel is not None:
            raise RuntimeError("the session is already open")
        self._kernel = KernelProcess(self.policy, peer=self._peer)
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
        self._channel = None
        if self._kernel is not None:
            self._kernel.kill()
            self._kernel = None

    def run(self, source: str, *, timeout: float) -> CellResult:
        """Run a cell; after ``timeout`` seconds interrupt it, then kill the kernel."""
        if self._ended():
            assert self.state is not None
            return CellResult(self.state)
        outputs = Outputs()
        content = {"code": source.encode("utf-8", "replace").decode()}
        deadline = time.monotonic() + timeout
        try:
            request = self._send("cvlib_cell", content, deadline)
            reply = self._follow(request, outputs, deadline)
        except WireError:
            self._end("dead")
            return CellResult("dead", outputs.cells, None, "the Python process ended")
        if reply is None:
            if self._kernel is not None:
                self._kernel.interrupt()
            with contextlib.suppress(WireError):  # it may well die of the interrupt
                self._follow(request, outputs, time.monotonic() + INTERRUPT_SECONDS)
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
            "name": name,
            "driver": driver,
            "max_bytes": self.policy.file_bytes,
            "calls": [[encode(tuple(a)), encode(dict(k))] for a, k in calls],
        }
        replies: dict[int, Reply] = {}
        rest = Reply("refused", detail="expected an answer, got none")
        left = self.policy.file_bytes
        deadline = time.monotonic() + timeout
        done = False
        try:
            request = self._send("cvlib_call", content, deadline)
            while not done and len(replies) < len(calls) and time.monotonic() < deadline:
                for message in self._receive(request, deadline):
                    if message.kind == ANSWER:
                        index, reply, size = read_answer(message, left)
                        left -= size
                        if 0 <= index < len(calls):
                            replies.setdefault(index, reply)
                    done = done or message.kind == DONE
            if not done and len(replies) < len(calls):
                rest = self._end("timeout")
        except WireError:
            rest = self._end("dead")
        return [replies.get(k, rest) for k in range(len(calls))]

    def ask(self, kind: str, content: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Have the kernel do something that is neither; what it says of it, nothing if it fails."""
        if self._ended():
            return {}
        deadline = time.monotonic() + timeout
        try:
            request = self._send(kind, content, deadline)
            reply = self._follow(request, Outputs(), deadline)
        except WireError:
            self._end("dead")
            return {}
        if reply is None:
            self._end("timeout")
        return reply or {}

    def _greet(self, kernel: KernelProcess) -> None:
        """Wait until requests are answered."""
        assert kernel.line is not None
        self._channel = Channel(kernel.line, max_message=self.policy.file_bytes + 2**16)
        self._poll.register(kernel.line, select.POLLIN)
        deadline = time.monotonic() + self.startup_timeout
        try:
            request = self._send("cvlib_hello", {}, deadline)
            while not self._receive(request, deadline):
                if time.monotonic() > deadline or not kernel.alive():
                    raise kernel.failure()
        except WireError as error:
            raise kernel.failure() from error

    def _follow(self, request: str, outputs: Outputs, deadline: float) -> dict[str, Any] | None:
        """Collect the outputs of a cell until it is done; None if that is late."""
        while time.monotonic() < deadline:
            for message in self._receive(request, deadline):
                if message.kind == DONE:
                    return message.content or {}
                outputs.add(message.kind, message.content)
        return None

    def _send(self, kind: str, content: dict[str, Any], deadline: float) -> str:
        assert self._channel is not None
        request, data = pack(kind, content)
        self._channel.send(data, deadline)
        return request

    def _receive(self, request: str, deadline: float) -> list[Message]:
        """Wait for messages; return those that belong to a request, perhaps none."""
        channel = self._channel
        assert channel is not None
        if not channel.messages:
            if channel.lost:
                raise WireError("the kernel hung up, and everything it had sent is read")
            wait = max(0.0, min(deadline - time.monotonic(), TICK_SECONDS))
            if self._poll.poll(wait * 1000):
                channel.read()
        found = []
        while channel.messages:
            message = Message(channel.messages.popleft())
            if message.parent == request:
                found.append(message)
        return found

    def _end(self, state: State) -> Reply:
        self.state = state
        self.close()
        return Reply(state)

    def _ended(self) -> bool:
        if self._kernel is None and self.state is None:
            raise RuntimeError("open the session first: with Session(policy) as session: ...")
        return self.state is not None
