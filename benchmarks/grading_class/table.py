"""The table of the benchmark, and the same as JSON."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from grading_class.cpu_time import Counter
from grading_class.measuring import Measured, Serial
from grading_class.split import SANDBOXES

GOALS = {"ratio": 12.0, "ratio_through": 5.0, "overhead": 0.3}
PACKAGES = ("nbgrader", "nbconvert", "ipykernel", "distributed", "numpy", "torch")


def machine(processor: str) -> dict[str, Any]:
    """The machine and the versions; ``cpu_counter`` says how processor time was counted."""
    with Counter() as counter:
        kind = counter.kind
    versions = {"Python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in PACKAGES}
    cores = len(os.sched_getaffinity(0))
    return {"processor": processor, "cores": cores, "versions": versions, "cpu_counter": kind}


def as_json(found: Measured, where: dict[str, Any]) -> dict[str, Any]:
    """Everything measured and derived, in seconds."""
    wanted = asdict(found.wanted) | {"assignments": str(found.wanted.assignments)}
    names = ("ratio", "ratio_to_two", "ratio_through", "overhead")
    return where | {
        "wanted": wanted,
        "ours": asdict(found.ours),
        "through": asdict(found.through),
        "stock": asdict(found.stock),
        "two_stock_each": found.two_stock,
        "floor": found.floor,
        "split": found.split,
        "goals": GOALS,
        **{name: getattr(found, name) for name in names},
    }


def lines(found: Measured, where: dict[str, Any]) -> Iterator[str]:
    """The table, line by line."""
    students = found.wanted.students
    ours = found.ours
    yield f"{where['processor']}; {where['cores']} cores"
    yield ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    yield f"{found.wanted.set_id}, {students} honest students, all with full marks everywhere"
    yield ""
    heads = f"{'measured':>9}{'start s':>9}{'each s':>8}{'CPU s':>8}{'class s':>9}{'ratio':>7}"
    yield f"{'':<34}{heads}"
    yield _row("stock nbgrader autograde", found.stock, students, 1.0)
    yield (
        f"{'  two of them, half a class each':<34}{'':>9}{found.stock.start.wall:9.1f}"
        f"{found.two_stock:8.2f}{'':>8}"
        f"{found.stock.start.wall + students * found.two_stock:9.0f}"
        f"{found.ratio / found.ratio_to_two:7.1f}"
    )
    yield _row("nbgrader autograde, our plugins", found.through, students, found.ratio_through)
    yield (
        f"{'cvlib-grade run':<34}{students:9d}{'':>9}{ours.wall / students:8.2f}"
        f"{ours.cpu / students:8.2f}{ours.wall:9.0f}{found.ratio:7.1f}"
    )
    yield ""
    yield (
        "each s, CPU s: by the clock on the wall and of processor time, a submission. start s: "
        "what the command does once.\nclass s: start + students × each, of which `measured` "
        "were graded; cvlib-grade run was measured whole, from start to end."
    )
    yield ""
    yield f"{'':<52}{'measured':>9}{'goal':>8}"
    yield _goal("throughput over stock", found.ratio, "ratio", "≥")
    yield f"{'  over two stock commands at once':<52}{found.ratio_to_two:9.1f}"
    yield _goal(
        "throughput over stock, by the same command", found.ratio_through, "ratio_through", "≥"
    )
    yield _goal("overhead, CPU s a submission", found.overhead, "overhead", "<")
    yield f"{'  the whole run':<52}{ours.cpu / students:9.3f}"
    yield f"{'  less its own code, in a warm process':<52}{found.floor:9.3f}"
    yield ""
    yield from _split(found, where["cores"])
    yield ""
    yield f"Processor time: {where['cpu_counter']}."


def _row(name: str, serial: Serial, students: int, ratio: float) -> str:
    return (
        f"{name:<34}{serial.students:9d}{serial.start.wall:9.1f}{serial.each.wall:8.2f}"
        f"{serial.each.cpu:8.2f}{serial.whole(students):9.0f}{ratio:7.1f}"
    )


def _goal(name: str, value: float, goal: str, sign: str) -> str:
    form = f"{value:9.3f}" if value < 1 else f"{value:9.1f}"
    return f"{name:<52}{form}{f'{sign} {GOALS[goal]:g}':>8}"


def _split(found: Measured, cores: int) -> Iterator[str]:
    """Where the time goes: a run of fewer, in one process."""
    graded = found.split["graded"]
    each = {name: s / graded for name, s in found.split["each"].items()}
    yield f"CPU ms a submission, in one process on {graded} submissions"
    for name, seconds in sorted(each.items(), key=lambda pair: -pair[1]):
        yield f"  {name:<50}{1e3 * seconds:9.1f}"
    yield "CPU s once"
    for name, seconds in sorted(found.split["once"].items(), key=lambda pair: -pair[1]):
        yield f"  {name:<50}{seconds:9.2f}"
    students = found.wanted.students
    again = (min(cores, students) - 1) * found.split["once"].get(SANDBOXES, 0.0)
    yield f"  {'starting the sandboxes of the other workers':<50}{again:9.2f}"
    once = again + sum(found.split["once"].values())
    rest = found.ours.cpu - once - students * sum(each.values())
    yield f"  {'the whole run, less all of these':<50}{rest:9.2f}"
    yield (
        "The last line compares two measurements: it holds the worker processes and their "
        "messages,\nand whatever made a submission dearer in the one process; it may be negative."
    )
