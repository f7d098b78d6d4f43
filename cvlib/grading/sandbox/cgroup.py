"""A control group for one kernel: a limit on the memory and processes of all it starts together.

Root may make one where the hierarchy is writable, in version 1 or 2. Elsewhere there is none and
the resource limits of single processes have to do.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PREFIX = "cvlib-"


@dataclass(frozen=True)
class ControlGroup:
    """The directories of the group: one in version 2, one a controller in version 1."""

    directories: tuple[Path, ...]

    def remove(self) -> None:
        """Remove the group once its processes have gone."""
        for directory in self.directories:
            for _ in range(100):
                try:
                    directory.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)
                else:
                    break


def make_group(memory_bytes: int, processes: int) -> ControlGroup | None:
    """Make a group with these limits, or return None where that is not possible."""
    if os.geteuid() != 0:
        return None
    name = f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    limits = {"memory": str(memory_bytes), "pids": str(processes)}
    made: list[Path] = []
    try:
        if (ROOT / "cgroup.controllers").exists():
            _remove_stale(ROOT)
            made.append(ROOT / name)
            made[0].mkdir()
            _write(made[0] / "memory.max", limits["memory"])
            _write(made[0] / "pids.max", limits["pids"])
            with contextlib.suppress(OSError):  # a kernel without swap accounting has no such file
                _write(made[0] / "memory.swap.max", "0")
        else:
            for controller in limits:
                parent = _parent_v1(controller)
                _remove_stale(parent)
                made.append(parent / name)
                made[-1].mkdir()
            _write(made[0] / "memory.limit_in_bytes", limits["memory"])
            _write(made[1] / "pids.max", limits["pids"])
            with contextlib.suppress(OSError):
                _write(made[0] / "memory.memsw.limit_in_bytes", limits["memory"])
    except OSError:
        ControlGroup(tuple(d for d in made if d.exists())).remove()
        return None
    return ControlGroup(tuple(made))


def _write(file: Path, text: str) -> None:
    with open(file, "r+") as stream:  # never creates: a missing file means a missing controller
        stream.write(text)


def _parent_v1(controller: str) -> Path:
    """The group we are in ourselves, so that the limits above us keep holding."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            own = ROOT / controller / path.lstrip("/")
            return own if own.is_dir() else ROOT / controller
    raise OSError(f"no {controller} controller")


def _remove_stale(parent: Path) -> None:
    """Remove the groups of graders that were killed before they could do it."""
    for directory in parent.glob(f"{PREFIX}*-*"):
        owner = directory.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            with contextlib.suppress(OSError):
                directory.rmdir()
