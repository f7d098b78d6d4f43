"""Starts kernels in milliseconds: a process that has imported what they need, and forks.

``python server.py <descriptor of its configuration>`` runs inside bubblewrap, does only what the
grader asks for over its socket, and never runs a student's code. Each request is one session: a
process that makes new namespaces (and ends), the first process in them, and the kernel.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Iterable
from typing import Any, NoReturn

import hollow
import isolation
import launcher

MAX_DESCRIPTORS = 200
#: A mistake on purpose: what IPython imports to show one is then there, too.
MISTAKE = "def mistake():\n    return undefined_name\n\n\nmistake()"


def main() -> None:
    """Import, then serve until the grader hangs up."""
    with os.fdopen(int(sys.argv.pop())) as file:
        config = json.load(file)
    sys.argv[0] = "ipykernel"
    control = socket.socket(fileno=config["control"])
    control.set_inheritable(False)
    hang_up_ends_us(control, True)
    hollow.install(config["withhold"])
    if config["walls"]:
        isolation.hide_memory(True)
    for line in ("import ipykernel.kernelapp", *config["preload"].split("\n")):
        with contextlib.suppress(Exception):  # what is withheld cannot be imported from
            exec(line, {})
    for name in rehearse(config["preload"]):
        try:
            importlib.import_module(name)
        except BaseException:  # it may exist only where its importer made it
            continue
    with contextlib.suppress(Exception):  # it saves time, no more
        warm_up()
    import judge_talk  # noqa: F401
    import kernel_app

    kernel_app.prepare()
    if "numpy" in sys.modules:
        importlib.import_module("numpy.random")  # NumPy itself waits until it is asked for
    gc.collect()
    gc.freeze()  # or the first collection of each child would copy every page
    hang_up_ends_us(control, False)
    try:
        control.send(b"ready")
        serve(control, config)
    finally:
        if config["walls"]:
            os.kill(-1, signal.SIGKILL)  # bubblewrap waits for the sessions, too


def hang_up_ends_us(control: socket.socket, on: bool) -> None:
    """While we import, have a signal end us when the grader is gone: it says nothing before."""
    flags = fcntl.fcntl(control, fcntl.F_GETFL)
    fcntl.fcntl(control, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(control, fcntl.F_SETFL, flags | os.O_ASYNC if on else flags & ~os.O_ASYNC)
    if select.select([control], [], [], 0)[0]:
        sys.exit()


def rehearse(preload: str) -> list[str]:
    """Start a kernel in a child and run the released imports there; return what it imported."""
    reading, writing = os.pipe()
    before = set(sys.modules)
    folder = tempfile.mkdtemp(prefix="rehearsal-")
    child = os.fork()
    if child == 0:
        try:
            os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
            os.environ["IPYTHONDIR"] = tempfile.tempdir = folder
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 2)
            import kernel_app

            kernel_app.prepare()
            shell = kernel_app.for_judge().shell
            for source in (preload, MISTAKE):
                shell.run_cell(source)
        finally:
            loaded = [n for n in list(sys.modules) if n not in before and "pydevd" not in n]
            with os.fdopen(writing, "w") as file:
                file.write("\n".join(loaded))
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        names = file.read().split("\n")
    os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    return names


def warm_up() -> None:
    """Compile once the patterns that reading a cell and showing a mistake need: 60 ms a session."""
    from IPython.core.compilerop import CachingCompiler
    from IPython.core.inputtransformer2 import TransformerManager
    from IPython.core.ultratb import AutoFormattedTB

    source = TransformerManager().transform_cell(MISTAKE)
    compiler = CachingCompiler()
    try:
        exec(compile(source, compiler.cache(source), "exec"), {})
    except NameError:
        AutoFormattedTB(mode="Context", theme_name="linux").structured_traceback(*sys.exc_info())


def serve(control: socket.socket, config: dict[str, Any]) -> None:
    """Start a session for each request; the answer carries a descriptor of its first process."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 2**16, MAX_DESCRIPTORS)
        if not data:
            return
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:  # a lock that another thread holds would stay locked in the child
            raise RuntimeError(f"expected one thread before a fork, got {threads}")
        session = json.loads(data) | {"descriptors": descriptors}
        child = os.fork()
        if child == 0:
            begin(control, config, session)
        for descriptor in descriptors:
            os.close(descriptor)
        if config["walls"]:
            status = os.waitpid(child, 0)[1]
            if status:
                control.send(b"failed")
        else:
            answer(control, child)


def answer(control: socket.socket, pid: int) -> None:
    """Hand over a descriptor of a process."""
    descriptor = os.pidfd_open(pid)
    socket.send_fds(control, [b"started"], [descriptor])
    os.close(descriptor)


def begin(control: socket.socket, config: dict[str, Any], session: dict[str, Any]) -> NoReturn:
    """In the child: become the session, or make its namespaces and its first process."""
    try:
        os.dup2(session["descriptors"][session["stderr"]], 2)
        if not config["walls"]:
            kernel(session)
        isolation.new_namespaces()
        first = os.fork()
        if first == 0:
            rule(config, session)
        answer(control, first)
        os._exit(0)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    os._exit(1)


def rule(config: dict[str, Any], session: dict[str, Any]) -> NoReturn:
    """As process 1 of the session: make its places, start the kernel, and end when it ends."""
    try:
        isolation.private_places(config["places"], config["shown"])
        files = {n: session["descriptors"][k] for n, k in session["files"].items()}
        isolation.read_only_files(session["work"], files)
        isolation.drop_privileges()
        child = os.fork()
        if child == 0:
            isolation.hide_memory(False)
            kernel(session)
        close_all_but(())
        signal.signal(signal.SIGINT, lambda *ignored: interrupt(child))
        while os.wait()[0] != child:  # orphans come here, too
            pass
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    os._exit(1)


def interrupt(child: int) -> None:
    """Pass an interrupt on to the kernel and what it has started."""
    with contextlib.suppress(OSError):
        os.kill(-child, signal.SIGINT)


def kernel(session: dict[str, Any]) -> NoReturn:
    """Run the kernel in this process, as if Python had just started."""
    try:
        os.setsid()
        descriptors = session["descriptors"]
        kept = [*session["sockets"].values(), session["line"], session["peer"]]
        close_all_but(descriptors[k] for k in kept if k is not None)
        os.environ.update(session["environment"])
        os.chdir(session["work"])
        random.seed()
        # it knows a fork by its process id, which is the same in all these namespaces
        tempfile._name_sequence = None  # type: ignore[attr-defined]
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # or each child would draw the same numbers
        launcher.limit(session["limits"])
        launcher.run(session, descriptors)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    os._exit(1)


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor but the first three and these."""
    wanted = {0, 1, 2, *kept}
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor not in wanted:
            try:
                os.close(descriptor)
            except OSError:
                continue  # the one that listed them


if __name__ == "__main__":
    main()
