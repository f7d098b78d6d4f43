"""Finding an official file in a folder, or fetching it there when asked to."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, NoReturn

from cvlib.datasets.official import OFFICIAL, OfficialFile

#: Bytes read at a time.
PIECE = 2**20

#: Seconds without an answer after which a download gives up.
PATIENCE = 60


def locate(
    key: str, folder: str | os.PathLike[str], *, download: bool = False, verify: bool = True
) -> Path:
    """Return the path of an official file in `folder`, its checksum verified.

    `key` names it in `OFFICIAL`. A missing file is fetched if `download`, and only then.
    Raises FileNotFoundError for a missing file, ValueError for a wrong checksum, OSError for a
    download that fails; each names the file and its address.
    """
    file = OFFICIAL[key]
    path = Path(folder) / file.name
    if not path.is_file():
        if not download:
            _raise_missing(file, Path(folder))
        fetch(file, Path(folder))
    elif verify:
        check_sum(file, path, path)
    return path


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Demand one of a few words, such as the split "train" or "test"."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def md5_of(path: Path) -> str:
    """Return the MD5 sum of a file's bytes, in hexadecimal."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def check_sum(file: OfficialFile, path: Path, shown: object) -> None:
    """Demand that the bytes at `path` are the official ones; errors speak of `shown`."""
    got = md5_of(path)
    if got == file.md5:
        return
    for other in OFFICIAL.values():
        if other.md5 == got:
            raise ValueError(
                f"{shown} is {other.name} of {other.dataset}, expected that of {file.dataset}: "
                f"keep them in different folders"
            )
    raise ValueError(
        f"{shown} is damaged, incomplete or another file: expected MD5 {file.md5}, got {got} "
        f"({path.stat().st_size} bytes); delete it and fetch it again from {file.url}"
    )


def fetch(file: OfficialFile, folder: Path) -> Path:
    """Download a file into `folder`, under its name only once it is whole and verified."""
    folder.mkdir(parents=True, exist_ok=True)
    print(f"downloading {file.url} to {folder}")
    handle, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".part", dir=folder)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            _copy(file, target)
        check_sum(file, part, f"what {file.url} sent")
        part.chmod(0o644)
        part.replace(folder / file.name)
    finally:
        part.unlink(missing_ok=True)
    return folder / file.name


def _copy(file: OfficialFile, target: BinaryIO) -> None:
    try:
        with urllib.request.urlopen(file.url, timeout=PATIENCE) as source:
            while piece := source.read(PIECE):
                target.write(piece)
    except (OSError, HTTPException) as error:
        raise OSError(
            f"could not download {file.name} of {file.dataset} from {file.url}: {error}"
        ) from error


def _raise_missing(file: OfficialFile, folder: Path) -> NoReturn:
    where = f"in {folder}" if folder.is_dir() else f"in {folder}, which is not a folder"
    raise FileNotFoundError(
        f"no {file.name} of {file.dataset} {where}: put it there from {file.url}, "
        f"or ask for it with download=True"
    )
