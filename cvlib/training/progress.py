"""A progress bar: tqdm's where it is installed, else a line of text now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, TextIO

#: Seconds between two looks at the loss: on a GPU each look waits for all work in flight.
INTERVAL = 0.5


class Bar:
    """How many of `total` steps are done, with a few figures beside it, on standard error.

    `done`: steps of an earlier run that this one continues. A bar that is not `shown` prints
    nothing.
    """

    def __init__(self, total: int, *, done: int = 0, shown: bool = True) -> None:
        self.total = total
        self.done = done
        self.shown = shown
        self.looked = -INTERVAL
        self.bar: Any = None

    def __enter__(self) -> Bar:
        if self.shown:
            self.bar = _tqdm(self.total, self.done) or _Lines(self.total, self.done)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.close()

    def due(self) -> bool:
        """Say whether it is time to show new figures."""
        now = time.monotonic()
        if not self.shown or now - self.looked < INTERVAL:
            return False
        self.looked = now
        return True

    def step(self) -> None:
        """Count one step."""
        if self.bar is not None:
            self.bar.update(1)

    def say(self, title: str, **figures: float) -> None:
        """Show a title, such as the epoch, and figures by name."""
        if self.bar is not None:
            self.bar.set_description(title, refresh=False)
            self.bar.set_postfix({name: f"{value:.4g}" for name, value in figures.items()})


def _tqdm(total: int, done: int) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, initial=done, unit="step", dynamic_ncols=True)


class _Lines:
    """The part of tqdm's bar that `Bar` uses, as lines: one at most every few seconds."""

    seconds = 5.0

    def __init__(self, total: int, done: int, out: TextIO | None = None) -> None:
        self.total, self.done = total, done
        self.out = sys.stderr if out is None else out
        self.title, self.written = "", -self.seconds

    def update(self, steps: int) -> None:
        self.done += steps

    def set_description(self, title: str, *, refresh: bool = True) -> None:
        self.title = title

    def set_postfix(self, figures: dict[str, str]) -> None:
        self.figures = figures
        if time.monotonic() - self.written >= self.seconds:
            self._write()

    def _write(self) -> None:
        self.written = time.monotonic()
        told = ", ".join(f"{name} {value}" for name, value in self.figures.items())
        print(f"{self.title}: step {self.done} of {self.total}, {told}", file=self.out, flush=True)

    def close(self) -> None:
        if self.title:
            self._write()
