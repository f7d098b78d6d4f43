"""Servers that fork kernels end: closed, idle, with their thread, with a grader that is killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

from cvlib.grading.sandbox.fork_server import ForkServer, close_servers
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.servers import KEPT_IDLE, server_for
from cvlib.grading.sandbox.session import Session
from tests.without import needs_wall


def test_closing_removes_the_group_and_ends_everything() -> None:
    server = ForkServer(Policy())
    group, process = server.group, server._process
    server.close()
    assert process is not None
    assert process.poll() is not None
    assert group is None or not any(d.exists() for d in group.directories)


def test_idle_servers_of_other_policies_are_closed() -> None:
    first = server_for(Policy(cpu_seconds=50))
    with Session(Policy(cpu_seconds=51)) as session:
        for k in range(52, 52 + KEPT_IDLE):
            server_for(Policy(cpu_seconds=k))
        assert not first.usable()
        assert session.run("1", timeout=10).status == "ok"
    close_servers()


def test_servers_end_with_their_thread() -> None:
    needs_wall()
    processes: list[Any] = []

    def work() -> None:
        processes.append(server_for(Policy(cpu_seconds=49))._process)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    (process,) = processes
    assert process is not None
    process.wait(10)


def test_a_grader_killed_at_any_moment_leaves_no_sandbox() -> None:
    script = """
        from cvlib.grading.sandbox.policy import Policy
        from cvlib.grading.sandbox.session import Session
        print("start", flush=True)
        for k in range(20):
            with Session(Policy(cpu_seconds=48)) as session:
                session.run("import time; time.sleep(0.05)", timeout=10)
    """
    for seconds in (0.02, 0.05, 0.1, 0.2, 0.3, 0.6, 1.2, 2.0):
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as grader:
            assert grader.stdout is not None
            grader.stdout.readline()
            time.sleep(seconds)
            grader.kill()
    left, end = orphans(), time.monotonic() + 20
    while left and time.monotonic() < end:
        time.sleep(0.1)
        left &= orphans()
    assert not left


def orphans() -> set[str]:
    """The processes of sandboxes on this machine that have lost the process that started them."""
    shell = "sleep 9 >&- & echo $!"
    child = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=True)
    foster = Path(f"/proc/{child.stdout.strip()}/stat").read_text().rpartition(")")[2].split()[1]
    found = set()
    for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
            ours = b"/opt/inside/server.py" in command or b"bwrap" in command
            if ours and parent == foster:
                found.add(pid)
    return found


def test_a_forked_grader_leaves_its_parents_servers_alone() -> None:
    script = """
        import os
        from cvlib.grading.sandbox.servers import server_for
        from cvlib.grading.sandbox.policy import Policy
        from cvlib.grading.sandbox.session import Session
        server = server_for(Policy())
        pid = os.fork()
        if pid == 0:
            with Session(Policy()) as session:
                session.run("1", timeout=10)
            assert server_for(Policy()) is not server
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        with Session(Policy()) as session:
            print(session.run("1", timeout=10).status, server_for(Policy()) is server)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ran.stdout == "ok True\n", ran.stderr
