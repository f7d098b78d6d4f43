"""A user id of its own for each kernel of a grader who is root.

Without capabilities root still owns the system's files, ``/proc/sys`` among them. So a sandbox that
root starts takes on an id that nobody has, and what keeps that id from the interpreter (a closed
home directory) is opened up in mounts of its own. Where that is not possible (root in a container
without privileges, files that others may not read), the sandbox alone has to do.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: Ids that no distribution hands out (https://systemd.io/UIDS-GIDS).
FREE_IDS = range(60578, 61184)
ENTER = str(Path(__file__).parent / "enter.py")


def prepared(command: list[str], needed: Sequence[str], groups: Sequence[Path]) -> list[str]:
    """Wrap a command so that it joins the groups and, if it can, is not root."""
    other = os.geteuid() == 0 and _possible(tuple(needed))
    return _wrap(command, tuple(needed), groups, other) if other or groups else command


def _wrap(
    command: list[str], needed: tuple[str, ...], groups: Sequence[Path], other: bool
) -> list[str]:
    covers, binds = _open_paths(needed) if other else ((), ())
    wanted = {
        "groups": [str(g) for g in groups],
        "user": secrets.choice(FREE_IDS) if other else None,
        "covers": covers,
        "binds": binds,
        "command": command,
    }
    return [sys.executable, "-I", "-S", ENTER, json.dumps(wanted)]


@functools.cache
def _possible(needed: tuple[str, ...]) -> bool:
    """Whether another user can be taken on here and can then start the interpreter."""
    for path in needed:
        mode = os.stat(path).st_mode
        if not mode & stat.S_IROTH or (stat.S_ISDIR(mode) and not mode & stat.S_IXOTH):
            return False
    check = (
        "import os, sys; [os.stat(p) for p in sys.argv[2:]]; sys.exit(os.__file__ != sys.argv[1])"
    )
    samples = [p for n in needed if os.path.exists(p := os.path.join(n, "__init__.py"))]
    python = [os.path.realpath(sys.executable), "-I", "-S", "-c", check]
    command = [*python, os.__file__, *needed, *samples]
    try:
        wrapped = _wrap(command, needed, (), True)
        ran = subprocess.run(wrapped, capture_output=True, timeout=20, check=False, env={})
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


@functools.cache
def _open_paths(needed: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Directories closed to others on the way to what is needed, and what to show in them."""
    covers: dict[str, None] = {}
    binds: list[str] = []
    for path in sorted(needed):  # a directory comes before what is in it
        shut = [str(p) for p in Path(path).parents if not os.stat(p).st_mode & stat.S_IXOTH]
        if shut and not any(Path(path).is_relative_to(b) for b in binds):
            covers[shut[-1]] = None
            binds.append(path)
    return tuple(covers), tuple(binds)
