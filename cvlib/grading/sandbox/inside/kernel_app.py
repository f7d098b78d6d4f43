"""The ipykernel of a session: without what a judge has no use for, and half made before the fork.

What is the same for all sessions, above all IPython's shell with its magics, the server makes once
(``prepare``); threads, sockets and folders belong to one session, and wait for the fork
(``for_judge``, ``for_jupyter``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import SList
from jupyter_client.session import Session
from traitlets.config import Config


class Kernel(IPythonKernel):
    """Without subshells: their thread would pass on every message."""

    _supports_kernel_subshells = False

    @classmethod
    def instance(cls, *args: Any, **traits: Any) -> Any:
        """Give the kernel that was made before the fork what belongs to this session."""
        made = cls.initialized()
        kernel: Any = super().instance(*args, **traits)
        if made:
            for name, value in traits.items():
                setattr(kernel, name, value)
            kernel._stdout, kernel._stderr = sys.stdout, sys.stderr
            for publisher in (kernel.shell.displayhook, kernel.shell.display_pub):
                publisher.session, publisher.pub_socket = kernel.session, kernel.iopub_socket
        return kernel


class NoThread:
    """Stands where the thread of the subshells would; cells that await ask whose it is."""

    parent_thread = threading.current_thread()

    def __bool__(self) -> bool:
        return False


class App(IPKernelApp):
    """An ipykernel without a command line, subshells, or a debugger, each of which costs time."""

    def parse_command_line(self, argv: Any = None) -> None:
        pass

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        pass  # its home is empty

    def init_control(self, context: Any) -> None:
        super().init_control(context)
        self.shell_channel_thread = NoThread()
        with contextlib.suppress(Exception):  # its address is not mounted
            self.debug_shell_socket.disconnect(self.shell_socket.LAST_ENDPOINT)

    def init_kernel(self) -> None:
        super().init_kernel()
        move_in(self.kernel.shell)


def prepare() -> None:
    """Make the application, its kernel and IPython's shell; no thread, no socket."""
    settings = Config()
    settings.IPKernelApp.outstream_class = "judge_line.CappedStream"
    settings.HistoryManager.enabled = False
    app = App.instance(config=settings, kernel_class=Kernel)
    with tempfile.TemporaryDirectory() as folder:
        profile = ProfileDir.create_profile_dir(folder)
        session = Session(key=b"", parent=app)
        app.kernel = Kernel.instance(
            parent=app, session=session, profile_dir=profile, user_ns=None, log=app.log
        )
    app.kernel.shell_channel_thread = NoThread()
    app.init_pdb()
    app.init_path()
    app.init_shell()
    app.init_gui_pylab()
    app.init_extensions()
    app.init_code()
    without_a_shell(app.kernel.shell)
    hurry(app.kernel.shell)


def for_judge() -> Any:
    """Give the kernel what belongs to one session with the judge."""
    kernel = App.instance().kernel
    move_in(kernel.shell)
    return kernel


def for_jupyter(connection: dict[str, Any]) -> Any:
    """Give the application what belongs to one session with a client of Jupyter's."""
    app = App.instance()
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(connection, file)
    app.connection_file = file.name
    app.initialize([])
    return app


def move_in(shell: Any) -> None:
    """Tell the shell that was made before the fork where it lives."""
    shell.ipython_dir = os.environ["IPYTHONDIR"]
    shell.profile_dir = ProfileDir.create_profile_dir(f"{shell.ipython_dir}/profile_default")
    shell.starting_dir = os.getcwd()
    shell.home_dir = str(Path.home())
    shell.history_manager.dir_hist[:] = [Path.cwd()]


def without_a_shell(shell: Any) -> None:
    """Let ``!command`` and ``%pip`` say that there is no shell here, and the cell go on."""

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
