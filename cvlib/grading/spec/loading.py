"""Read a problem set from its folder: its exercises, its notebook, and a digest of both."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from cvlib.grading.spec.exercise import ProblemSet

NOTEBOOK = "notebook.md"
#: Under this name the folders of problem sets are packages, wherever they lie.
PACKAGE = "cvlib_assignments"


@dataclass(frozen=True, eq=False)
class LoadedSet:
    """A problem set as read from its folder, with a digest of everything its grades depend on."""

    problem_set: ProblemSet
    directory: Path
    digest: str
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def notebook_path(self) -> Path:
        """The text notebook with the solutions."""
        return self.directory / NOTEBOOK


#: What this process loaded last under each id.
_loaded: dict[str, LoadedSet] = {}


def load_problem_set(assignments: Path | str, set_id: str, *, afresh: bool = False) -> LoadedSet:
    """Load ``assignments/<set_id>``; the error names the missing file or the known sets.

    A set that has not changed is returned as it is, with what its answers have trained, unless it
    is wanted ``afresh``.
    """
    assignments = Path(assignments)
    directory = assignments / set_id
    missing = [f for f in ("__init__.py", NOTEBOOK) if not (directory / f).is_file()]
    if missing:
        known = ", ".join(find_problem_sets(assignments)) or "none"
        raise FileNotFoundError(
            f"problem set {set_id!r} in {assignments}: {', '.join(missing)} not found; "
            f"problem sets there: {known}"
        )
    files = [directory / NOTEBOOK, *sorted(directory.glob("*.py"))]
    sources = {f.name: f.read_bytes() for f in files}
    parts = (
        hashlib.sha256(part).digest() for name in sources for part in (name.encode(), sources[name])
    )
    digest = hashlib.sha256(b"".join(parts)).hexdigest()
    last = _loaded.pop(set_id, None)  # its modules lose their place to those of another folder
    if last is not None and (last.directory, last.digest) == (directory, digest) and not afresh:
        return _loaded.setdefault(set_id, last)
    problem_set: ProblemSet = _import_folder(directory, f"{PACKAGE}.{set_id}").PROBLEM_SET
    if problem_set.id != set_id:
        raise ValueError(f"{directory}: expected the id {set_id!r}, got {problem_set.id!r}")
    loaded = LoadedSet(problem_set, directory, digest, sources)
    return loaded if afresh else _loaded.setdefault(set_id, loaded)


def find_problem_sets(assignments: Path | str) -> list[str]:
    """The ids of all problem sets in a folder, in order."""
    return sorted(p.parent.name for p in Path(assignments).glob("ps*/__init__.py"))


def _import_folder(directory: Path, name: str) -> ModuleType:
    for known in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
        del sys.modules[known]  # of another folder, or of the same before it changed
    importlib.invalidate_caches()
    sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE)).__path__ = []
    spec = importlib.util.spec_from_file_location(
        name, directory / "__init__.py", submodule_search_locations=[str(directory)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect.getsource and dataclasses look here
    spec.loader.exec_module(module)
    return module
