"""One kernel process behind the wall: started, watched, and removed without a trace."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from cvlib.grading import mounts
from cvlib.grading.cgroup import ControlGroup, make_group
from cvlib.grading.identity import prepared
from cvlib.grading.private import hold, new_directory
from cvlib.grading.sandbox import (
    Policy,
    SandboxError,
    bubblewrap,
    bubblewrap_arguments,
    check_interpreter,
    environment,
    explain,
    inside_command,
)

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

    The grader makes the listening sockets and passes them on, so the kernel gets no directory of
    the host to write in, there is no link to follow, and clients may connect before it is up.
    """

    def __init__(self, policy: Policy, connection: Mapping[str, Any]) -> None:
        self.policy = policy
        self.connection = connection
        self.directory = Path(connection["ip"]).parent
        self.process: subprocess.Popen[bytes] | None = None
        self._group: ControlGroup | None = None
        self._init: int | None = None  # a descriptor of the first process in the sandbox
        self._open: list[Any] = []  # what has to be closed once the kernel has inherited it
        self._stderr: IO[bytes] | None = None
        #: Answers to calls come in here, outside Jupyter's protocol.
        self.answers, self._answers_inside = socket.socketpair()
        self._open.append(self._answers_inside)
        self._lock: int | None = hold(self.directory)
        try:
            if not policy.unsafe:
                bubblewrap()
                check_interpreter()
            self._start()
        except OSError as error:
            self.kill()
            raise SandboxError(f"the kernel could not be started: {error}") from error
        except BaseException:
            self.kill()
            raise

    def address(self, port: str) -> str:
        """The path of the socket of a channel, such as ``"shell_port"``."""
        return f"{self.connection['ip']}-{self.connection[port]}"

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process is not None and self.process.poll() is None

    def stderr(self) -> str:
        """What the kernel wrote on stderr before it took the stream over, 64 kB at most."""
        with contextlib.suppress(OSError, ValueError):
            return (self._stderr.read() or b"").decode("utf-8", "replace") if self._stderr else ""
        return ""

    def failure(self) -> SandboxError:
        """Why the kernel did not start; waits a moment for its last words."""
        self._wait(2)
        return explain(self.stderr())

    def kill(self) -> None:
        """End the kernel and everything it started, now, and remove its directory and group."""
        if self._init is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            self._wait(2)  # bubblewrap then reaps its child and ends by itself
            select.select([self._init], [], [], 10)  # readable when the whole namespace has ended
            os.close(self._init)
            self._init = None
        if self.process is not None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self._wait(10)
        self._close_inherited()
        self.answers.close()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None
        if self._group is not None:
            self._group.remove()
            self._group = None
        if self._lock is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            os.close(self._lock)
            self._lock = None

    def _wait(self, seconds: float) -> None:
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=seconds)

    def _start(self) -> None:
        sockets = {str(self.connection[p]): self._listen(self.address(p)) for p in PORTS}
        config = {
            "connection": {k: _text(v) for k, v in self.connection.items()},
            "sockets": sockets,
            "answers": self._answers_inside.fileno(),
            "withhold": self.policy.withheld,
            "limits": self.policy.limits(),
        }
        config_descriptor = self._content(json.dumps(config).encode())
        inherited = [*sockets.values(), config_descriptor, self._answers_inside.fileno()]
        if self.policy.unsafe:
            self._spawn(*self._bare(config_descriptor), inherited)
            return
        files = {name: self._content(data) for name, data in self.policy.files.items()}
        info, info_inside = os.pipe()
        self._open += [info_inside]
        try:
            arguments = bubblewrap_arguments(self.policy, files, info_inside)
            text = b"".join(os.fsencode(a) + b"\0" for a in arguments)
            arguments_descriptor = self._content(text)
            command = [bubblewrap(), "--args", str(arguments_descriptor), "--"]
            command += inside_command(config_descriptor)
            self._group = make_group(self.policy.memory_bytes, self.policy.processes)
            groups = self._group.directories if self._group else ()
            command = prepared(command, mounts.needed(), groups)
            inherited += [*files.values(), arguments_descriptor, info_inside]
            self._spawn(command, {}, "/", inherited)
            self._init = _read_init(info)
        finally:
            os.close(info)

    def _bare(self, config_descriptor: int) -> tuple[list[str], dict[str, str], str]:
        work = self.directory / "work"
        for name, data in self.policy.files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(data)
        work.mkdir(exist_ok=True)
        launcher = Path(__file__).parent / "inside" / "launcher.py"
        parent = str(Path(mounts.cvlib_directory()).parent)
        return (
            [sys.executable, str(launcher), str(config_descriptor)],
            environment(str(work), str(self.directory), parent),
            str(work),
        )

    def _spawn(
        self, command: list[str], env: dict[str, str], cwd: str, inherited: list[int]
    ) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)  # a kernel that writes much loses text, it never waits
        self._stderr = os.fdopen(reading, "rb")
        self._open.append(writing)
        self.process = subprocess.Popen(
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

    def _listen(self, path: str) -> int:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._open.append(listening)
        listening.bind(path)
        listening.listen(16)
        return listening.fileno()

    def _content(self, data: bytes) -> int:
        """A descriptor from which ``data`` can be read; nothing of it has a name on the disk."""
        file = tempfile.TemporaryFile()  # noqa: SIM115  (closed once it is inherited)
        self._open.append(file)
        file.write(data)
        file.seek(0)
        return file.fileno()

    def _close_inherited(self) -> None:
        for item in self._open:
            with contextlib.suppress(OSError):
                os.close(item) if isinstance(item, int) else item.close()
        self._open.clear()


def _read_init(info: int, timeout: float = 20.0) -> int | None:
    """Open the first process of the sandbox, of which bubblewrap writes as JSON on ``info``."""
    text = b""
    deadline = time.monotonic() + timeout
    while b"}" not in text:
        ready, _, _ = select.select([info], [], [], max(0.0, deadline - time.monotonic()))
        data = os.read(info, 4096) if ready else b""
        if not data:
            return None  # it failed; stderr says why
        text += data
    with contextlib.suppress(OSError, ValueError, KeyError):
        return os.pidfd_open(int(json.loads(text)["child-pid"]))
    return None


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
