"""Run the command line in forks that kill themselves just before their k-th write.

Reads a number a line from its input, 0 for never, and answers "killed" or how many writes there
were. A write is a statement or commit in the database, or what changes a file.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

FILES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Counter:
    """Counts writes, and ends the process before the one it was told."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.count = 0

    def step(self, *_: Any) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if event in FILES or (opens and arguments[0] != os.devnull):
            self.step()


def run(last: int, arguments: list[str]) -> int:
    """Run the command line; return the number of writes."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from cvlib.grading.commands.grade import cli

    counter = Counter(last)
    event.listen(Engine, "before_cursor_execute", counter.step)
    event.listen(Engine, "commit", counter.step)
    sys.addaudithook(counter.hook)
    cli(arguments, standalone_mode=False)
    return counter.count


def main() -> None:
    import cvlib.grading.receipts.receipt
    import cvlib.grading.running.running  # noqa: F401  (imported once for all forks)

    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                os.write(writing, str(run(int(line), sys.argv[1:])).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as file:
            count = file.read()
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else count or "failed", flush=True)


if __name__ == "__main__":
    main()
