"""The tables of ``benchmarks/suite.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grading_class.cpu_time import Spent

from suite_cost.problem_sets import STEPS

WIDTH = 58


def of_sets(found: Mapping[str, Mapping[str, Spent]], start: Spent) -> Iterator[str]:
    """CPU seconds of each step, a line a problem set."""
    yield "make: CPU s of a problem set alone, with its sample class"
    yield f"{'':<34}" + "".join(f"{step:>10}" for step in STEPS) + f"{'wall s':>10}"
    for set_id, steps in found.items():
        wall = sum(spent.wall for spent in steps.values())
        cells = "".join(f"{steps[step].cpu:10.1f}" for step in STEPS)
        yield f"{set_id:<34}{cells}{wall:10.0f}"
    yield f"of which each command takes {start.cpu:.1f} to start; make starts it once for all sets"


def of_book(pages: Mapping[str, float], sphinx: Spent) -> Iterator[str]:
    """CPU seconds of each page, and of the rest."""
    yield "make: CPU s of the book"
    for name, seconds in sorted(pages.items(), key=lambda pair: -pair[1]):
        yield _line(name, seconds)
    yield _line("Sphinx, on pages that are run", sphinx.cpu)


def of_tests(title: str, found: Mapping[str, tuple[int, Spent]], most: int) -> Iterator[str]:
    """CPU seconds of groups of tests, the dearest first."""
    yield f"{f'make test: {title}':<{WIDTH}}{'CPU s':>9}{'wall s':>9}{'tests':>9}"
    for name, (count, spent) in list(found.items())[:most]:
        yield f"{_short(name):<{WIDTH}}{spent.cpu:9.1f}{spent.wall:9.1f}{count:9d}"


def _line(name: str, seconds: float) -> str:
    return f"{name:<{WIDTH}}{seconds:9.1f}"


def _short(name: str) -> str:
    return name if len(name) < WIDTH else f"…{name[-WIDTH + 3 :]}"
