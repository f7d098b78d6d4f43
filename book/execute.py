"""Run the pages of the book, several at a time, and keep each run until something it used changes.

A run is kept with the digests of what it used: the page's code, the rooms of the library that it
imported, the versions, the processor, the arithmetic and the seeds. The build puts the runs of this
machine's own arithmetic into the cache from which Sphinx takes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import myst_nb_reader_plugin
from this_machine import cpuinfo, processor

from cvlib.arithmetics import OWN, environment
from cvlib.claims import SEED_SET, Claim

#: How jupyter-cache reads a MyST page with code.
READER = {"name": "myst_nb_md", "type": "plugin"}
CELL_SECONDS = 600
VERSIONS = ("matplotlib", "myst-nb", "numpy", "scikit-image", "scikit-learn", "scipy", "torch")
_FONTS = Lock()
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


@dataclass(frozen=True)
class Setting:
    """Under which arithmetic and with which set of seeds a page is run."""

    arithmetic: str = OWN
    seed_set: int = 0

    def __str__(self) -> str:
        return f"{self.arithmetic}, seeds {self.seed_set}"


@dataclass(frozen=True)
class Run:
    """What a page did under a setting: its claims, failed cells, its CPU seconds and a loop's."""

    page: str
    setting: Setting
    claims: tuple[Claim, ...]
    errors: tuple[str, ...]
    cpu: float
    calibration: float
    notebook: str

    @property
    def broken(self) -> list[str]:
        """What does not hold, in a line each."""
        failed = [
            f"the claim {c.name}, “{c.sentence}”, wants {c.wanted}, measured {c}"
            for c in self.claims if not c.holds
        ]  # fmt: skip
        return [*failed, *self.errors]


def pages_with_code(root: Path) -> list[Path]:
    """The pages of the table of contents that have a kernel to run in."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    parts = toc.get("parts", [])
    names = [toc["root"], *(c["file"] for part in parts for c in part["chapters"])]
    pages = [root / f"{name}.md" for name in names]
    return [p for p in pages if p.is_file() and "\nkernelspec:" in p.read_text("utf-8")[:600]]


def name_of(root: Path, page: Path) -> str:
    """Name a page as the table of contents does."""
    return page.resolve().relative_to(root.resolve()).with_suffix("").as_posix()


def code_digest(page: Path) -> str:
    """Hash what a page computes: its code cells, and nothing of its text."""
    cells = [c.source for c in myst_nb_reader_plugin(str(page)).cells if c.cell_type == "code"]
    return hashlib.sha256("\0".join(cells).encode()).hexdigest()[:16]


def run_page(root: Path, page: Path, setting: Setting = Setting()) -> Run:
    """Return a kept run of the page that is still good, or run it in a process of its own."""
    kept = root / "_build" / "runs" / f"{_key(root, page, setting)}.json"
    data = json.loads(kept.read_text("utf-8")) if kept.is_file() else None
    if data is None or data["errors"] or data["used"] != _digests(root, data["used"]):
        data = _run(root, page, setting, kept)
    claims = tuple(Claim.from_data(entry) for entry in data["claims"])
    return Run(name_of(root, page), setting, claims, tuple(data["errors"]), data["cpu"],
               data["calibration"], data["notebook"])  # fmt: skip


def run_pages(
    root: Path, work: Sequence[tuple[Path, Setting]], *, jobs: int
) -> Iterator[tuple[Path, Run]]:
    """Run pages under settings, the longest first, and yield each when it is done."""
    first = {page: k for k, page in enumerate(in_order(root, [page for page, _ in work]))}
    ordered = sorted(work, key=lambda w: first[w[0]])
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        futures = {pool.submit(run_page, root, page, setting): page for page, setting in ordered}
        for future in as_completed(futures):
            yield futures[future], future.result()


def in_order(root: Path, pages: Iterable[Path]) -> list[Path]:
    """Pages as they are best run: those of which nothing is known, then the longest first."""
    costs = known_costs(root)
    return sorted(dict.fromkeys(pages), key=lambda p: -costs.get(name_of(root, p), 1e9))


def known_costs(root: Path) -> dict[str, float]:
    """What each page cost when it last ran here, else when the book's record was made."""
    costs: dict[str, float] = {}
    for path in (root / "book" / "claims.json", root / "_build" / "pages.json"):
        if path.is_file():
            pages = json.loads(path.read_text("utf-8"))
            pages = pages.get("pages", pages)
            costs |= {name: entry["cpu"] for name, entry in pages.items()}
    return costs


