"""A sandbox bounds files, memory and processes, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
from host import REPOSITORY, SMALL, in_namespace, namespace_processes, until_gone
from talk import ask

from cvlib.grading.sandbox.cgroup import make_group
from cvlib.grading.sandbox.kernel import KernelProcess, new_connection
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.private import new_directory
from cvlib.grading.sandbox.session import Session


def test_file_size_is_limited() -> None:
    body = """
        try:
            with open("/tmp/big", "wb") as f:
                for _ in range(64):
                    f.write(bytes(2**20))
        except OSError as error:
            return error.strerror
    """
    with Session(Policy(file_bytes=SMALL)) as session:
        assert ask(session, textwrap.dedent(body)) == "File too large"


def test_memory_is_limited() -> None:
    one = "try:\n    bytearray(2**31)\n    return 'got it'\nexcept MemoryError:\n    return 'no'"
    many = """
        import os, time
        children = []
        for _ in range(8):
            pid = os.fork()
            if pid == 0:
                try:
                    keep = b"x" * (180 * 2**20)
                    time.sleep(2)
                finally:
                    os._exit(0 if "keep" in locals() else 1)
            children.append(pid)
        return sum(os.waitpid(pid, 0)[1] == 0 for pid in children)
    """
    with Session(Policy(memory_bytes=2**30)) as session:
        assert ask(session, one) == "no"
        assert session._kernel is not None
        assert session._kernel.server is not None
        if session._kernel.server.group is not None:  # together they would take 1.4 GiB
            session.run(f"def probe():\n{many}", timeout=10)
            (reply,) = session.call("probe", None, [((), {})], 20)
            assert reply.status == "dead" or 0 < reply.value < 8


def test_a_fork_bomb_is_bounded_and_ends() -> None:
    group = make_group(2**30, 10)
    if group is not None:
        group.remove()
    bounded = group is not None or os.getuid() != 0
    bomb = f"""
        import os, time
        count = 0
        for _ in range({400 if bounded else 100}):
            try:
                if os.fork() == 0:
                    os.setsid()
                    time.sleep(100)
                    os._exit(0)
                count += 1
            except OSError:
                break
        return count
    """
    with Session(Policy(processes=48)) as session:
        count = ask(session, textwrap.dedent(bomb))
        identity, running = namespace_processes(session)
        assert len(running) >= count > 5
    assert in_namespace(identity) == []
    if bounded:
        assert count < 48


@pytest.mark.parametrize("how", ["exit", "killed kernel", "exception"])
def test_nothing_is_left_behind(how: str) -> None:
    started = Session(Policy())
    with contextlib.suppress(ZeroDivisionError), started as session:
        session.run(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(100)", timeout=10
        )
        kernel = session._kernel
        assert kernel is not None
        assert kernel.process is not None
        identity, running = namespace_processes(session)
        assert len(running) >= 3
        assert kernel.directory is None, "all of it is in memory"
        if how == "killed kernel":
            signal.pidfd_send_signal(kernel.process, signal.SIGKILL)
            until_gone(identity)  # a signal is sent at once and takes effect later
            assert session.run("1", timeout=10).status == "dead"
        if how == "exception":
            raise ZeroDivisionError
    assert in_namespace(identity) == []
    assert started.run("1", timeout=1).status == "dead"


def test_kernels_die_with_a_killed_grader() -> None:
    script = """
        import os, time
        from cvlib.grading.sandbox.kernel import KernelProcess, new_connection
        from cvlib.grading.sandbox.policy import Policy
        kernels = [KernelProcess(Policy()), KernelProcess(Policy(), new_connection())]
        for kernel in kernels:
            info = open(f"/proc/self/fdinfo/{kernel.process}").read()
            inner = info.partition("Pid:\\t")[2].split()[0]
            print(os.readlink(f"/proc/{inner}/ns/pid"), end=" ")
        print(kernels[1].directory, flush=True)
        time.sleep(100)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as grader:
        assert grader.stdout is not None
        *identities, directory = grader.stdout.readline().split()
        assert len(identities) == 2
        assert all(map(in_namespace, identities))
        grader.kill()
    for namespace in identities:
        until_gone(namespace)
    # A killed process cannot tidy up after itself; the next one to start does it.
    assert Path(directory).is_dir()
    os.utime(directory, (0, 0))
    kernel = KernelProcess(Policy(), new_connection())
    try:
        assert not Path(directory).exists()
        assert kernel.directory is not None
        os.utime(kernel.directory, (0, 0))
        new_directory().rmdir()
        assert kernel.directory.is_dir()
    finally:
        kernel.kill()
    assert not kernel.directory.exists()


def test_two_sessions_at_once_know_nothing_of_each_other() -> None:
    found: dict[str, Any] = {}

    def work(name: str) -> None:
        with Session(Policy()) as session:
            session.run(f"open('/tmp/mine-{name}', 'w').close()", timeout=10)
            barrier.wait(30)
            body = "import os\nreturn [os.listdir('/tmp'), len(os.listdir('/proc'))]"
            found[name] = ask(session, body)
            barrier.wait(30)

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=work, args=(n,)) for n in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in "ab":
        mine = [f for f in found[name][0] if f.startswith("mine-")]
        assert mine == [f"mine-{name}"]
