"""The wall around a student's kernel: what it may use, and how bubblewrap is asked for it.

Every namespace is unshared, the environment cleared, ``/proc`` read-only. Inside that wall a server
(``inside/server.py``) has imported what kernels need and forks one for each session; a session has
process ids, mounts, queues and a network of its own, no capability, and three size-limited tmpfs
mounts as the only places to write (``inside/isolation.py``). Memory, file size, processor time,
descriptors and processes are limited by ``inside/launcher.py``. A grader who is root also gives
each server an unused user id (``identity.py``) and a control group that limits the memory of all
its processes together (``cgroup.py``); without a group the limit on memory holds for each process,
up to ``processes`` of them.
"""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cvlib.grading.sandbox.mounts import (
    CVLIB_PARENT,
    INSIDE,
    interpreter_files,
    interpreter_mounts,
    masks,
)

HOME = PurePosixPath("/home/student")
WORK = HOME / "work"
NEEDED = ("numpy", "ipykernel", "IPython", "zmq", "traitlets", "tornado", "jupyter_client")
OLDEST_BUBBLEWRAP = (0, 8)
INSTALL = "apt-get install bubblewrap (Debian/Ubuntu) or dnf install bubblewrap (Fedora)"


class SandboxError(RuntimeError):
    """The sandbox failed for a reason of ours, never of the student's."""


class SandboxUnavailable(SandboxError):  # noqa: N818  (the name says what to do about it)
    """This machine cannot make the sandbox; the message names what is missing and the remedy."""


@dataclass(frozen=True)
class Policy:
    """What a student's kernel may read and use.

    ``withhold`` names modules whose files are not mounted; ``files`` are read-only data files in
    the working directory. Each of ``/tmp``, home and ``/dev/shm`` holds ``tmp_bytes``;
    ``memory_bytes`` and ``cpu_seconds`` hold for each process, ``file_bytes`` for a file and for
    all the answers to one call. ``preload`` is released code whose imports are made once for all
    sessions; it must not start threads. ``unsafe`` starts the kernel without a wall.
    """

    withhold: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    memory_bytes: int = 4 * 2**30
    file_bytes: int = 64 * 2**20
    tmp_bytes: int = 256 * 2**20
    cpu_seconds: int = 120
    processes: int = 64
    preload: str = ""
    unsafe: bool = False

    def __post_init__(self) -> None:
        for name in self.withhold:
            if not all(part.isidentifier() for part in name.split(".")):
                raise ValueError(f"withhold: expected dotted module names, got {name!r}")
            if name.split(".")[0] in NEEDED or name in ("cvlib", "cvlib.check"):
                raise ValueError(f"withhold: the kernel itself needs {name}")
        for name in self.files:
            path = PurePosixPath(name)
            if not name or "\0" in name or path.is_absolute() or {".", ".."} & set(path.parts):
                raise ValueError(f"files: expected a relative path without '..', got {name!r}")
        for limit in ("memory_bytes", "file_bytes", "tmp_bytes", "cpu_seconds", "processes"):
            if getattr(self, limit) <= 0:
                raise ValueError(f"{limit}: expected more than 0, got {getattr(self, limit)}")

    @property
    def withheld(self) -> tuple[str, ...]:
        """The names withheld, the instructor's own room always among them."""
        names = {*self.withhold, "cvlib.grading"}
        return tuple(
            sorted(n for n in names if not any(n.startswith(f"{other}.") for other in names))
        )

    def limits(self) -> dict[str, int]:
        """The resource limits that the launcher sets, by their names in ``resource``."""
        return {
            "RLIMIT_AS": self.memory_bytes,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CORE": 0,
        } | ({} if self.unsafe else {"RLIMIT_NPROC": self.processes})


