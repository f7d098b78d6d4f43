"""From inside a sandbox nothing of the host can be seen, and little can be written."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from host import REPOSITORY, SMALL
from talk import ask

import cvlib
from cvlib.grading.sandbox import mounts
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session


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
