"""The server that forks kernels: sessions share its imports, and nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cvlib.grading.sandbox.fork_server import ForkServer, close_servers
from cvlib.grading.sandbox.policy import Policy, SandboxError
from cvlib.grading.sandbox.servers import KEPT_IDLE, server_for
from cvlib.grading.sandbox.session import Session
from tests.without import needs_wall

POLICY = Policy(withhold=("torch",), preload="import numpy as np\nimport scipy.ndimage")


def ask(policy: Policy, body: str, *args: Any) -> Any:
    """What a function with this body returns in a session of its own."""
    with Session(policy) as session:
        source = f"def probe(*args):\n{textwrap.indent(textwrap.dedent(body), '    ')}"
        assert session.run(source, timeout=20).status == "ok"
        (reply,) = session.call("probe", None, [(args, {})], 20)
    assert reply.status == "ok", reply
    return reply.value


def test_sessions_share_a_server_and_its_imports() -> None:
    loaded = "import sys; return [n in sys.modules for n in ('scipy.ndimage', 'sklearn')]"
    assert ask(POLICY, loaded) == [True, False]
    server = server_for(POLICY)
    assert ask(Policy(withhold=("torch",), preload=POLICY.preload, files={"x": b"1"}), loaded) == [
        True, False
    ]  # fmt: skip
    assert server_for(POLICY) is server
    assert server.sessions == 0
    assert server_for(Policy(preload=POLICY.preload)) is not server


def test_what_a_session_leaves_is_not_there_for_the_next() -> None:
    leave = """
        import builtins, ctypes, os, socket, sys
        sys.modules["left"] = builtins.left = "left"
        os.environ["LEFT"] = "left"
        for place in ("/tmp", "/home/student", "/home/student/work", "/dev/shm"):
            open(f"{place}/left", "w").close()
        libc = ctypes.CDLL(None)
        queue = libc.msgget(4711, 0o1777)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind("\\0left")
        if os.fork() == 0:
            os.setsid()
            import time
            time.sleep(60)
        return queue >= 0
    """
    look = """
        import builtins, ctypes, os, socket, sys
        found = [p for p in ("/tmp", "/home/student", "/home/student/work", "/dev/shm")
                 if os.path.exists(f"{p}/left")]
        found += [n for n in ("left",) if n in sys.modules or hasattr(builtins, n)]
        found += [n for n in ("LEFT",) if n in os.environ]
        if ctypes.CDLL(None).msgget(4711, 0) >= 0:
            found.append("queue")
        try:
            socket.socket(socket.AF_UNIX).connect("\\0left")
            found.append("socket")
        except OSError:
            pass
        return [found, len([p for p in os.listdir("/proc") if p.isdigit()])]
    """
    with Session(POLICY) as session:  # the first one still runs while the second looks
        session.run(f"def f():\n{textwrap.indent(textwrap.dedent(leave), '    ')}\nf()", timeout=20)
        assert ask(POLICY, look) == [[], 2]
    assert ask(POLICY, look) == [[], 2]


def test_each_session_draws_numbers_of_its_own() -> None:
    draw = """
        import os, random, tempfile, uuid
        import numpy as np
        names = [next(tempfile._get_candidate_names()), str(uuid.uuid4()), random.random()]
        return [*names, np.random.random(), np.random.default_rng().random()]
    """
    first, second = ask(POLICY, draw), ask(POLICY, draw)
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_the_server_cannot_be_read_reached_or_ended() -> None:
    attack = """
        import ctypes, os, signal
        libc = ctypes.CDLL(None, use_errno=True)
        for name in ("mem", "environ", "maps"):
            try:
                open(f"/proc/1/{name}", "rb").read(1)
                return f"read {name}"
            except OSError:
                pass
        if libc.ptrace(16, 1, 0, 0) == 0:
            return "traced"
        for place in (b"/tmp", b"/proc", b"/home/student", b"/dev/shm"):
            if libc.umount2(place, 2) == 0:
                return f"unmounted {place}"
        for pid in (-1, 0, 1):
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
                try:
                    os.kill(pid, number)
                except OSError:
                    pass
        kinds = []
        for n in os.listdir("/proc/self/fd"):
            try:
                kinds.append(os.readlink(f"/proc/self/fd/{n}").split(":")[0])
            except OSError:
                pass
        return sorted({k for k in kinds
                       if k not in ("socket", "anon_inode", "pipe", "/dev/null", "/memfd")})
    """
    found = ask(POLICY, attack)
    server = server_for(POLICY)
    assert found in ([], ["/proc/2/fd"]), found
    assert server.usable()
    assert ask(POLICY, "return 1") == 1
    assert server_for(POLICY) is server


def test_a_server_that_was_killed_is_replaced() -> None:
    assert ask(POLICY, "return 1") == 1
    server = server_for(POLICY)
    assert server._process is not None
    os.killpg(server._process.pid, signal.SIGKILL)
    server._process.wait(10)
    assert ask(POLICY, "return 1") == 1
    assert server_for(POLICY) is not server


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
            [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as grader:  # fmt: skip
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
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ran.stdout == "ok True\n", ran.stderr


def test_a_preload_that_fails_harms_no_session() -> None:
    assert ask(Policy(preload="import no_such_module"), "return 1") == 1


def test_a_kernel_that_does_not_start_says_why() -> None:
    too_small = Policy(tmp_bytes=4096, files={"data.bin": bytes(10**6)})
    with pytest.raises(SandboxError, match=r"(?s)did not start.*No space left"), Session(too_small):
        pass
