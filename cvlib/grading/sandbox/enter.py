"""Becomes another command; on the way it joins control groups and stops being root.

Run as ``python -I -S enter.py <JSON>`` by the grader, never inside the sandbox. The JSON holds
``groups`` (directories to join), ``user`` (an id to take on, or null), ``covers`` (directories that
user may not pass, which get an empty one in their place), ``binds`` (what to show again in them),
and ``command``. All of it becomes one process, which dies with the grader as if it were its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

NEW_MOUNTS = 0x00020000  # CLONE_NEWNS
NO_SUID, NO_DEVICES, BIND, RECURSIVE, PRIVATE = 2, 4, 0x1000, 0x4000, 0x40000  # MS_*
NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS


def main(wanted: dict[str, Any]) -> None:
    """Do what is wanted, or end with the error."""
    for directory in wanted["groups"]:
        with open(os.path.join(directory, "cgroup.procs"), "w") as file:
            file.write(str(os.getpid()))
    if wanted["user"] is not None:
        show_only_paths(wanted["covers"], wanted["binds"])
        os.setgroups([])
        os.setresgid(*[wanted["user"]] * 3)
        os.setresuid(*[wanted["user"]] * 3)
        call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    os.execv(wanted["command"][0], wanted["command"])


def show_only_paths(covers: list[str], binds: list[str]) -> None:
    """In mounts of our own, cover directories and bind into them what is needed from before."""
    call("unshare", NEW_MOUNTS)
    call("mount", b"none", b"/", None, RECURSIVE | PRIVATE, None)
    held = {path: os.open(path, os.O_PATH) for path in binds}  # closed when the command starts
    os.umask(0o022)
    for path in covers:
        options = b"mode=0755,size=1m"
        call("mount", b"tmpfs", os.fsencode(path), b"tmpfs", NO_SUID | NO_DEVICES, options)
    for path, descriptor in held.items():
        source = f"/proc/self/fd/{descriptor}"
        if os.path.isdir(source):
            os.makedirs(path)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.close(os.open(path, os.O_CREAT))
        call("mount", source.encode(), os.fsencode(path), None, BIND | RECURSIVE, None)


def call(name: str, *arguments: Any) -> None:
    """Call a function of the C library; OSError when it fails."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    # Without this, 64-bit flags and pointers would pass as C integers of 32 bits.
    plain = [ctypes.c_ulong(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments]
    if function(*plain) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
