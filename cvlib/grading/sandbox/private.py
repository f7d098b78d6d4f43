"""Private directories of whatever grades, and the removal of those whose grader was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

#: Everything with this name is ours: what nobody holds is removed.
PREFIX = "cvlib-held-"
#: Unix socket paths end at 107 bytes.
LONGEST = 90
#: Seconds after which a directory without an owner cannot be one that is just being made.
STALE_SECONDS = 60


def new_directory() -> Path:
    """Make a directory that only this user may enter, short enough for sockets in it."""
    remove_stale(Path(tempfile.gettempdir()))
    directory = tempfile.mkdtemp(prefix=PREFIX)
    if len(os.fsencode(directory)) > LONGEST:
        os.rmdir(directory)
        remove_stale(Path("/tmp"))
        directory = tempfile.mkdtemp(prefix=PREFIX, dir="/tmp")
    return Path(directory)


def hold(directory: Path) -> int:
    """Lock a directory for as long as the returned descriptor is open."""
    descriptor = os.open(directory, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


@contextlib.contextmanager
def held_directory() -> Iterator[Path]:
    """A directory for as long as it is needed; the next run removes it when this one is killed."""
    directory = new_directory()
    lock = hold(directory)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def remove_stale(parent: Path) -> None:
    """Remove the directories that nobody holds: their grader ended before it could do it."""
    for directory in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = directory.lstat()
            old = time.time() - found.st_mtime > STALE_SECONDS
            if not (old and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()):
                continue
            descriptor = os.open(directory, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
            finally:
                os.close(descriptor)
