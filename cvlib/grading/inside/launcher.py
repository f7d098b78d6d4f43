"""Runs ipykernel inside the sandbox, in a process that the server forked.

The five listening sockets were made outside and are inherited, so that no directory of the host
needs to be writable; nothing here is trusted once the student's code runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import sys
import tempfile
import threading
from typing import Any

#: Characters of printed text a cell may send; the session keeps still less.
MAX_PRINTED = 300_000


def limit(limits: dict[str, int]) -> None:
    """Set the resource limits, never above a hard limit that holds already."""
    for name, wanted in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(kind, (value, value))


def use_inherited_sockets(descriptors: dict[str, int]) -> None:
    """Have ``bind`` take the inherited listening socket for ``ipc://…-<port>``."""
    import zmq

    bind = zmq.Socket.bind

    def bind_inherited(self: Any, address: Any) -> Any:
        descriptor = descriptors.pop(str(address).rpartition("-")[2], None)
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
            self.setsockopt(zmq.USE_FD, descriptor)
        return bind(self, address)

    zmq.Socket.bind = bind_inherited  # type: ignore[method-assign, assignment]


def make_app(connection: dict[str, Any], *, terse: bool = True) -> Any:
    """Make a kernel that is ready to start; without a connection, one to rehearse with."""
    from ipykernel.iostream import OutStream
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    class CappedStream(OutStream):
        """Stops sending what a cell prints beyond a length nobody reads."""

        _counted: tuple[Any, int] = (None, 0)
        _waiting = False

        def write(self, string: str) -> int:
            cell = self.parent_header.get("msg_id")
            before = self._counted[1] if self._counted[0] == cell else 0
            self._counted = (cell, before + len(string))
            if before < MAX_PRINTED:
                self._waiting = True
                super().write(string[: MAX_PRINTED - before])
            return len(string)

        def flush(self) -> None:
            if self._waiting:  # each flush wakes another thread and waits for it
                self._waiting = False
                super().flush()

    class Kernel(IPythonKernel):
        """Without subshells: their thread would pass on every message."""

        _supports_kernel_subshells = False

    class NoThread:
        """Stands where the thread of the subshells would; cells that await ask whose it is."""

        parent_thread = threading.current_thread()

        def __bool__(self) -> bool:
            return False

    class App(IPKernelApp):
        """An ipykernel without a command line, subshells, or a debugger, each of which costs time.

        Where only the judge listens it does not say what the judge does not hear.
        """

        def parse_command_line(self, argv: Any = None) -> None:
            pass

        def init_control(self, context: Any) -> None:
            super().init_control(context)
            self.shell_channel_thread = NoThread()
            with contextlib.suppress(Exception):  # its address is not mounted
                self.debug_shell_socket.disconnect(self.shell_socket.LAST_ENDPOINT)

        def init_heartbeat(self) -> None:
            if not terse:
                super().init_heartbeat()

        def init_kernel(self) -> None:
            super().init_kernel()
            without_a_shell(self.kernel.shell)
            if terse:
                self.kernel._execute_sleep = 0
                publish = self.kernel._publish_status
                self.kernel._publish_execute_input = lambda *ignored: None
                self.kernel._publish_status = lambda status, *rest, **more: (
                    None if status == "busy" else publish(status, *rest, **more)
                )
                hurry(self.kernel.shell)

    sys.modules["capped_stream"] = module = type(sys)("capped_stream")
    module.CappedStream = CappedStream  # type: ignore[attr-defined]
    settings = Config()
    settings.IPKernelApp.outstream_class = "capped_stream.CappedStream"
    settings.HistoryManager.enabled = False
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(connection or {"transport": "ipc", "ip": f"{file.name}-"}, file)
    app = App.instance(config=settings, connection_file=file.name, kernel_class=Kernel)
    app.initialize([])
    return app


def without_a_shell(shell: Any) -> None:
    """Let ``!command`` and ``%pip`` say that there is no shell here, and the cell go on."""
    from IPython.utils.text import SList

    def no_shell(command: str) -> None:
        print(f"not run, there is no shell where work is graded: {command[:200]}", file=sys.stderr)
        shell.user_ns["_exit_code"] = 127

    def no_output(command: str, split: bool = True, depth: int = 0) -> Any:
        no_shell(command)
        return SList() if split else ""

    shell.system = no_shell
    shell.getoutput = no_output


def hurry(shell: Any) -> None:
    """Save what IPython does twice for each cell, and its hash of the text in pure Python."""
    transform = shell.transform_cell
    last: list[tuple[str, str]] = []

    def transform_once(raw: str) -> str:
        if last and last[-1][0] == raw:
            return last.pop()[1]
        last[:] = [(raw, transform(raw))]
        return last[-1][1]

    def code_name(raw: str, code: str, number: int) -> str:
        digest = hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()[:16]
        return os.path.join(tempfile.gettempdir(), f"cell-{digest}.py")

    shell.transform_cell = transform_once
    shell.compile.get_code_name = code_name


def run(connection: dict[str, Any], answers: int, *, terse: bool) -> None:
    """Run the kernel until it is killed; answers to calls leave by this descriptor."""
    app = make_app(connection, terse=terse)
    import shim

    os.set_inheritable(answers, False)
    shim.install(app.kernel, answers)
    sys.path.remove(os.path.dirname(os.path.abspath(__file__)))
    app.start()