def environment(home: str, temporary: str, cvlib_parent: str) -> dict[str, str]:
    """The whole environment of the kernel: one thread a library, and nothing of the host's."""
    return {
        "HOME": home,
        "USER": "student",
        "LOGNAME": "student",
        "PATH": str(Path(sys.prefix, "bin")),
        "LANG": "C.UTF-8",
        "TMPDIR": temporary,
        "IPYTHONDIR": f"{temporary}/ipython",
        "PYTHONPATH": cvlib_parent,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def bubblewrap_arguments(policy: Policy, info_descriptor: int) -> list[str]:
    """The arguments before the command; the server inside keeps what it needs to fork sessions."""
    # an environment below /tmp lies in what the student may write: it gets a floor of its own
    inside_writable = bool(shown_again())
    # no --die-with-parent: if we are killed while it starts, its child waits for it for ever
    arguments = [
        *("--unshare-all", "--unshare-user", "--disable-userns"),
        *("--new-session", "--clearenv", "--cap-drop", "ALL"),
        *("--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"),
        *("--uid", "1000", "--gid", "1000", "--hostname", "sandbox"),
        *("--info-fd", str(info_descriptor)),
        *("--tmpfs", "/tmp", "--tmpfs", str(HOME), "--dir", str(WORK)),
        *(("--tmpfs", sys.prefix) if inside_writable else ()),
        *interpreter_mounts(),
        *masks(policy.withheld),
        *(("--remount-ro", sys.prefix) if inside_writable else ()),
        *("--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"),
        *("--tmpfs", "/dev/shm", "--remount-ro", "/dev"),
        *("--remount-ro", "/", "--chdir", str(WORK)),
    ]
    for name, value in environment(str(HOME), "/tmp", CVLIB_PARENT).items():
        arguments += ["--setenv", name, value]
    return arguments


def private_places(policy: Policy) -> dict[str, int]:
    """The only writable places: a tmpfs of so many bytes each, new for every session."""
    return dict.fromkeys(("/tmp", str(HOME), "/dev/shm"), policy.tmp_bytes)


def shown_again() -> list[str]:
    """What lies below a private place and must be seen all the same: an environment in /tmp."""
    writable = any(Path(sys.prefix).is_relative_to(place) for place in ("/tmp", HOME))
    return [sys.prefix] if writable else []


def inside_command(config_descriptor: int) -> list[str]:
    """The command that runs inside: our server, told by a descriptor what to import."""
    python = str(Path(sys.prefix, "bin", "python"))
    return [python, f"{INSIDE}/server.py", str(config_descriptor)]


@functools.cache
def bubblewrap() -> str:
    """The path of a bubblewrap that is new enough, or SandboxUnavailable with the remedy."""
    if platform.system() != "Linux":
        raise SandboxUnavailable(
            f"the sandbox needs Linux, this is {platform.system()}: grade in a Linux container or "
            "in WSL2, or pass --unsafe to run students' code without a wall"
        )
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxUnavailable(f"bubblewrap is not installed: {INSTALL}")
    shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.(\d+)", shown.stdout)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_BUBBLEWRAP:
        raise SandboxUnavailable(
            f"expected bubblewrap 0.8 or newer, got {shown.stdout.strip() or 'no version'} "
            f"({path}): {INSTALL} on a newer release"
        )
    return path


def check_interpreter() -> None:
    """Raise SandboxUnavailable unless this user may read the interpreter and its libraries."""
    for path in interpreter_files():
        if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
            raise SandboxUnavailable(
                f"the Python interpreter is not readable for user {os.getuid()}: {path}. Grade as "
                "the user who owns the environment, or make it where everyone may read, "
                "e.g. python3 -m venv /opt/cvlib-env with a system Python"
            )


def explain(stderr: str) -> SandboxError:
    """Turn what a kernel that did not start wrote on stderr into an error that says what to do."""
    tail = stderr.strip()[-2000:] or "(nothing on stderr)"
    if "bwrap:" not in stderr:
        return SandboxError(f"the kernel did not start in the sandbox: {tail}")
    if re.search(r"namespace|uid map|NEWUSER|max_user_namespaces|unshare", stderr):
        return SandboxUnavailable(
            "this system does not let bubblewrap make namespaces. On Ubuntu 24.04 or newer: "
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; on older Debian: "
            "sysctl -w kernel.unprivileged_userns_clone=1; in Docker: docker run --privileged. "
            f"It said: {tail}"
        )
    return SandboxUnavailable(f"bubblewrap could not make the sandbox. It said: {tail}")