def execute(root: Path, cache_folder: Path, *, jobs: int) -> dict[str, list[str]]:
    """Bring the pages into the cache of executed pages; return what broke, by page.

    Raises RuntimeError for a page that could not be run at all.
    """
    cache = get_cache(str(cache_folder))
    broken: dict[str, list[str]] = {}
    costs: dict[str, dict[str, float]] = {}
    pages = pages_with_code(root)
    for count, (page, run) in enumerate(
        run_pages(root, [(p, Setting()) for p in pages], jobs=jobs), 1
    ):
        print(f"  {count:>3}/{len(pages)}  {run.page}", flush=True)
        cache.add_nb_to_project(str(page), read_data=READER)
        cache.cache_notebook_bundle(
            CacheBundleIn(nbformat.reads(run.notebook, 4), str(page)),
            check_validity=False, overwrite=True,
        )  # fmt: skip
        costs[run.page] = {"cpu": run.cpu, "calibration": run.calibration}
        if run.broken:
            broken[run.page] = run.broken
    (root / "_build" / "pages.json").write_text(json.dumps(costs, indent=1))
    return broken


def of_a_child(root: Path) -> dict[str, str]:
    """What whoever runs pages or builds the site is told: this library, and a thread each."""
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**THREADS, "PYTHONPATH": os.pathsep.join(paths)}


def own_settings(root: Path) -> dict[str, str]:
    """Where Matplotlib and IPython keep settings and caches, away from those of whoever builds.

    A reader's own styles and start-up files shape no page, a home need not be writable, and no page
    is the one that pays for the list of fonts, which is made here and announced on stderr.
    """
    places = {"MPLCONFIGDIR": "matplotlib", "IPYTHONDIR": "ipython"}
    settings = {name: str(root / "_build" / folder) for name, folder in places.items()}
    with _FONTS:
        if not list(Path(settings["MPLCONFIGDIR"]).glob("fontlist-*.json")):
            for folder in settings.values():
                Path(folder).mkdir(parents=True, exist_ok=True)
            subprocess.run(
                [sys.executable, "-c", "import matplotlib.font_manager"],
                env=os.environ | settings, capture_output=True, check=True,
            )  # fmt: skip
    return settings


def _run(root: Path, page: Path, setting: Setting, kept: Path) -> dict[str, Any]:
    variables = environment(setting.arithmetic) | of_a_child(root) | {
        SEED_SET: str(setting.seed_set),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **own_settings(root),
    }  # fmt: skip
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_suffix(".fresh")
    script = str(Path(__file__).with_name("run_page.py"))
    done = subprocess.run(
        [sys.executable, script, str(page), str(fresh), str(CELL_SECONDS)],
        cwd=root, env=variables, text=True, capture_output=True,
    )  # fmt: skip
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(f"{name_of(root, page)} could not be run: {said[-1] if said else ''}")
    data = json.loads(fresh.read_text("utf-8"))
    data["used"] = _digests(root, _rooms(root, data.pop("imported")))
    fresh.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    fresh.rename(kept)
    return data


def _key(root: Path, page: Path, setting: Setting) -> str:
    """Name a run by all that it depends on except the library."""
    versions = ";".join(f"{name}={version(name)}" for name in VERSIONS)
    machine = [platform.machine(), platform.python_version(), processor(), cpuinfo("flags")]
    parts = [name_of(root, page), code_digest(page), str(setting), versions, *machine]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _rooms(root: Path, imported: Iterable[str]) -> list[str]:
    """The parts of the library, rooms or single files, in which a page's imports lie.

    A whole room, because what a page has run in another process is not in its imports.
    """
    library = root / "cvlib"
    inside = [Path(p).relative_to(library) for p in imported if Path(p).is_relative_to(library)]
    return sorted({path.parts[0] for path in inside})


def _digests(root: Path, rooms: Iterable[str]) -> dict[str, str]:
    return {room: _digest(root / "cvlib" / room) for room in rooms}


def _digest(place: Path) -> str:
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    total = hashlib.sha256()
    for path in files:
        total.update(path.relative_to(place.parent).as_posix().encode())
        total.update(path.read_bytes() if path.is_file() else b"")
    return total.hexdigest()[:16]
