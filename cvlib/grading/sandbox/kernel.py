"""One kernel process behind the wall: started, watched, and removed without a trace."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from cvlib.grading.sandbox import mounts
from cvlib.grading.sandbox.fork_server import ForkServer, close_all, content
from cvlib.grading.sandbox.policy import (
    HOME,
    WORK,
    Policy,
    SandboxError,
    environment,
    explain,
)
from cvlib.grading.sandbox.private import hold, new_directory
from cvlib.grading.sandbox.servers import server_for

PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


def new_connection() -> dict[str, Any]:
    """A private directory, and the Jupyter connection information for sockets in it."""
    return {
        "transport": "ipc",
        "ip": str(new_directory() / "k"),
        **{name: number for number, name in enumerate(PORTS, start=1)},
        "key": secrets.token_hex(16),
        "signature_scheme": "hmac-sha256",
        "kernel_name": "python3",
    }


class KernelProcess:
    """Starts a kernel at once; ``kill`` ends every process of it and removes what it left.

    It talks with the judge over one ``line``, and over ``peer``, if there is one, with another
    session. With a ``connection`` it talks with a client of
    Jupyter's instead: the grader makes the listening sockets and passes them on, so the kernel
    gets no directory of the host to write in, there is no link to follow, and clients may connect
    before it is up.
    """

    def __init__(
        self,
        policy: Policy,
        connection: Mapping[str, Any] | None = None,
        peer: socket.socket | None = None,
    ) -> None:
        self.policy = policy
        self.peer = peer
        self.connection = connection
        self.directory: Path | None = None
        self.line: socket.socket | None = None
        self.server: ForkServer | None = None
        self.process: int | None = None  # a descriptor of the first process of the session
        self._open: list[Any] = []  # what has to be closed once the kernel has inherited it
        self._stderr: IO[bytes] | None = None
        self._lock: int | None = None
        try:
            if connection is not None:
                self.directory = Path(connection["ip"]).parent
            elif policy.unsafe:
                self.directory = new_directory()
            if self.directory is not None:
                self._lock = hold(self.directory)
            self._start()
        except OSError as error:
            self.kill()
            raise SandboxError(f"the kernel could not be started: {error}") from error
        except BaseException:
            self.kill()
            raise

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process is not None and not self._ended(0)

    def failure(self) -> SandboxError:
        """Why the kernel did not start; waits a moment for its last words."""
        self._ended(2)
        with contextlib.suppress(OSError, ValueError):
            said = (self._stderr.read() or b"") if self._stderr else b""
            return explain(said.decode("utf-8", "replace"))
        return explain("")

    def interrupt(self) -> None:
        """Have what runs there raise KeyboardInterrupt."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.process, signal.SIGINT)

    def kill(self) -> None:
        """End the kernel and everything it started, now, and remove its directory."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.process, signal.SIGKILL)
            self._ended(10)  # with it ends its whole namespace
            os.close(self.process)
            self.process = None
        if self.server is not None:
            self.server.sessions -= 1
            if self.policy.unsafe:
                self.server.close()
            self.server = None
        close_all(self._open)
        if self.line is not None:
            self.line.close()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None
        if self._lock is not None and self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            os.close(self._lock)
            self._lock = None

    def _ended(self, seconds: float) -> bool:
        """Whether the first process of the session ends within these seconds."""
        watched = [self.process] if self.process is not None else []
        return not watched or bool(select.select(watched, [], [], seconds)[0])

    def _start(self) -> None:
        work, environ = self._places()
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)  # a kernel that writes much loses text, it never waits
        self._stderr = os.fdopen(reading, "rb")
        self._open.append(writing)
        descriptors = [writing]
        session = self._talking(descriptors) | {
            "stderr": 0,
            "files": {},
            "limits": self.policy.limits(),
            "work": work,
            "environment": environ,
        }
        for name, data in ({} if self.policy.unsafe else self.policy.files).items():
            session["files"][name] = len(descriptors)
            descriptors.append(content(data, self._open))
        for _ in range(2):  # the server may have been killed since its last session
            self.server = ForkServer(self.policy) if self.policy.unsafe else server_for(self.policy)
            self.server.sessions += 1
            self.process = self.server.fork(session, descriptors)
            if self.process is not None or self.server.usable():
                break
            self.server.sessions -= 1
        close_all(self._open)
        if self.process is None:
            raise self.failure()

    def _talking(self, descriptors: list[int]) -> dict[str, Any]:
        """How the kernel is to talk, and with whom; its descriptors are added to the list."""
        if self.connection is None:
            self.line, inside = socket.socketpair()
            self._open.append(inside)
            descriptors.append(inside.fileno())
            talking: dict[str, Any] = {
                "connection": None,
                "line": len(descriptors) - 1,
                "sockets": {},
            }
            if self.peer is None:
                return talking | {"peer": None}
            self._open.append(self.peer)
            descriptors.append(self.peer.fileno())
            return talking | {"peer": len(descriptors) - 1}
        sockets = {}
        for number in (self.connection[port] for port in PORTS):
            sockets[str(number)] = len(descriptors)
            descriptors.append(self._listen(f"{self.connection['ip']}-{number}"))
        told = {k: _text(v) for k, v in self.connection.items()}
        return {"connection": told, "line": None, "peer": None, "sockets": sockets}

    def _places(self) -> tuple[str, dict[str, str]]:
        """The working directory and the environment; without a wall, below our directory."""
        if not self.policy.unsafe:
            return str(WORK), environment(str(HOME), "/tmp", mounts.CVLIB_PARENT)
        assert self.directory is not None
        work = self.directory / "work"
        work.mkdir(exist_ok=True)
        for name, data in self.policy.files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(data)
        parent = str(Path(mounts.cvlib_directory()).parent)
        return str(work), environment(str(work), str(self.directory), parent)

    def _listen(self, path: str) -> int:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._open.append(listening)
        listening.bind(path)
        listening.listen(16)
        return listening.fileno()


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
