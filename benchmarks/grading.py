"""How fast is a class graded? ``cvlib-grade run`` against stock ``nbgrader autograde``, one machine.

Run `python benchmarks/grading.py`; `--class`, `--stock` and `--set` change what is measured. Both
grade the same honest class, both on the same two cores, one after the other in this one run; the
comparison counts only if everybody has full marks in every gradebook. Stock grades a sample, since
each of its submissions takes the same seconds: `--stock 200` has it grade all.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from side_by_side import processor

# isort: split
from grading_class.cpu_time import CommandError
from grading_class.measuring import VoidError, Wanted, measure
from grading_class.table import as_json, lines, machine

ASSIGNMENTS = Path(__file__).resolve().parents[1] / "assignments"


def main() -> int:
    """Measure, print the table; 1 when the comparison is void."""
    parser = argparse.ArgumentParser(description="Throughput of grading against stock nbgrader.")
    add = parser.add_argument
    add("--class", dest="students", type=int, default=200, help="students (default 200)")
    add("--stock", type=int, default=20, help="how many of them stock grades (default 20)")
    add("--split", type=int, default=20, help="how many for the split of the time (default 20)")
    add("--set", dest="set_id", default="ps02_convolution", help="the problem set")
    add("--assignments", type=Path, default=ASSIGNMENTS, help="the folder of problem sets")
    add("--cores", type=int, default=2, help="how many cores everything may use (default 2)")
    add("--seed", type=int, default=4, help="seed of the class (default 4)")
    add("--json", type=Path, metavar="FILE", help="write all numbers there, too")
    arguments = parser.parse_args()
    sizes = (arguments.students, arguments.stock, arguments.split, arguments.cores)
    if min(sizes) < 1:
        parser.error("--class, --stock, --split and --cores must be at least 1")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])
    wanted = Wanted(
        assignments=arguments.assignments.resolve(),
        set_id=arguments.set_id,
        students=arguments.students,
        stock=min(arguments.stock, arguments.students),
        split=min(arguments.split, arguments.students),
        seed=arguments.seed,
    )
    folder = Path(tempfile.mkdtemp(prefix="cvlib-benchmark-"))
    try:
        found = measure(wanted, folder, lambda text: print(text, file=sys.stderr, flush=True))
    except (VoidError, CommandError) as error:
        print(f"The comparison is void: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    where = machine(processor())
    print("\n".join(lines(found, where)))
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found, where), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
