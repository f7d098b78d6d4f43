"""One sandbox with a server in it that forks kernels.

Starting Python and importing NumPy, IPython and perhaps PyTorch takes seconds of processor time, a
fork milliseconds. So sessions under the same policy share a server, which outlives them.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from cvlib.grading.sandbox import mounts
from cvlib.grading.sandbox.cgroup import ControlGroup, make_group
from cvlib.grading.sandbox.identity import prepared
from cvlib.grading.sandbox.policy import (
    Policy,
    SandboxError,
    bubblewrap,
    bubblewrap_arguments,
    check_interpreter,
    environment,
    explain,
    inside_command,
    private_places,
    shown_again,
)

#: How long importing may take on a cold disk, and how long a fork.
WARM_UP_SECONDS, FORK_SECONDS = 120.0, 20.0


class ForkServer:
    """A sandbox whose server waits for requests; it ends when we hang up, however that comes."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.sessions = 0
        self.group: ControlGroup | None = None
        self._owner = os.getpid()
        self._open: list[Any] = []  # what has to be closed once the server has inherited it
        self._init: int | None = None  # a descriptor of the first process in the sandbox
        self._info: int | None = None  # where bubblewrap writes its process id
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._open.append(inside)
        try:
            if not policy.unsafe:
                bubblewrap()
                check_interpreter()
            self._start(inside.fileno())
            if self._hear(WARM_UP_SECONDS)[0] != b"ready":
                raise self.failure()
            if self._info is not None:  # by now bubblewrap has written it
                pid = json.loads(os.pread(self._info, 4096, 0))["child-pid"]
                self._init = os.pidfd_open(pid)
        except (OSError, ValueError, KeyError) as error:
            self.close()
            raise SandboxError(f"the sandbox could not be started: {error}") from error
        except BaseException:
            self.close()
            raise
        _running.add(self)

    def fork(self, session: Mapping[str, Any], descriptors: Sequence[int]) -> int | None:
        """Start a session; return a descriptor of its first process, or None if it failed."""
        try:
            self._control.settimeout(FORK_SECONDS)
            socket.send_fds(self._control, [json.dumps(session).encode()], descriptors)
        except OSError:
            return None
        _, process = self._hear(FORK_SECONDS)
        return process

    def usable(self) -> bool:
        """Whether it runs and belongs to this process, not to the parent of a fork."""
        ours = self._owner == os.getpid()
        return ours and self._process is not None and self._process.poll() is None

    def failure(self) -> SandboxError:
        """Why it did not start; waits a moment for its last words."""
        self._wait(2)
        with contextlib.suppress(OSError, ValueError):
            said = (self._stderr.read() or b"") if self._stderr else b""
            return explain(said.decode("utf-8", "replace"))
        return explain("")

    def close(self) -> None:
        """End the server and every session in it, now, and remove its control group."""
        if self._owner != os.getpid():
            return
        self._control.close()  # the server sees that, and ends by itself
        if self._info is not None:
            os.close(self._info)
            self._info = None
        if self._init is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            self._wait(2)  # bubblewrap then reaps its child and ends by itself
            select.select([self._init], [], [], 10)  # readable when the whole namespace has ended
            os.close(self._init)
            self._init = None
        self._wait(5)
        if self._process is not None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._wait(10)
        self._close_inherited()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None
        if self.group is not None:
            self.group.remove()
            self.group = None
        _running.discard(self)

    def __del__(self) -> None:
        if hasattr(self, "_control"):  # its thread has ended, and the sandbox with it
            self.close()

    def _start(self, control: int) -> None:
        config = {
            "control": control,
            "withhold": self.policy.withheld,
            "preload": self.policy.preload,
            "walls": not self.policy.unsafe,
            "places": private_places(self.policy),
            "shown": shown_again(),
        }
        config_descriptor = content(json.dumps(config).encode(), self._open)
        inherited = [control, config_descriptor]
        if self.policy.unsafe:
            server = Path(__file__).parent / "inside" / "server.py"
            command = [sys.executable, str(server), str(config_descriptor)]
            parent = str(Path(mounts.cvlib_directory()).parent)
            home = tempfile.gettempdir()
            self._spawn(command, environment(home, home, parent), home, inherited)
            return
        # a pipe would kill bubblewrap if we were killed before it has written
        self._info = os.memfd_create("info")
        info_inside = os.dup(self._info)
        self._open.append(info_inside)
        arguments = bubblewrap_arguments(self.policy, info_inside)
        text = b"".join(os.fsencode(a) + b"\0" for a in arguments)
        arguments_descriptor = content(text, self._open)
        command = [bubblewrap(), "--args", str(arguments_descriptor), "--"]
        command += inside_command(config_descriptor)
        self.group = make_group(self.policy.memory_bytes, self.policy.processes)
        groups = self.group.directories if self.group else ()
        command = prepared(command, mounts.needed(), groups)
        self._spawn(command, {}, "/", [*inherited, arguments_descriptor, info_inside])

    def _spawn(
        self, command: list[str], env: dict[str, str], cwd: str, inherited: list[int]
    ) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._stderr = os.fdopen(reading, "rb")
        self._open.append(writing)
        self._process = subprocess.Popen(
            command,
            env=env,  # the first process in the sandbox would show ours in /proc/1/environ
            cwd=cwd,
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=writing,
            start_new_session=True,
        )
        self._close_inherited()

    def _hear(self, seconds: float) -> tuple[bytes, int | None]:
        """What the server says, and a descriptor if it sends one; nothing when it has ended."""
        try:
            self._control.settimeout(seconds)
            data, descriptors, _, _ = socket.recv_fds(self._control, 1024, 1)
        except OSError:
            return b"", None
        return data, descriptors[0] if descriptors else None

    def _wait(self, seconds: float) -> None:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=seconds)

    def _close_inherited(self) -> None:
        close_all(self._open)


_running: weakref.WeakSet[ForkServer] = weakref.WeakSet()


@atexit.register
def close_servers() -> None:
    """End every server of this process."""
    for server in list(_running):
        server.close()


def content(data: bytes, opened: list[Any]) -> int:
    """A descriptor from which ``data`` can be read; nothing of it has a name on the disk."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed once it is inherited)
    opened.append(file)
    file.write(data)
    file.seek(0)
    return file.fileno()


def close_all(opened: list[Any]) -> None:
    """Close files, sockets and descriptors, and forget them."""
    for item in opened:
        with contextlib.suppress(OSError):
            os.close(item) if isinstance(item, int) else item.close()
    opened.clear()
