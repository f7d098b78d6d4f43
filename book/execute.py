"""Execute the pages of the book side by side, into the cache from which Sphinx takes them."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

#: How jupyter-cache reads a MyST page with code.
READER = {"name": "myst_nb_md", "type": "plugin"}


def pages_with_code(root: Path) -> list[Path]:
    """The pages of the table of contents that have a kernel to run in."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    parts = toc.get("parts", [])
    names = [toc["root"], *(c["file"] for part in parts for c in part["chapters"])]
    pages = [root / f"{name}.md" for name in names]
    return [p for p in pages if p.is_file() and "\nkernelspec:" in p.read_text("utf-8")[:600]]


def execute(root: Path, cache_folder: Path, *, timeout: int) -> list[str]:
    """Execute what is not in the cache yet, one process a core; return the pages that failed.

    A page that failed is left to Sphinx, which runs it again and shows the traceback.
    """
    cache = get_cache(str(cache_folder))
    for page in pages_with_code(root):
        cache.add_nb_to_project(str(page), read_data=READER)
    if not cache.list_unexecuted():
        return []
    log = logging.Logger("execute", logging.WARNING)
    result = load_executor("local-parallel", cache, log).run_and_cache(timeout=timeout)
    return sorted({*result.excepted, *result.errored})


def main() -> int:
    """Command line: ``execute.py <root> <cache folder> <seconds for a cell>``."""
    root, folder, timeout = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for page in execute(root, folder, timeout=timeout):
        print(f"  failed: {os.path.relpath(page, root)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
