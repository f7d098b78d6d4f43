"""What is there, what is missing and what that costs: ``python .ci/doctor.py VENV [--missing]``.

Needs nothing but a Python, so that it can say why the set-up failed. Ends with 1 when ``make``
cannot do its main job here, and with 0 when it can, whatever else is missing.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import machine

#: What the environment and the built course take together, and a margin (GiB).
DISK_GIB = 4
MEMORY_GIB = 4
INSTALL = {
    "apt-get": "sudo apt-get install", "dnf": "sudo dnf install", "pacman": "sudo pacman -S",
    "zypper": "sudo zypper install", "brew": "brew install",
}  # fmt: skip
NO_WALL = (
    "nothing is graded (only cvlib-grade run --unsafe runs students' code without a wall); the "
    "book and the problem sets work as they are"
)
NAMESPACES = {
    "/proc/sys/user/max_user_namespaces": "0",
    "/proc/sys/kernel/unprivileged_userns_clone": "0",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1",
}
WALL = """
from cvlib.grading.sandbox.cgroup import make_group
from cvlib.grading.sandbox import SandboxUnavailable, probe
try:
    probe()
except SandboxUnavailable as error:
    print(error)
else:
    group = make_group(2**30, 64)
    print("yes", "group" if group else "")
    if group:
        group.remove()
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``cost`` is what its absence costs, empty where all is well."""

    name: str
    found: str
    cost: str = ""
    fatal: bool = False

    def __str__(self) -> str:
        mark = "✗" if self.fatal else "–" if self.cost else "✓"
        text = f"{self.found}: {self.cost}" if self.cost else self.found
        return textwrap.fill(
            f"  {mark} {self.name:<12} {text}",
            100,
            subsequent_indent=" " * 17,
            break_on_hyphens=False,
            break_long_words=False,
        )


def how_to_install(package: str) -> str:
    """Return the command that installs a system package here, as far as we can tell."""
    command = next((INSTALL[name] for name in INSTALL if shutil.which(name)), "")
    return f"{command} {package}" if command else f"install {package}"


def python() -> Finding:
    """The Python that runs this: the environment's, where there is one."""
    version = f"{platform.python_version()} ({sys.executable})"
    oldest, too_new = machine.promised_pythons()
    if oldest <= sys.version_info[:2] < too_new:
        return Finding("Python", version)
    needed = f"{oldest[0]}.{oldest[1]} to {too_new[0]}.{too_new[1] - 1}"
    remedy = f"{needed} is needed; make PYTHON=/path/to/python3.{oldest[1]}"
    return Finding("Python", version, remedy, fatal=True)


def environment(venv: Path) -> Finding:
    """The packages of the environment beside the versions that were tested together."""
    have, pins = machine.installed(venv), machine.pins()
    if not have:
        return Finding("environment", f"no {venv} yet", "make sets it up")
    scripts = venv.absolute() / "bin" / "jupyter"
    if scripts.is_file() and str(scripts.parent) not in scripts.read_text("utf-8", "replace")[:512]:
        return Finding(
            "environment",
            f"{venv} was made in another place and cannot start its programs",
            f"rm -r {venv} && make setup",
            fatal=True,
        )
    missing = [n for n in pins if n not in have and n != "uv"]
    other = [n for n in pins if n in have and have[n].partition("+")[0] != pins[n]]
    if missing or other:
        named = ", ".join([*missing, *other][:4]) + (" …" if len(missing + other) > 4 else "")
        counts = f"{len(missing)} of {len(pins)} packages missing, {len(other)} in other versions"
        return Finding(
            "environment",
            f"{counts} ({named})",
            f"touch constraints.txt && make setup; {venv}/install.log says what happened",
            fatal=bool(missing),
        )
    return Finding("environment", f"{len(have)} packages, in the versions of constraints.txt")


def pytorch(venv: Path) -> Finding:
    """PyTorch's build beside the GPU that is or is not there."""
    names, cuda = machine.gpus(), machine.has_cuda(venv)
    gpu = ", ".join(names) or "no NVIDIA GPU"
    if cuda is None:
        return Finding("GPU", gpu)
    version = machine.installed(venv).get("torch", "?")
    found = f"{gpu}; PyTorch {version} {'with CUDA' if cuda else 'for the CPU'}"
    if cuda and not names:
        return Finding("GPU", found, "some 3 GB of disk for nothing, and no harm beside")
    if names and not cuda:
        return Finding("GPU", found, "the GPU idles; make setup TORCH=cuda in a new environment")
    return Finding("GPU", found)


