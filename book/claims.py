"""Run the pages under other arithmetics and other seeds: ``python book/claims.py [page ...]``.

Every claim of every page is measured under each arithmetic that this machine can do, each time with
several disjoint sets of seeds. What broke, a claim or a fact, is named at the end. ``--record``
writes what the book prints on its page of claims. A run is kept until its page, the library or
the tools change.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import itertools
import json
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import jupytext
from build import ROOT, code_files, digest
from execute import pages_with_code
from nbclient import NotebookClient
from nbformat import NotebookNode

from cvlib.arithmetics import arithmetics, environment
from cvlib.claims import CLAIMS, JSON, PREFIX, SEED_SET, Claim

SEED_SETS = 3
PAGE_SECONDS = 1800
RECORD = ROOT / "book" / "claims.json"
_KEPT_AS = f"application/papermill.record/{JSON}"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Setting:
    """One column of the matrix."""

    arithmetic: str
    seed_set: int

    def __str__(self) -> str:
        return f"{self.arithmetic}, seeds {self.seed_set}"


@dataclass(frozen=True)
class PageRun:
    """What one page showed under one setting: its claims, the errors of its cells, CPU seconds."""

    page: str
    setting: Setting
    claims: tuple[Claim, ...]
    errors: tuple[str, ...]
    cpu: float

    @property
    def broken(self) -> list[str]:
        """What does not hold, in words."""
        failed = [f"{c.name}: wants {c.wanted}, measured {c}" for c in self.claims if not c.holds]
        return [*failed, *(f"a fact or a cell: {error}" for error in self.errors)]


def read_page(page: Path) -> NotebookNode:
    """Read a page as a notebook that has not been run."""
    return jupytext.reads(page.read_text("utf-8"), fmt="md:myst")


def code_digest(page: Path) -> str:
    """Hash what a page computes: its code cells, and nothing of its text."""
    cells = (c.source for c in read_page(page).cells if c.cell_type == "code")
    return hashlib.sha256("\0".join(cells).encode()).hexdigest()[:16]


def claims_in(notebook: NotebookNode) -> list[Claim]:
    """Return the claims that an executed page left in its outputs, in its order."""
    outputs = (o for c in notebook.cells if c.cell_type == "code" for o in c.get("outputs", ()))
    return [Claim.from_data(output["data"][_KEPT_AS]) for output in outputs if _is_claim(output)]


def _is_claim(output: NotebookNode) -> bool:
    name = output.get("metadata", {}).get("scrapbook", {}).get("name", "")
    return name.startswith(PREFIX)


def measure(page: Path, setting: Setting, folder: Path) -> PageRun:
    """Run a page under a setting, in a process of its own, or take what an earlier run kept."""
    page = page.resolve()
    kept = folder / f"{_run_key(page, setting)}.json"
    if not kept.is_file():
        variables = environment(setting.arithmetic) | {
            SEED_SET: str(setting.seed_set),
            CLAIMS: "record",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")},
        }
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, __file__, "--run-one", str(page), str(kept)]
        subprocess.run(command, env=variables, check=True, stderr=subprocess.DEVNULL)
    data = json.loads(kept.read_text("utf-8"))
    claims = tuple(Claim.from_data(entry) for entry in data["claims"])
    return PageRun(page.stem, setting, claims, tuple(data["errors"]), data["cpu"])


def _run_key(page: Path, setting: Setting) -> str:
    """Name a run by everything that it depends on."""
    parts = [page.stem, code_digest(page), str(setting), digest(ROOT, code_files(ROOT))]
    return hashlib.sha256("\0".join([*parts, platform.processor()]).encode()).hexdigest()[:32]


def run_one(page: Path, result: Path) -> None:
    """Run a page in this process's environment, to its end whatever fails, and write what it was."""
    notebook = read_page(page)
    client = NotebookClient(
        notebook, allow_errors=True, timeout=PAGE_SECONDS, kernel_name="python3",
        resources={"metadata": {"path": str(page.parent)}},
    )  # fmt: skip
    client.execute()
    errors = [
        f"{o.ename}: {o.evalue}".splitlines()[0] + f"  in: {_failed_line(o)}"
        for c in notebook.cells if c.cell_type == "code"
        for o in c.outputs if o.output_type == "error"
    ]  # fmt: skip
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    data = {
        "claims": [asdict(c) for c in claims_in(notebook)],
        "errors": errors,
        "cpu": usage.ru_utime + usage.ru_stime,
    }
    part = result.with_suffix(".part")
    part.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    part.rename(result)


def _failed_line(output: NotebookNode) -> str:
    """The line of the page that an arrow points at in a traceback."""
    marked = [_ANSI.sub("", t) for t in "\n".join(output.traceback).splitlines()]
    arrows = [line.partition("> ")[2] for line in marked if line.startswith("-")]
    return next((a.split(" ", 1)[-1].strip() for a in arrows if a), "")


def run_matrix(pages: Sequence[Path], settings: Sequence[Setting], jobs: int) -> list[PageRun]:
    """Run every page under every setting, some at a time, and say how far it is."""
    folder = ROOT / "_build" / "claims"
    work = list(itertools.product(pages, settings))
    runs = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(measure, page, s, folder): (page, s) for page, s in work}
        for count, future in enumerate(concurrent.futures.as_completed(futures), 1):
            run = future.result()
            runs.append(run)
            told = f"{len(run.broken)} broken" if run.broken else f"{len(run.claims)} claims hold"
            print(f"  {count:>3}/{len(work)}  {run.page}, {run.setting}: {told}", flush=True)
    order = {(p.stem, s): k for k, (p, s) in enumerate(work)}
    return sorted(runs, key=lambda run: order[run.page, run.setting])


def table(runs: Sequence[PageRun]) -> Iterable[str]:
    """Lay out the claims of each page: its mean under each setting, and the narrowest margin."""
    for page, group in itertools.groupby(runs, key=lambda run: run.page):
        columns = list(group)
        names = list(dict.fromkeys(c.name for run in columns for c in run.claims))
        yield f"\n{page}"
        yield "  " + " | ".join(["claim", *(str(run.setting) for run in columns), "margin"])
        for name in names:
            found = [next((c for c in run.claims if c.name == name), None) for run in columns]
            values = ["missing" if c is None else f"{c.mean:.4g}" for c in found]
            margin = min((c.margin for c in found if c is not None))
            first = next(c for c in found if c is not None)
            yield "  " + " | ".join([f"{name} ({first.wanted})", *values, f"{margin:.2f}"])
        yield f"  CPU seconds: {', '.join(f'{run.cpu:.0f}' for run in columns)}"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Check every claim of the book.")
    parser.add_argument("pages", nargs="*", type=Path, help="these pages only")
    parser.add_argument("--arithmetic", action="append", choices=list(arithmetics()))
    parser.add_argument("--seeds", action="append", type=int, help="these sets of seeds only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--run-one", nargs=2, type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.run_one:
        run_one(*told.run_one)
        return 0
    settings = [
        Setting(a, s)
        for a in told.arithmetic or arithmetics()
        for s in (range(SEED_SETS) if told.seeds is None else told.seeds)
    ]
    pages = told.pages or pages_with_code(ROOT)
    runs = run_matrix(pages, settings, told.jobs)
    print(*table(runs), sep="\n")
    broken = [f"{run.page}, {run.setting}: {b}" for run in runs for b in run.broken]
    for line in broken:
        print(f"broken: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
