"""Strange things to hand in: links, pipes, devices and stamps of another age."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tiny_set import SET_ID

FILE = f"{SET_ID}.ipynb"


def link_to_the_gradebook(path: Path, root: Path) -> None:
    path.symlink_to(root / "gradebook.db")


def hard_link_to_the_gradebook(path: Path, root: Path) -> None:
    os.link(root / "gradebook.db", path)


def link_to_the_solution(path: Path, root: Path) -> None:
    path.symlink_to(root / "source" / SET_ID / FILE)


def link_to_the_secret(path: Path, root: Path) -> None:
    path.symlink_to(root / ".secret")


def hard_link_to_the_secret(path: Path, root: Path) -> None:
    os.link(root / ".secret", path)


def link_to_itself(path: Path, root: Path) -> None:
    path.symlink_to(path.name)


def link_to_a_device(path: Path, root: Path) -> None:
    path.symlink_to("/dev/zero")


def folder_in_its_place(path: Path, root: Path) -> None:
    (path / FILE).mkdir(parents=True)


def pipe_in_its_place(path: Path, root: Path) -> None:
    os.mkfifo(path)


def stamp_pipe(stamp: Path) -> None:
    os.mkfifo(stamp)


def stamp_link(stamp: Path) -> None:
    stamp.symlink_to(stamp.parents[3] / ".secret")


def stamp_folder(stamp: Path) -> None:
    stamp.mkdir()


def stamp_garbage(stamp: Path) -> None:
    stamp.write_bytes(b"\xff\0 the day after tomorrow, <script>alert(1)</script>")


def stamp_empty(stamp: Path) -> None:
    stamp.write_bytes(b"")


def stamp_large(stamp: Path) -> None:
    with stamp.open("wb") as file:
        file.truncate(2**28)


def stamp_of_another_age(stamp: Path) -> None:
    stamp.write_text("99999-99-99 99:99:99 +9999999999")


PLACES: tuple[Callable[[Path, Path], None], ...] = (
    link_to_the_gradebook,
    hard_link_to_the_gradebook,
    link_to_the_solution,
    link_to_the_secret,
    hard_link_to_the_secret,
    link_to_itself,
    link_to_a_device,
    folder_in_its_place,
    pipe_in_its_place,
)
STAMPS: tuple[Callable[[Path], None], ...] = (
    stamp_link,
    stamp_folder,
    stamp_garbage,
    stamp_empty,
    stamp_large,
    stamp_of_another_age,
)


def things_beside(folder: Path, root: Path) -> None:
    """What else a folder may hold: pipes, links, a configuration, and modules by known names."""
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("..")
    (folder / "secret").symlink_to(root / ".secret")
    (folder / "deep").mkdir()
    (folder / "deep" / FILE).write_bytes(b"{}")
    (folder / "extra.ipynb").write_bytes(b"{}")
    for name in ("nbgrader_config.py", "numpy.py", "sitecustomize.py", "cvlib.py"):
        (folder / name).write_text("raise SystemExit(9)")
