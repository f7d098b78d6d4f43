"""Check every claim of the book: ``python book/claims.py [page ...] [--arithmetic A] [--seeds K]``.

Every page is run under each arithmetic that this machine can do, each time with several disjoint
sets of seeds. The table says what was measured; what broke, a claim or a fact, is named at the end.
``--record`` writes what the book prints on its page of claims. A run is kept until what it used
changes.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from execute import Run, Setting, code_digest, pages_with_code, run_pages
from this_machine import cores, processor

from cvlib.arithmetics import arithmetics
from cvlib.claims import Claim

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "book" / "claims.json"
SEED_SETS = 3


def run_matrix(pages: Sequence[Path], settings: Sequence[Setting], jobs: int) -> list[Run]:
    """Run every page under every setting, and say how far it is; pages in order."""
    work = list(itertools.product(pages, settings))
    runs: dict[tuple[Path, Setting], Run] = {}
    for page, run in run_pages(ROOT, work, jobs=jobs):
        runs[page, run.setting] = run
        told = f"{len(run.broken)} broken" if run.broken else f"{len(run.claims)} claims hold"
        print(f"  {len(runs):>3}/{len(work)}  {run.page}, {run.setting}: {told}", flush=True)
    return [runs[place] for place in work]


def table(runs: Sequence[Run]) -> Iterable[str]:
    """Lay out the claims of each page: the mean under each setting, and the narrowest margin."""
    for page, columns in by_page(runs):
        if not any(run.claims for run in columns):
            continue
        yield f"\n{page}"
        yield "  claim | " + " | ".join(str(run.setting) for run in columns) + " | margin"
        for name, found in by_name(columns):
            values = (f"{c.mean:.4g}" if c else "missing" for c in found)
            known = [c for c in found if c]
            margin = min(c.margin for c in known)
            yield f"  {name} ({known[0].wanted}) | {' | '.join(values)} | {margin:.2f}"
        costs = ", ".join(f"{run.cpu:.0f}" for run in columns)
        yield f"  CPU seconds: {costs}"


def by_page(runs: Sequence[Run]) -> Iterable[tuple[str, list[Run]]]:
    """Group runs, which stand in the order of pages."""
    for page, group in itertools.groupby(runs, key=lambda run: run.page):
        yield page, list(group)


def by_name(columns: Sequence[Run]) -> Iterable[tuple[str, list[Claim | None]]]:
    """Each claim of a page with what was measured under each setting."""
    named = [{c.name: c for c in run.claims} for run in columns]
    for name in dict.fromkeys(itertools.chain.from_iterable(named)):
        yield name, [claims.get(name) for claims in named]


def missing(runs: Sequence[Run]) -> Iterable[str]:
    """Claims that a page made under some settings only."""
    for page, columns in by_page(runs):
        for name, found in by_name(columns):
            without = [str(r.setting) for r, c in zip(columns, found, strict=True) if c is None]
            if without:
                yield f"{page}: the claim {name} was not reached under {'; '.join(without)}"


def record(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what the page of claims prints: every claim under every setting; when and where."""
    pages: dict[str, Any] = {}
    for page, columns in by_page(runs):
        claims = []
        for _, found in by_name(columns):
            known = [c for c in found if c]
            head = {k: v for k, v in asdict(known[0]).items() if k not in _MEASURED}
            values = [[round(v, 6) for v in (c.mean, c.low, c.high)] for c in known]
            claims.append(head | {"seeds": len(known[0].seeds), "measured": values})
        cost = next((r.cpu for r in columns if r.setting == Setting()), columns[0].cpu)
        pages[page] = {"code": code_digest(ROOT / f"{page}.md"), "cpu": cost, "claims": claims}
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "settings": [[s.arithmetic, s.seed_set] for s in dict.fromkeys(r.setting for r in runs)],
        "pages": pages,
    }


_MEASURED = ("mean", "low", "high", "seeds")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Check every claim of the book.")
    parser.add_argument("pages", nargs="*", type=Path, help="these pages only")
    parser.add_argument("--arithmetic", action="append", choices=list(arithmetics()))
    parser.add_argument("--seeds", action="append", type=int, help="these sets of seeds only")
    parser.add_argument(
        "--quick", action="store_true", help="two arithmetics, the widest apart, one set of seeds"
    )
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--record", action="store_true", help=f"write {RECORD.relative_to(ROOT)}")
    told = parser.parse_args()
    known = list(arithmetics())
    chosen = told.arithmetic or (dict.fromkeys([known[0], known[-1]]) if told.quick else known)
    sets = told.seeds or range(1 if told.quick else SEED_SETS)
    settings = [Setting(arithmetic, seed_set) for arithmetic in chosen for seed_set in sets]
    if told.record and told.pages:
        parser.error("--record wants every page")
    pages = [p.resolve() for p in told.pages] or pages_with_code(ROOT)
    runs = run_matrix(pages, settings, told.jobs)
    print(*table(runs), sep="\n")
    broken = [f"{run.page}, {run.setting}: {said}" for run in runs for said in run.broken]
    broken += missing(runs)
    for line in broken:
        print(f"broken: {line}", file=sys.stderr)
    if told.record and not broken:
        RECORD.write_text(json.dumps(record(runs), ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(
        f"{sum(len(run.claims) for run in runs)} claims under {len(settings)} settings: "
        f"{'all hold' if not broken else f'{len(broken)} broken'}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
