"""The wall: what a hostile kernel tries to reach, to fill or to outlive. Real bubblewrap only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cvlib
from cvlib.grading.sandbox import fork_server, identity, mounts
from cvlib.grading.sandbox import policy as sandbox
from cvlib.grading.sandbox.cgroup import make_group
from cvlib.grading.sandbox.kernel import KernelProcess, new_connection
from cvlib.grading.sandbox.policy import Policy, SandboxUnavailable
from cvlib.grading.sandbox.private import new_directory
from cvlib.grading.sandbox.probe import probe
from cvlib.grading.sandbox.session import Session

REPOSITORY = Path(cvlib.__path__[0]).resolve().parent
SMALL = 8 * 2**20
PATIENCE = 120.0


def ask(session: Session, body: str, *args: Any, timeout: float = 20) -> Any:
    """Define ``probe`` with this body in the kernel, call it and return its value."""
    result = session.run(f"def probe(*args):\n{textwrap.indent(body, '    ')}", timeout=timeout)
    assert result.status == "ok", result.error
    (reply,) = session.call("probe", None, [(args, {})], timeout)
    assert reply.status == "ok", reply
    return reply.value


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A session that the gentler probes of this module share."""
    with Session(
        Policy(
            withhold=("torch", "torch.nn", "scipy.signal", "jsonpointer", "cvlib.convolution"),
            files={"data/image.bin": b"pixels"},
            tmp_bytes=SMALL,
        )
    ) as shared:
        yield shared


def namespace_processes(session: Session) -> tuple[str, list[int]]:
    """The identity of the process namespace of a session, and the processes in it."""
    assert session._kernel is not None
    info = Path(f"/proc/self/fdinfo/{session._kernel.process}").read_text()
    inner = info.partition("Pid:\t")[2].split()[0]
    identity = os.readlink(f"/proc/{inner}/ns/pid")
    return identity, in_namespace(identity)


def in_namespace(identity: str) -> list[int]:
    """The processes of the host that are in a process namespace."""
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if os.readlink(f"/proc/{pid}/ns/pid") == identity and state != "Z":
                found.append(pid)
    return found


def until_gone(identity: str) -> None:
    """Wait until a process namespace is empty; how soon that is depends on the machine."""
    deadline = time.monotonic() + PATIENCE
    while left := in_namespace(identity):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def _pids() -> list[int]:
    return [int(p) for p in os.listdir("/proc") if p.isdigit()]


def test_the_probe_passes_here() -> None:
    probe()


