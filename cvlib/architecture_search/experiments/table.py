"""Every network of a small space, trained from many seeds: a search on it takes no time.

Training them takes minutes, so the table of stages of 3 and 3 nodes on handwritten digits is a
record, made on the date that it holds by ``benchmarks/architecture_table.py --record``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cvlib.architecture_search.evaluation import Evaluator
from cvlib.architecture_search.experiments.training import TEST, VALIDATION, train_code
from cvlib.architecture_search.reference.canonical import canonical_code
from cvlib.architecture_search.reference.codes import Code, all_codes, format_code, parse_code
from cvlib.architecture_search.run_file import RunFile

RECORD = Path(__file__).with_name("digits_3_3.json")
STAGES = (3, 3)
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Accuracies of networks trained from seeds, (networks, seeds), on validation and test images.

    ``made`` is the date and the libraries of a record.
    """

    codes: tuple[Code, ...]
    seeds: tuple[int, ...]
    validation: Array
    test: Array
    made: str = ""

    def row(self, code: Code) -> int:
        """Where the network of a code stands, whichever of its codes it is."""
        return self.codes.index(canonical_code(code))


def networks(stages: Sequence[int] = STAGES) -> tuple[Code, ...]:
    """Every network with so many nodes in its stages, by its canonical code, in their order."""
    return tuple(sorted({canonical_code(code) for code in all_codes(stages)}))


def _train(item: tuple[Code, int], _: int) -> list[float]:
    return list(train_code(*item))


def _name(item: tuple[Code, int]) -> str:
    return f"{format_code(item[0])} from seed {item[1]}"


def train_table(
    codes: Sequence[Code],
    seeds: Sequence[int],
    *,
    workers: int = 1,
    run_file: RunFile | None = None,
) -> Table:
    """Train every network from every seed; with a run file a killed run goes on where it was."""
    items = [(code, seed) for code in codes for seed in seeds]
    with Evaluator(_train, workers=workers, run_file=run_file, name=_name) as evaluate:
        measured = np.array(evaluate(items)).reshape(len(codes), len(seeds), 2)
    return Table(tuple(codes), tuple(seeds), measured[..., 0], measured[..., 1])


def save_record(table: Table, path: Path) -> None:
    """Write a table as counts of images, a line a network, so that records can be compared."""
    sizes = {"validation": VALIDATION, "test": TEST}
    lines = [
        json.dumps(
            {"code": format_code(code)}
            | {
                part: np.rint(getattr(table, part)[row] * size).astype(int).tolist()
                for part, size in sizes.items()
            }
        )
        for row, code in enumerate(table.codes)
    ]
    head = {"made": table.made, "seeds": [*table.seeds], "images": sizes}
    entries = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    entries.append('"right": [\n' + ",\n".join(lines) + "\n]")
    path.write_text("{" + ",\n".join(entries) + "}\n", "utf-8")


def load_record(path: Path = RECORD) -> Table:
    """Read a table that was written before.

    Raises ValueError where a network has another number of counts than there are seeds.
    """
    data = json.loads(path.read_text("utf-8"))
    rows = data["right"]
    for row in rows:
        if not len(row["validation"]) == len(row["test"]) == len(data["seeds"]):
            raise ValueError(
                f"{path.name}: network {row['code']} must have {len(data['seeds'])} counts, one a "
                f"seed, got {len(row['validation'])} and {len(row['test'])}"
            )
    validation, test = (
        np.array([row[part] for row in rows]) / data["images"][part]
        for part in ("validation", "test")
    )
    codes = tuple(parse_code(row["code"]) for row in rows)
    return Table(codes, tuple(data["seeds"]), validation, test, data["made"])
