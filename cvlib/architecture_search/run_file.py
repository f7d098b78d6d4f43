"""A file of results that survives a kill: one JSON line a result, checked, on the disk at once.

The first line holds the settings of the run. A line that the kill has torn is the last one: it is
dropped, and its result computed anew.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

if os.name == "posix":
    import fcntl


class DamagedRunError(RuntimeError):
    """A run file of which a line, not the last, is not what was written."""


class RunFile:
    """The results of one run by their names; ``with`` opens it, and reads what is there already.

    Raises ValueError if the file was begun with other settings, and says which; DamagedRunError,
    naming the line, for damage that no kill explains; BlockingIOError while another process has the
    file open (on POSIX).
    """

    def __init__(self, path: str | Path, settings: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.settings: dict[str, Any] = json.loads(json.dumps(dict(settings)))
        self.results: dict[str, Any] = {}
        self._file: BinaryIO | None = None

    def __enter__(self) -> RunFile:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a+b")
        try:
            if os.name == "posix":
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._file is not None
        self._file.close()

    def add(self, name: str, result: Any) -> None:
        """Write a result, and return when it is on the disk."""
        self._write({"name": name, "result": result})
        self.results[name] = result

    def _read(self) -> None:
        assert self._file is not None
        self._file.seek(0)
        lines = self._file.read().splitlines(keepends=True)
        read = [_checked(line) for line in lines]
        if read and read[-1] is None:
            self._file.truncate(sum(len(line) for line in lines[:-1]))
            read.pop()
        if None in read:
            raise DamagedRunError(
                f"line {read.index(None) + 1} of {self.path} is damaged: its checksum does not "
                "fit. Delete it to compute its result anew, or the file to start over"
            )
        entries = [entry for entry in read if entry is not None]
        if not entries:
            self._write({"settings": self.settings})
        elif "settings" not in entries[0]:
            raise DamagedRunError(f"line 1 of {self.path} holds no settings: it is no run file")
        elif (found := entries[0]["settings"]) != self.settings:
            raise ValueError(
                f"{self.path} was begun with other settings: {_difference(found, self.settings)}"
            )
        self.results = {entry["name"]: entry["result"] for entry in entries[1:]}

    def _write(self, entry: dict[str, Any]) -> None:
        if self._file is None:
            raise ValueError(f"{self.path} is not open: use it in a with statement")
        entry |= {"crc32": _checksum(entry)}
        self._file.write((json.dumps(entry, ensure_ascii=False) + "\n").encode())
        self._file.flush()
        os.fsync(self._file.fileno())


def _checksum(entry: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(entry, sort_keys=True).encode())


def _checked(line: bytes) -> dict[str, Any] | None:
    """The entry of a line, None for a line that is not what was written."""
    try:
        entry = json.loads(line)
        if line.endswith(b"\n") and entry.pop("crc32") == _checksum(entry):
            return dict(entry)
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    return None


def _difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    names = [n for n in {**wanted, **found} if found.get(n) != wanted.get(n)]
    return "; ".join(f"{n} was {found.get(n)!r}, is {wanted.get(n)!r}" for n in names)