def bubblewrap(venv: Path) -> list[Finding]:
    """The wall around students' code, tried out, and whether it limits memory as a whole."""
    path = shutil.which("bwrap")
    if path is None:
        return [
            Finding("bubblewrap", "not installed", f"{NO_WALL}; {how_to_install('bubblewrap')}")
        ]
    version = machine.output([path, "--version"])[1].strip().replace("bubblewrap ", "")
    if machine.installed(venv):
        # looked up from the repository, as the environment itself may be half made
        code, said = machine.output([str(venv.absolute() / "bin" / "python"), "-c", WALL], 120)
    else:
        code, said = machine.output([path, "--unshare-all", "--ro-bind", "/", "/", "true"])
        said = said if code else "yes"
    said = said.strip()
    if code == 0 and said.startswith("yes"):
        wall = Finding("bubblewrap", f"{version}, makes the wall around students' code")
        if not machine.installed(venv):  # only the library knows how to make a group
            return [wall]
        whole = "a session's memory is limited as a whole"
        each = "a session's memory is limited process by process (as a whole only for root)"
        return [wall, Finding("cgroup", whole if "group" in said else each)]
    closed = [name for name, bad in NAMESPACES.items() if machine.first_line(name) == bad]
    reason = f"{', '.join(closed)} forbids user namespaces; " if closed else ""
    last = said.splitlines()[-1] if said else "no reason given"
    return [Finding("bubblewrap", f"{version}, but it does not work", f"{NO_WALL}. {reason}{last}")]


def programs() -> list[Finding]:
    """What only some tests need."""
    chromium, postgres = machine.chromium(), machine.postgres()
    rows = []
    for name, path, package, cost in (
        ("Chromium", chromium, "chromium", "the browser tests are skipped"),
        ("PostgreSQL", postgres, "postgresql", "one test of a gradebook on a server is skipped"),
        ("git", shutil.which("git"), "git", "one test of the repository is skipped"),
    ):
        install = "" if path else f"{cost}; {how_to_install(package)}"
        rows.append(Finding(name, path or "not installed", install))
    return rows


def hardware(folder: Path) -> list[Finding]:
    """The processor, memory and disk that the work gets."""
    name, vectors = machine.processor()
    cores, (total, free), room = machine.cores(), machine.memory(), machine.disk(folder)
    threads = os.environ.get("OMP_NUM_THREADS", "as many as the libraries choose")
    slow = "one submission and one page at a time" if cores == 1 else ""
    little = "grade with --workers 1" if 0 < total < MEMORY_GIB else ""
    tight = "an environment takes 2 GiB, with CUDA 6" if room < DISK_GIB else ""
    return [
        Finding(
            "processor", f"{cores} cores, {vectors} ({name}); threads a process: {threads}", slow
        ),
        Finding("memory", f"{total:.1f} GiB, {free:.1f} free", little),
        Finding("disk", f"{room:.0f} GiB free", tight, fatal=room < 1),
    ]


def places(folder: Path) -> Finding:
    """The folders that are written."""
    home, temporary = Path(os.path.expanduser("~")), Path(tempfile.gettempdir())
    if not machine.writable(folder):
        return Finding(
            "writing", f"{folder} is read-only", "make writes .venv and _build there", True
        )
    if not machine.writable(temporary):
        return Finding(
            "writing", f"{temporary} is read-only", "set TMPDIR to a folder of yours", True
        )
    if not machine.writable(home):
        return Finding("writing", f"here and in {temporary}, not in {home}, which nothing needs")
    return Finding("writing", f"here, in {temporary} and in {home}")


def examine(venv: Path) -> list[Finding]:
    """Look at everything."""
    return [
        python(),
        environment(venv),
        pytorch(venv),
        *bubblewrap(venv),
        *programs(),
        *hardware(machine.ROOT),
        places(machine.ROOT),
    ]


def main() -> int:
    """Command line."""
    os.chdir(machine.ROOT)
    venv, only_missing = Path(sys.argv[1]), "--missing" in sys.argv[2:]
    findings = examine(venv)
    shown = [f for f in findings if f.cost or not only_missing]
    if not only_missing:
        print("✓ there   – missing, with what that costs   ✗ make cannot do without\n")
    for finding in shown:
        print(finding)
    return 1 if any(f.fatal for f in findings) and not only_missing else 0


if __name__ == "__main__":
    sys.exit(main())