def test_an_environment_below_tmp() -> None:
    """A clone in /tmp once lost its interpreter to the sandbox's own /tmp."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        root = Path(folder)
        venv.create(root / "env", with_pip=False, symlinks=True)
        python = root / "env/bin/python"
        (site,) = (root / "env/lib").glob("python*/site-packages")
        shutil.rmtree(site)
        site.symlink_to(mounts.site_directories()[0])
        code = "from cvlib.grading.sandbox import probe; probe(); print('fine')"
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


def test_no_network_and_no_socket_of_the_host(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        name = f"\0cvlib-test-{os.getpid()}"
        unix.bind(name)
        unix.listen(1)
        body = """
            import socket
            def reaches(family, address):
                try:
                    with socket.socket(family) as s:
                        s.settimeout(2)
                        s.connect(address)
                        return True
                except OSError:
                    return False
            return [reaches(socket.AF_INET, ("127.0.0.1", args[0])),
                    reaches(socket.AF_INET, ("192.0.2.1", 80)),
                    reaches(socket.AF_UNIX, "\\0" + args[1]),
                    [n for _, n in socket.if_nameindex()]]
        """
        found = ask(session, textwrap.dedent(body), tcp.getsockname()[1], name[1:])
    assert found == [False, False, False, ["lo"]]


def test_files_of_the_host_are_not_there(session: Session, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    paths = [
        secret, REPOSITORY / "pyproject.toml", REPOSITORY / "assignments", REPOSITORY / "tests",
        REPOSITORY / "cvlib", REPOSITORY / ".git", "/etc/shadow", "/etc/passwd", "/etc/hostname",
        "/var", "/run", "/boot", "/usr/bin", "/bin/sh", "/sys/fs", "/proc/1/root/etc/shadow",
        Path.home() / ".bashrc", Path.home() / ".ssh", Path.home() / ".cache",
    ]  # fmt: skip
    body = "import os\nreturn [p for p in args if os.path.lexists(p)]"
    assert ask(session, body, *map(str, paths)) == []


def test_no_path_leads_to_the_content_of_a_withheld_file(session: Session) -> None:
    site = Path(mounts.site_directories()[0])
    rooms = [
        site / "scipy/signal",
        site / "torch/nn",
        REPOSITORY / "cvlib/convolution",
        REPOSITORY / "cvlib/grading",
        REPOSITORY / "assignments",
    ]
    files = [f for room in rooms for f in room.rglob("*.py") if f.stat().st_size > 100]
    files += [site / "jsonpointer.py", *site.glob("torch-*/METADATA")]
    folder = REPOSITORY / "cvlib/grading/sandbox/inside"
    inside = {(f.name, f.stat().st_size) for f in folder.iterdir()}
    contents = {f.stat().st_size: f.read_bytes() for f in files}
    digests = {str(n): hashlib.sha256(c).hexdigest() for n, c in contents.items()}
    assert len(digests) > 50
    body = """
        import hashlib, os
        found = []
        for base, directories, names in os.walk("/"):
            if base == "/":
                directories.remove("proc")
            for path in (os.path.join(base, n) for n in names):
                if os.path.isfile(path) and not os.path.islink(path):
                    wanted = args[0].get(str(os.path.getsize(path)))
                    try:
                        content = open(path, "rb").read() if wanted else b""
                    except OSError:  # the kernel has files that nobody can read
                        continue
                    if wanted and hashlib.sha256(content).hexdigest() == wanted:
                        found.append([os.path.basename(path), os.path.getsize(path)])
        return found
    """
    found = ask(session, textwrap.dedent(body), digests)
    assert {tuple(f) for f in found} <= inside  # the launcher and the shim, which hold no answers


def test_withheld_modules_are_hollow_and_the_rest_is_whole(session: Session) -> None:
    body = """
        import importlib.metadata
        errors = []
        for name in args:
            try:
                exec(name, {})
                errors.append("")
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
        return [*errors, importlib.metadata.version("torch")]
    """
    withheld = "ImportError: {} is withheld in this exercise"
    statements = {
        "import torch; torch.tensor": withheld.format("torch"),
        "import torch": "",
        "import torch.nn.functional as F": "",
        "from torch import nn, tensor": "",
        "from cvlib import convolution": "",
        "import cvlib.convolution.reference, cvlib.grading.sandbox.session": "",
        "import cvlib.check, numpy, scipy.ndimage, sklearn, jsonpointer": "",
        "import torch.nn.functional as F; F.relu": withheld.format("torch"),
        "from torch import tensor; tensor(1)": withheld.format("torch"),
        "import scipy.signal as s; s.convolve": withheld.format("scipy.signal"),
        "import cvlib.convolution as c; c.conv2d": withheld.format("cvlib.convolution"),
        "from cvlib.grading import session; session.run": withheld.format("cvlib.grading"),
    }
    found = ask(session, textwrap.dedent(body), *statements)
    assert found == [*statements.values(), None]


def test_libraries_that_ask_about_torch_are_not_disturbed(session: Session) -> None:
    body = """
        import numpy, torch, matplotlib.figure, scipy.ndimage
        axes = matplotlib.figure.Figure().subplots()
        axes.plot(numpy.arange(3.0), numpy.arange(3.0))
        return scipy.ndimage.uniform_filter(numpy.ones(3))
    """
    assert ask(session, textwrap.dedent(body)).tolist() == [1, 1, 1]


def test_environment_and_processes_of_the_host_are_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CVLIB_TEST_SECRET", "hunter2")
    body = """
        import glob, os
        seen = str(dict(os.environ))
        for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
            try:
                seen += open(path, errors="replace").read()
            except PermissionError:
                assert path == "/proc/1/environ"
        return [args[0] in seen, sorted(int(p) for p in os.listdir("/proc") if p.isdigit())]
    """
    with Session(Policy()) as session:
        leaked, processes = ask(session, textwrap.dedent(body), "hunter2")
    assert not leaked
    assert max(processes) < 20


def test_privileges_are_gone(session: Session) -> None:
    body = """
        import ctypes, os
        status = dict(line.split(":\\t", 1) for line in open("/proc/self/status"))
        libc = ctypes.CDLL(None, use_errno=True)
        return [int(status["CapEff"], 16), int(status["CapBnd"], 16), int(status["NoNewPrivs"]),
                libc.unshare(0x10000000), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
                os.getuid(), sorted(os.listdir("/proc/self/fd")) != []]
    """
    assert ask(session, textwrap.dedent(body)) == [0, 0, 1, -1, -1, 1000, True]


def test_no_inherited_descriptor_leads_out(session: Session) -> None:
    body = """
        import os, stat
        kinds = []
        for n in os.listdir("/proc/self/fd"):
            try:
                mode = os.stat(int(n)).st_mode
                link = os.readlink(f"/proc/self/fd/{n}")
            except OSError:
                continue
            if stat.S_ISDIR(mode) and not link.startswith("/proc/"):
                kinds.append(link)
            if stat.S_ISREG(mode) and not link.startswith(("/tmp/", "/home/student", "/memfd:")):
                kinds.append(link)
        return kinds
    """
    assert ask(session, textwrap.dedent(body)) == []


def test_writes_are_bounded_and_only_in_the_three_places(session: Session) -> None:
    body = """
        import os
        written = []
        for place in ("/tmp", "/home/student", "/home/student/work", "/dev/shm"):
            total = 0
            for k in range(8):
                path = f"{place}/filler{k}"
                try:
                    with open(path, "wb", buffering=0) as f:
                        for _ in range(8):
                            total += f.write(bytes(2**20))
                except OSError:
                    pass
            written.append(total)
            for k in range(8):
                if os.path.exists(f"{place}/filler{k}"):
                    os.unlink(f"{place}/filler{k}")
        refused = []
        for path in args:
            try:
                open(path, "ab").close()
                refused.append(path)
            except OSError:
                pass
        return [written, refused]
    """
    places = ["/x", "/dev/x", "/opt/x", "/opt/cvlib/cvlib/x", "/usr/lib/x", "/etc/x", "/root/x",
              "/proc/sys/kernel/core_pattern", "/home/x", "/home/student/work/data/image.bin",
              f"{Path(sys.prefix) / 'x'}", cvlib.__file__]  # fmt: skip
    written, writable = ask(session, textwrap.dedent(body), *places)
    assert writable == []
    assert all(0 < n <= SMALL for n in written), written


def test_data_files_are_there_to_read(session: Session) -> None:
    body = """
        import os
        try:
            os.unlink("data/image.bin")
        except OSError:
            pass
        return open("data/image.bin").read()
    """
    assert ask(session, textwrap.dedent(body)) == "pixels"


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


def test_without_bubblewrap_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox.bubblewrap.cache_clear()
    fork_server.close_servers()
    try:
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            probe()
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            Session(Policy()).__enter__()
    finally:
        monkeypatch.undo()
        sandbox.bubblewrap.cache_clear()


def test_where_namespaces_are_forbidden_the_message_says_so() -> None:
    inside = [
        *(sandbox.bubblewrap(), "--unshare-user", "--disable-userns", "--dev-bind", "/", "/"),
        *(sys.executable, "-c", "from cvlib.grading.sandbox import probe; probe()"),
    ]
    ran = subprocess.run(inside, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert ran.returncode == 1
    assert "SandboxUnavailable: this system does not let bubblewrap make namespaces" in ran.stderr


def test_another_user_gets_a_sandbox_or_a_clear_message() -> None:
    script = """
        import os
        from cvlib.grading.sandbox import Policy, SandboxUnavailable, probe
        import cvlib.grading.sandbox.session, cvlib.grading.sandbox.cgroup, numpy
        if os.getuid() == 0:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        try:
            probe()
            print("works")
        except SandboxUnavailable as error:
            print(error)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    unreadable = "the Python interpreter is not readable for user 65534"
    assert ran.stdout.strip() == "works" or ran.stdout.startswith(unreadable)


def test_a_grader_who_is_not_root_gets_a_sandbox() -> None:
    """As root, become nobody first, with a way to the interpreter wherever it lies."""
    script = "import os; from cvlib.grading.sandbox import probe; probe(); print(os.getuid())"
    homes = [Path(sys.executable).parent, Path(sys._base_executable).resolve().parent]  # type: ignore[attr-defined]
    needed = [*mounts.needed(), *map(str, homes)]
    command = identity.prepared([sys.executable, "-c", script], needed, ())
    ran = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) != 0 or not identity._possible(tuple(needed))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"withhold": ("a/b",)}, "expected dotted module names, got 'a/b'"),
        ({"withhold": ("numpy.linalg",)}, "the kernel itself needs numpy.linalg"),
        ({"withhold": ("cvlib.check",)}, "the kernel itself needs cvlib.check"),
        ({"files": {"../x": b""}}, "expected a relative path without '..', got '../x'"),
        ({"files": {"/etc/x": b""}}, "expected a relative path"),
        ({"memory_bytes": 0}, "memory_bytes: expected more than 0, got 0"),
    ],
)
def test_a_policy_refuses_nonsense(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Policy(**changes)
