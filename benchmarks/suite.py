"""Where does the time of ``make`` and ``make test`` go, and what does a chapter cost?

Run `python benchmarks/suite.py`, on a machine that does nothing else: it takes as long as both in
one process. `--only tests`, `--only book` and `--only sets` do a part; `--set` names problem sets,
and what stands last are tests for pytest, `tests/cvlib -k convolution`.
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grading_class.cpu_time import Counter
from side_by_side import processor
from suite_cost.book import book
from suite_cost.problem_sets import start, steps
from suite_cost.suite import by, each_test
from suite_cost.table import of_book, of_sets, of_tests

from cvlib.grading.spec.loading import find_problem_sets

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("sets", "book", "tests")


def main() -> int:
    """Measure and print, part by part."""
    parser = argparse.ArgumentParser(description="Where the time of make and make test goes.")
    add = parser.add_argument
    add("--only", choices=PARTS, action="append", help="only this part; may be repeated")
    add("--set", dest="sets", action="append", help="only this problem set; may be repeated")
    add("--assignments", type=Path, default=ROOT / "assignments", help="the problem sets")
    add("--json", type=Path, metavar="FILE", help="write all numbers there, too")
    arguments, chosen = parser.parse_known_args()
    parts = arguments.only or PARTS
    found: dict[str, Any] = {}
    with Counter() as counter:
        print(f"{processor()}; processor time: {counter.kind}")
    if "sets" in parts:
        assignments = arguments.assignments.resolve()
        found["sets"] = measure_sets(arguments.sets or find_problem_sets(assignments), assignments)
    if "book" in parts:
        pages, sphinx = book(ROOT)
        show(*of_book(pages, sphinx))
        found["book"] = {"pages": pages, "sphinx": asdict(sphinx)}
    if "tests" in parts:
        found["tests"] = measure_tests(chosen)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def measure_sets(names: list[str], assignments: Path) -> dict[str, Any]:
    """Every step of every problem set."""
    folder = Path(tempfile.mkdtemp(prefix="suite-"))
    try:
        spent = {name: steps(name, assignments, folder) for name in names}
        show(*of_sets(spent, start(names[0], assignments, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {name: {step: asdict(s) for step, s in found.items()} for name, found in spent.items()}


def measure_tests(chosen: list[str]) -> dict[str, dict[str, float]]:
    """The tests by folder, by chapter's room or problem set, by file, and the dearest alone."""
    tests, topics = each_test(ROOT, chosen or ["tests"])
    show(*of_tests("by folder", by(lambda name: name.rpartition("/")[0], tests), 20))
    show(*of_tests("by room and problem set", by(lambda name: topics[name], tests), 60))
    show(*of_tests("by file", by(lambda name: name.partition("::")[0], tests), 40))
    show(*of_tests("the dearest tests", by(str, tests), 30))
    return {name: asdict(spent) for name, spent in tests.items()}


def show(*lines: str) -> None:
    """Print a table when it is known."""
    print("\n" + "\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
