"""What this machine has: facts for the set-up and for the doctor, with the standard library alone.

Runs on any Python from 3.8 on, so that a newcomer whose Python is too old is told so.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
#: What the kernel calls the vectors that the libraries choose by, the widest first.
VECTORS = {
    "avx512f": "AVX-512", "avx2": "AVX2", "sse4_2": "SSE4.2", "sve": "SVE", "asimd": "NEON",
}  # fmt: skip
WSL_NVIDIA_SMI = "/usr/lib/wsl/lib/nvidia-smi"


def output(command: Sequence[str], seconds: float = 30) -> tuple[int, str]:
    """Run a command and return its exit code and all that it said; 127 where it does not start."""
    try:
        done = subprocess.run(
            list(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, str(error)
    return done.returncode, done.stdout


def promised_pythons(root: Path = ROOT) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the oldest Python of ``requires-python`` and the first that is too new."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^requires-python = ">=3\.(\d+),<3\.(\d+)"$', text, re.MULTILINE)
    if found is None:
        raise ValueError('pyproject.toml: expected a line requires-python = ">=3.A,<3.B"')
    return (3, int(found[1])), (3, int(found[2]))


def pins(root: Path = ROOT) -> dict[str, str]:
    """Return the versions that ``constraints.txt`` wants on this Python, by normalized name."""
    pin = re.compile(r'^(\S+)==([^\s;]+)(?:; python_version < "3\.(\d+)")?$', re.MULTILINE)
    found = pin.findall((root / "constraints.txt").read_text(encoding="utf-8"))
    return {
        normalized(name): version
        for name, version, below in found
        if not below or sys.version_info < (3, int(below))
    }


def normalized(name: str) -> str:
    """Return the name under which an index knows a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(venv: Path) -> dict[str, str]:
    """Return the versions installed in an environment, by normalized name."""
    found = {}
    for folder in venv.glob("lib*/python3*/site-packages/*.dist-info"):
        name, _, version = folder.name[: -len(".dist-info")].rpartition("-")
        found[normalized(name)] = version
    return found


def has_cuda(venv: Path) -> bool | None:
    """Whether the PyTorch of an environment was built for CUDA; None where there is no PyTorch."""
    for file in venv.glob("lib*/python3*/site-packages/torch/version.py"):
        return re.search(r"^cuda\b.*= None$", file.read_text("utf-8"), re.MULTILINE) is None
    return None


def gpus() -> list[str]:
    """Return the names of the NVIDIA GPUs that a driver shows; none where there is no driver."""
    for program in ("nvidia-smi", WSL_NVIDIA_SMI):
        path = shutil.which(program)
        if path is not None:
            code, said = output([path, "-L"])
            names = re.findall(r"^GPU \d+: (.+?) \(", said, re.MULTILINE)
            if code == 0 and names:
                return names
    return []


def cores() -> int:
    """Return how many processors this process may keep busy, as a whole number of at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = first_line("/sys/fs/cgroup/cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit():
        allowed = min(allowed or 1, round(int(quota[0]) / int(quota[1])))
    return max(1, allowed or 1)


def memory() -> tuple[float, float]:
    """Return the memory of this machine, or of its control group, and what is free, in GiB."""
    lines = _text("/proc/meminfo").splitlines()
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if " kB" in line}
    total, free = (kib.get(name, 0) / 2**20 for name in ("MemTotal", "MemAvailable"))
    limit = first_line("/sys/fs/cgroup/memory.max")
    if limit.isdigit():
        used = int(first_line("/sys/fs/cgroup/memory.current") or 0)
        total, free = min(total, int(limit) / 2**30), min(free, (int(limit) - used) / 2**30)
    return total, free


def disk(folder: Path) -> float:
    """Return the free disk space where a folder is or would be, in GiB."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 2**30


def writable(folder: Path) -> bool:
    """Whether a file can be made in a folder, or the folder itself where there is none yet."""
    while not folder.exists():
        folder = folder.parent
    probe = folder / f".write-test-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def processor() -> tuple[str, str]:
    """Return the name of the processor, and the widest vectors that the libraries can use on it."""
    text = _text("/proc/cpuinfo")
    name = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*: (.+)$", text, re.MULTILINE)
    have = set(flags[1].split()) if flags else set()
    widest = next((words for flag, words in VECTORS.items() if flag in have), "unknown vectors")
    return name[1] if name else platform.machine(), widest


def chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


def postgres() -> str | None:
    """Return the path of PostgreSQL's ``initdb``, which Debian keeps off the PATH, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return shutil.which("initdb") or (str(debian[-1]) if debian else None)


def python_version(python: Path) -> str:
    """Return the version of an interpreter, or an empty string where it does not run."""
    code, said = output([str(python), "-c", "import platform; print(platform.python_version())"])
    return said.strip() if code == 0 else ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def first_line(path: str) -> str:
    """Return the first line of a file, empty where it cannot be read."""
    return _text(path).partition("\n")[0].strip()
