"""Read what students handed in, and write what we keep: never through a link, never half a file."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Submission:
    """One student's file; ``raw`` is ``None`` when it was refused, and ``refusal`` says why."""

    student: str
    raw: bytes | None
    refusal: str = ""


def find_students(submitted: Path, set_id: str) -> list[str]:
    """The students who have a folder for the problem set, in order."""
    return [name for name in _folders(submitted, set_id) if is_name(name)]


def misnamed(submitted: Path, set_id: str) -> list[str]:
    """The folders that cannot be a student's: their names would do harm where they are shown."""
    return [name for name in _folders(submitted, set_id) if not is_name(name)]


def is_name(name: str) -> bool:
    """Whether a folder's name can be an id: one printed line, no HTML, no pattern for files."""
    return name.isprintable() and name == name.strip() and not set(name) & set('<>"&*?[]')


def _folders(submitted: Path, set_id: str) -> list[str]:
    if not submitted.is_dir():
        return []
    return sorted(
        entry.name
        for entry in os.scandir(submitted)
        if not entry.name.startswith(".") and os.path.lexists(Path(entry.path) / set_id)
    )


def read_submission(submitted: Path, student: str, set_id: str) -> Submission | None:
    """Read ``<student>/<set_id>/<set_id>.ipynb`` below ``submitted``; ``None`` if it is not there.

    No component below ``submitted`` may be a symbolic link, and only a plain file of at most
    32 MiB is read, so that a submission cannot borrow another student's work or a secret of ours.
    """
    name = f"{set_id}.ipynb"
    try:
        with _folder(submitted, student, set_id) as folder:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with open(os.open(name, flags, dir_fd=folder), "rb") as file:
                state = os.fstat(file.fileno())
                if not stat.S_ISREG(state.st_mode):
                    return Submission(student, None, f"{name} is not a plain file")
                raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:  # ELOOP for a link, ENOTDIR for a linked folder
        why = "is, or lies behind, a symbolic link" if _has_link(submitted, student, set_id) else ""
        return Submission(student, None, f"{name} {why or f'cannot be read: {error.strerror}'}")
    if len(raw) > MAX_BYTES:
        return Submission(student, None, f"{name} is larger than {MAX_BYTES // 2**20} MiB")
    return Submission(student, raw)


def notebooks_beside(submitted: Path, student: str, set_id: str) -> list[str]:
    """The names of the notebooks in a student's folder: to say what was found instead."""
    try:
        with _folder(submitted, student, set_id) as folder:
            return sorted(n for n in os.listdir(folder) if n.endswith(".ipynb"))
    except OSError:
        return []


def atomic_write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


#: Names of the drafts of ``atomic_write``, and how long one may be in the making.
DRAFT = re.compile(r"\..+\.[a-z0-9_]{8}")
DRAFT_SECONDS = 60


def remove_drafts(folder: Path) -> None:
    """Remove what writers left that were killed between the first byte and the last."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        with contextlib.suppress(FileNotFoundError):
            if DRAFT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                age = time.time() - entry.stat(follow_symlinks=False).st_mtime
                if age > DRAFT_SECONDS:
                    os.unlink(entry.path)


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write a file only when its content differs; return whether it did."""
    if path.is_file() and path.read_bytes() == data:
        return False
    atomic_write(path, data)
    return True


@contextmanager
def _folder(*parts: Path | str) -> Iterator[int]:
    base, *rest = parts
    handle = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in rest:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(part, flags, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _has_link(submitted: Path, student: str, set_id: str) -> bool:
    folder = submitted / student / set_id
    return any(p.is_symlink() for p in (submitted / student, folder, folder / f"{set_id}.ipynb"))
