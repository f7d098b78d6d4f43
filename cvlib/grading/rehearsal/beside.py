"""The folder in which a notebook runs here, and what lies in it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from cvlib.check.public import PUBLIC_FILE
from cvlib.grading.notebook.source import public_cases
from cvlib.grading.spec.loading import LoadedSet


def files_beside(loaded: LoadedSet) -> dict[str, bytes]:
    """What the notebook reads, by name: the public cases only where they hold its numbers."""
    files = {name: content() for name, content in loaded.problem_set.files.items()}
    if loaded.problem_set.personal:
        files[PUBLIC_FILE] = public_cases(loaded)
    return files


@contextlib.contextmanager
def folder_with(files: Mapping[str, bytes]) -> Iterator[None]:
    """Be in a folder with these files, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="cvlib-trial-") as folder, contextlib.chdir(folder):
        for name, content in files.items():
            Path(name).write_bytes(content)
        yield
