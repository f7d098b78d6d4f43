"""How good is every network of stages of 3 and 3 nodes on digits? Errors over seeds.

Run `python benchmarks/architecture_table.py` for a look at two networks from two seeds, with
`--record` for all 36 from 24 seeds: about eight minutes of CPU, and then the record that the
chapter tries its searches on is written anew. A killed run goes on where it was: results are kept
in `_build/`, until the code that makes them changes.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import torch

from cvlib.architecture_search.accelerated import networks as accelerated_networks
from cvlib.architecture_search.experiments import training
from cvlib.architecture_search.experiments.table import (
    RECORD,
    STAGES,
    Table,
    networks,
    save_record,
    train_table,
)
from cvlib.architecture_search.reference.codes import format_code
from cvlib.architecture_search.run_file import RunFile

KEPT = Path(__file__).resolve().parents[1] / "_build" / "architecture_table"


def main() -> None:
    """Train, print the table, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--record", type=Path, nargs="?", const=RECORD, help="train all and write the table there"
    )
    asked = parser.parse_args()
    codes, count = networks(STAGES), asked.seeds
    if asked.record is None:
        show(train_table(codes[:2], range(2), workers=asked.workers))
        return
    versions = f"PyTorch {torch.__version__}, NumPy {np.__version__}, {platform.machine()}"
    with RunFile(KEPT / f"{count}.jsonl", {"versions": versions, "sources": sources()}) as run_file:
        table = train_table(codes, range(count), workers=asked.workers, run_file=run_file)
    table = replace(table, made=f"{date.today().isoformat()}, {versions}")
    save_record(table, asked.record)
    show(table)


def sources() -> str:
    """A digest of the code that decides a result: after a change nothing kept is used again."""
    files = (training.__file__, accelerated_networks.__file__)
    return hashlib.sha256(b"".join(Path(f).read_bytes() for f in files)).hexdigest()


def show(table: Table) -> None:
    """Print each network's errors in percent, with the standard deviation over seeds."""
    print("code           validation error    test error")
    for code, validation, test in zip(table.codes, table.validation, table.test, strict=True):
        cells = [
            f"{100 * (1 - a.mean()):6.2f} ± {100 * a.std(ddof=1):.2f}" for a in (validation, test)
        ]
        print(f"{format_code(code):12}{'':6}{'      '.join(cells)}")


if __name__ == "__main__":
    main()
