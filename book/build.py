"""Build the book into ``_build/html``: ``python book/build.py [--force]``.

Warnings are errors. A build starts from nothing when the code behind the pages has changed, and is
skipped when nothing has; the page texts alone are rebuilt page by page.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from execute import execute, of_a_child
from this_machine import cores

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("jupyter-book", "Sphinx", "myst-nb", "sphinx-book-theme", "matplotlib", "torch")
_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_STEP = re.compile(r"(reading sources|writing output)\.\.\. +\[ *(\d+)%\] (\S+)")
_TOLD = re.compile(
    r"WARNING|ERROR|[Ee]rror\b|Traceback|Exception|Executing notebook|Executed notebook|^  failed: "
    r"|build (succeeded|finished)|^\S+\.(md|py|toml):\d+"
)
_SILENT = re.compile(r"IPKernelApp|Config\(|Finished generating")


def code_files(root: Path) -> Iterable[Path]:
    """Everything that shapes all pages: the library, the extensions and the settings."""
    yield from (p for p in (root / "cvlib").rglob("*.py") if "grading" not in p.parts)
    yield from (root / "book" / "_ext").rglob("*.py")
    yield from (root / name for name in ("_config.yml", "_toc.yml"))


def static_files(root: Path) -> Iterable[Path]:
    """Styles, scripts and fonts: Sphinx copies them only when it writes a page."""
    yield from (p for p in (root / "book" / "_static").rglob("*") if p.is_file())


def page_files(root: Path) -> Iterable[Path]:
    """Everything else that the site is made of."""
    folders = ["book", "chapters", "assignments", "cvlib/grading", "_build/course/release"]
    for folder in folders:
        for path in (root / folder).rglob("*"):
            if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
                yield path


def digest(root: Path, files: Iterable[Path]) -> str:
    """Hash names and contents of files, with the versions of the tools."""
    total = hashlib.sha256(platform.python_version().encode())
    for name in VERSIONS:
        total.update(f"{name}={version(name)};".encode())
    for path in sorted(set(files)):
        total.update(path.relative_to(root).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def build(root: Path = ROOT, *, force: bool = False) -> Path:
    """Build the site if it is not up to date and return its folder.

    Raises ``RuntimeError`` when the build fails; what Sphinx said is on the terminal.
    """
    site = root / "_build" / "html"
    with _lock(root / "_build" / "book.lock"):
        stamp = root / "_build" / "book.json"
        known = json.loads(stamp.read_text()) if stamp.is_file() else {}
        code = digest(root, code_files(root))
        static = digest(root, static_files(root))
        wanted = {"code": code, "static": static, "pages": digest(root, page_files(root))}
        if not force and known == wanted and (site / "index.html").is_file():
            print(f"book: up to date, open {site / 'index.html'}")
            return site
        stamp.unlink(missing_ok=True)
        if force or known.get("code") != code:
            _remove(root, "html", ".doctrees", ".jupyter_cache")
        elif known.get("static") != static:
            _remove(root, "html")
        start = time.monotonic()
        print("book: building", flush=True)
        print("  running the pages", flush=True)
        broken = execute(root, root / "_build" / ".jupyter_cache", jobs=cores())
        log = _sphinx(root)
        if broken or log:
            # Sphinx does not repeat the warnings of pages it has read, so let it read them again.
            _remove(root, ".doctrees")
            raise RuntimeError(_what_failed(site, broken, log))
        stamp.write_text(json.dumps(wanted))
        print(f"book: built in {time.monotonic() - start:.0f} s, open {site / 'index.html'}")
        return site


def _remove(root: Path, *folders: str) -> None:
    for folder in folders:
        shutil.rmtree(root / "_build" / folder, ignore_errors=True)


def _sphinx(root: Path) -> Path | None:
    """Write the site; where Sphinx warned or failed, return the file with all that it said."""
    command = [sys.executable, "-c", _JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]
    code, heard = _follow(command, root, os.environ | of_a_child(root))
    if code == 0:
        return None
    log = root / "_build" / "book.log"
    log.write_text("\n".join(heard), "utf-8")
    return log


def _what_failed(site: Path, broken: Mapping[str, Sequence[str]], log: Path | None) -> str:
    """Which page failed and of what, where the rest is, and where to read on; a line each."""
    lines = []
    for page, failed in broken.items():
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        lines.append(f"{page} failed: {failed[0]}{more}")
    if not broken:
        lines.append(f"Sphinx warned: see the lines above, or {log}")
    if (site / "index.html").is_file():
        lines.append(f"the rest of the book is there: {site / 'index.html'}")
    else:
        lines.append(f"the book was not built: see {log}")
    return "\n".join(lines)


def _follow(
    command: list[str], root: Path, environment: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Run a command, say how far it is, and return its exit code and all that it said."""
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        text=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    heard: list[str] = []
    for raw in process.stdout:
        line = _ANSI.sub("", raw).rstrip()
        heard.append(line)
        if step := _STEP.search(line):
            print(f"  {step[1]:<15} {step[2]:>3} %  {step[3]}", flush=True)
        elif _TOLD.search(line) and not _SILENT.search(line):
            print(f"  {line}", flush=True)
    return process.wait(), heard


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Let one process build at a time; the next one finds the book up to date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Build the book into _build/html.")
    parser.add_argument("--force", action="store_true", help="build everything again")
    try:
        build(force=parser.parse_args().force)
    except RuntimeError as error:
        for line in str(error).splitlines():
            print(f"book: {line}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
