"""Checkpoints that survive a crash at any moment, and that say so when they have not.

A checkpoint is an ordinary `torch.save` file whose name carries its step and a digest of its
content. It is written under another name, forced to the disk and then renamed, so that a crash
leaves the old files and perhaps a useless temporary one, never half a checkpoint. It is read with
`weights_only=True`: a file from a stranger cannot run code.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
from pathlib import Path
from typing import Any

import torch

NAME = re.compile(r"step-(\d{9})\.([0-9a-f]{32})\.pt")
TEMPORARY = "writing.tmp"


class DamagedCheckpointError(RuntimeError):
    """A checkpoint whose content is not what was written, or cannot be read safely."""


class Checkpoints:
    """The checkpoints of one training run, in a folder of their own; the newest `keep` stay.

    `every`: steps from one to the next; by default one at the end of each epoch. There is one at
    the end of each epoch in any case.
    Raises ValueError unless `every` and `keep` are at least 1.
    """

    def __init__(self, folder: str | Path, *, every: int | None = None, keep: int = 2) -> None:
        if every is not None and every < 1:
            raise ValueError(f"every must be at least 1 step, got {every}")
        if keep < 1:
            raise ValueError(f"keep must be at least 1, got {keep}")
        self.folder = Path(folder)
        self.every = every
        self.keep = keep

    def due(self, step: int) -> bool:
        """Say whether one is to be written after this many steps, in the middle of an epoch."""
        return self.every is not None and step % self.every == 0

    def files(self) -> list[Path]:
        """List the checkpoints, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if NAME.fullmatch(path.name))

    def newest(self) -> Path | None:
        """Return the last checkpoint, or None when there is none."""
        return next(reversed(self.files()), None)

    def save(self, state: dict[str, Any], step: int) -> Path:
        """Write a checkpoint, make sure that it is on the disk, and drop the oldest beyond `keep`.

        An error on the way, such as a full disk, leaves the earlier checkpoints as they were.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / TEMPORARY
        try:
            with temporary.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            path = self.folder / f"step-{step:09d}.{_digest(temporary)}.pt"
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(self.folder)
        for old in self.files()[: -self.keep]:
            old.unlink()
        return path

    def load(self, path: Path | None = None) -> dict[str, Any]:
        """Read a checkpoint, the newest by default, onto the CPU.

        Raises FileNotFoundError when there is none, DamagedCheckpointError when its content does
        not match the digest in its name or holds anything but tensors and plain values. Nothing is
        deleted, and no older checkpoint is taken silently: the error says which there is.
        """
        path = self.newest() if path is None else path
        if path is None:
            raise FileNotFoundError(f"no checkpoint in {self.folder}")
        match = NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"{path.name} is no checkpoint's name: step-<step>.<digest>.pt")
        found = _digest(path)
        if found != match[2]:
            raise DamagedCheckpointError(
                f"{path} is damaged: its name promises the digest {match[2]}, its "
                f"{path.stat().st_size} bytes have {found}. {self._advice(path)}"
            )
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
            raise DamagedCheckpointError(
                f"{path} is not a checkpoint of this library: {error}. {self._advice(path)}"
            ) from error

    def _advice(self, path: Path) -> str:
        older = [file for file in self.files() if file.name < path.name]
        if not older:
            return "There is no earlier one: delete it to start over."
        return f"Delete it to resume from the one before, {older[-1].name}."


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _sync_folder(folder: Path) -> None:
    """Force a rename to the disk; where a folder cannot be opened (Windows), do without."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
