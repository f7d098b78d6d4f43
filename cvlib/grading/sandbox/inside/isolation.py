"""The inner wall: what keeps one forked session from the next, from the server, and from the host.

The outer wall is bubblewrap's, which shows nothing but an interpreter. Inside it the fork server
keeps two capabilities, over this sandbox only, to give each session namespaces of its own; a
session gives them up for good before it runs a line of the student's.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
from collections.abc import Mapping, Sequence
from typing import Any

#: CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET.
NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION = 1, 2, 4, 8  # MS_*
REMOUNT, BIND, RECURSIVE, PRIVATE = 0x20, 0x1000, 0x4000, 0x40000  # MS_*
SET_DUMPABLE, DROP_BOUND, NO_NEW_PRIVILEGES, AMBIENT, CLEAR_AMBIENT = 4, 24, 38, 47, 4  # PR_*
CAPABILITY_VERSION = 0x20080522
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
SET_SECCOMP = 22
#: AUDIT_ARCH_* and the number of add_key; request_key and keyctl follow it.
KEYRING_CALLS = {"x86_64": (0xC000003E, 248), "aarch64": (0xC00000B7, 217)}
#: Files and directories that one tmpfs may hold; they cost memory that its size does not count.
INODES = 20_000

libc = ctypes.CDLL(None, use_errno=True)


def hide_memory(hidden: bool) -> None:
    """Keep processes of the same user from reading this one through ``/proc``."""
    call("prctl", SET_DUMPABLE, int(not hidden), 0, 0, 0)


def new_namespaces() -> None:
    """Leave the mounts, names, queues and network behind; children also get new process ids."""
    call("unshare", NAMESPACES)
    call("mount", b"none", b"/", None, RECURSIVE | PRIVATE, None)


def private_places(places: Mapping[str, int], shown: Sequence[str]) -> None:
    """Mount an empty tmpfs of so many bytes on each place, and in them again what must be shown."""
    held = {path: os.open(path, os.O_PATH) for path in shown}
    for place, size in places.items():
        options = f"mode=0755,size={size},nr_inodes={INODES}".encode()
        call("mount", b"tmpfs", place.encode(), b"tmpfs", NO_SUID | NO_DEVICES, options)
    for path, descriptor in held.items():
        os.makedirs(path)
        source = f"/proc/self/fd/{descriptor}".encode()
        call("mount", source, path.encode(), None, BIND | RECURSIVE, None)
        os.close(descriptor)
    # Not where something lies over the outer /proc (a container): then that one stays, read-only.
    flags = READ_ONLY | NO_SUID | NO_DEVICES | NO_EXECUTION
    with contextlib.suppress(OSError):
        call("mount", b"proc", b"/proc", b"proc", flags, None)


def read_only_files(directory: str, files: Mapping[str, int]) -> None:
    """Put the content of each descriptor under its name, where it can only be read."""
    os.makedirs(directory, exist_ok=True)
    for name, descriptor in files.items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as target, open(descriptor, "rb") as source:
            while block := source.read(2**20):
                target.write(block)
        os.chmod(path, 0o444)
        target_name = os.fsencode(path)
        call("mount", target_name, target_name, None, BIND, None)
        flags = REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES
        call("mount", b"none", target_name, None, flags, None)


def drop_privileges() -> None:
    """Give up every capability for good; RuntimeError if one is left."""
    call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    call("prctl", AMBIENT, CLEAR_AMBIENT, 0, 0, 0)
    with contextlib.suppress(OSError):  # ends at the first capability that the kernel lacks
        for capability in range(64):
            call("prctl", DROP_BOUND, capability, 0, 0, 0)
    deny_keyrings()
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    left = {name: status[name] for name in CAPABILITIES if int(status[name], 16)}
    if left or status["NoNewPrivs"] != "1":
        raise RuntimeError(f"expected no capability and no way to one, got {left or 'NoNewPrivs'}")


def deny_keyrings() -> None:
    """Refuse the system calls of the kernel's keyrings, which all sessions of a server share.

    A program in BPF: another architecture than ours, or one of these numbers, gives EPERM.
    """
    machine = os.uname().machine
    if machine not in KEYRING_CALLS:
        raise RuntimeError(f"expected one of {sorted(KEYRING_CALLS)}, got {machine}")
    architecture, first = KEYRING_CALLS[machine]
    allow, deny = 0x7FFF0000, 0x00050000 | errno.EPERM  # SECCOMP_RET_*
    lines = [
        (0x20, 0, 0, 4),  # load the architecture
        (0x15, 0, 4, architecture),  # if it is not ours, deny
        (0x20, 0, 0, 0),  # load the number of the call
        (0x35, 2, 0, 0x40000000),  # the numbers of x32: deny
        (0x35, 0, 2, first),  # below add_key: allow
        (0x35, 1, 0, first + 3),  # beyond keyctl: allow
        (0x06, 0, 0, deny),
        (0x06, 0, 0, allow),
    ]
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    held = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(held))
    call("prctl", SET_SECCOMP, 2, program, 0, 0)


def call(name: str, *arguments: Any) -> None:
    """Call a function of the C library; OSError when it fails."""
    # Without this, 64-bit flags and pointers would pass as C integers of 32 bits.
    plain = [ctypes.c_ulong(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments]
    if getattr(libc, name)(*plain) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
