"""What a sandboxed interpreter gets to see: bind mounts for what it needs, masks over the rest."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.metadata
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import cvlib

#: Where ``cvlib`` and the launcher appear inside, so that no path of the repository shows.
CVLIB_PARENT = "/opt/cvlib"
INSIDE = "/opt/inside"

SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32")
SYSTEM_LINKS = ("/lib", "/lib32", "/lib64", "/libx32")
#: The loader's cache, alternatives of BLAS, time zones, and the list of processors.
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/sys/devices/system/cpu",
)


def site_directories() -> list[str]:
    """The directories that hold this environment's packages."""
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def interpreter_files() -> Iterator[str]:
    """Every file and directory of the host that the interpreter needs beside system libraries."""
    yield os.path.realpath(sys.executable)
    if sys.base_prefix != "/usr":
        yield str(Path(sys.base_prefix, "lib"))
    yield str(Path(os.__file__).parent)
    yield from site_directories()
    marker = Path(sys.prefix, "pyvenv.cfg")
    if marker.exists():
        yield str(marker)


def needed() -> list[str]:
    """Everything that is mounted from outside the system's own directories."""
    return [*interpreter_files(), cvlib_directory()]


@functools.cache
def interpreter_mounts() -> tuple[str, ...]:
    """The bubblewrap arguments that show the interpreter, system libraries and ``cvlib``."""
    arguments: list[str] = []
    for path in SYSTEM_LIBRARIES:
        arguments += ["--ro-bind-try", path, path]
    for path in SYSTEM_LINKS:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        else:
            arguments += ["--ro-bind-try", path, path]
    for path in SYSTEM_FILES:
        arguments += ["--ro-bind-try", path, path]
    bound = list(SYSTEM_LIBRARIES)
    for path in interpreter_files():
        if not any(Path(path).is_relative_to(d) for d in bound):
            arguments += ["--ro-bind", path, path]
            bound.append(path)
    link = str(Path(sys.prefix, "bin", "python"))
    executable = os.path.realpath(sys.executable)
    if link != executable:
        arguments += ["--symlink", executable, link]
    for path in _foreign_packages():
        arguments += _hide(path)
    arguments += ["--ro-bind", cvlib_directory(), f"{CVLIB_PARENT}/cvlib"]
    here = Path(__file__).parent / "inside"
    for file in sorted(here.glob("*.py")):
        arguments += ["--ro-bind", str(file), f"{INSIDE}/{file.name}"]
    for site in site_directories():
        for name in sorted(os.listdir(site)):
            if "cvlib" in name.lower():  # an installed copy, or a finder that knows the repository
                arguments += _hide(os.path.join(site, name))
    return tuple(arguments)


@functools.lru_cache(maxsize=64)
def masks(withheld: tuple[str, ...]) -> tuple[str, ...]:
    """The bubblewrap arguments that put nothing in the place of each withheld module's files."""
    arguments: list[str] = []
    for name in withheld:
        if name.split(".")[0] == "cvlib":
            for path in _files_of(name, [str(Path(cvlib_directory()).parent)]):
                relative = Path(path).relative_to(Path(cvlib_directory()).parent)
                arguments += _hide(path, f"{CVLIB_PARENT}/{relative}")
            continue
        for site in site_directories():
            for path in _files_of(name, [site]):
                arguments += _hide(path)
            if "." not in name:
                for path in _distributions_of(name, site):
                    arguments += _hide(path)
    return tuple(arguments)


def _hide(path: str, inside: str | None = None) -> list[str]:
    """Arguments that cover a directory with an empty one, or a file with the null device."""
    inside = inside or path
    if os.path.isdir(path):
        return ["--perms", "0555", "--size", "4096", "--tmpfs", inside, "--remount-ro", inside]
    return ["--ro-bind", "/dev/null", inside]


def _files_of(name: str, search: list[str]) -> Iterator[str]:
    """Yield the directory or the files of a module, found without importing anything."""
    parent, _, child = name.rpartition(".")
    directories = search
    for part in [p for p in parent.split(".") if p]:
        directories = [os.path.join(d, part) for d in directories]
    for directory in filter(os.path.isdir, directories):
        if os.path.isdir(os.path.join(directory, child)):
            yield os.path.join(directory, child)
        endings = tuple(importlib.machinery.all_suffixes())
        for place in (directory, os.path.join(directory, "__pycache__")):
            for file in sorted(os.listdir(place)) if os.path.isdir(place) else []:
                if file.split(".")[0] == child and file.endswith(endings):
                    yield os.path.join(place, file)


def _distributions_of(name: str, site: str) -> Iterator[str]:
    """Yield the metadata directories of the distributions that provide a top-level module."""
    for distribution in _providers().get(name, []):
        wanted = distribution.replace("-", "_").lower()
        for file in sorted(os.listdir(site)):
            stem, dot, ending = file.rpartition(".")
            found = stem.split("-")[0].replace(".", "_").lower()
            if ending in ("dist-info", "egg-info") and dot and found == wanted.replace(".", "_"):
                yield os.path.join(site, file)


@functools.cache
def _providers() -> dict[str, list[str]]:
    return {k: sorted(set(v)) for k, v in importlib.metadata.packages_distributions().items()}


def _foreign_packages() -> list[str]:
    """Package directories of other environments that lie inside what is mounted."""
    ours = {os.path.realpath(p) for p in site_directories()}
    roots = [Path("/usr/lib"), Path(sys.base_prefix, "lib")]
    found = {
        str(path)
        for root in roots
        for kind in ("site-packages", "dist-packages")
        for path in (*root.glob(f"python3*/{kind}"), *root.glob(f"{kind}"))
        if path.is_dir() and not path.is_symlink() and os.path.realpath(path) not in ours
    }
    return sorted(found)


def cvlib_directory() -> str:
    return os.path.realpath(next(iter(cvlib.__path__)))
