"""The guides install what is needed: the extra of grading, and Binder."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.metadata
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml
from guides import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def test_binder_installs_what_everybody_else_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    folder = ROOT / ".binder"
    ours = yaml.safe_load((folder / "environment.yml").read_text())["dependencies"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert [d for d in ours if d.startswith("python=")] == [
        d for d in conda if isinstance(d, str) and d.startswith("python=")
    ]
    script = folder / "postBuild"
    assert os.access(script, os.X_OK)
    lines = script.read_text().replace("\\\n  ", "").splitlines()
    assert lines[0] == "#!/bin/bash"
    assert "set -euo pipefail" in lines
    (install,) = [line for line in lines if line.startswith("pip install")]
    assert "-c constraints.txt" in install
    (extras,) = re.findall(r'-e "\.\[([\w,]+)\]"', install)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    assert lines[-1] == "cvlib-grade release"


def test_what_grading_needs_is_in_its_extra() -> None:
    """The guides install ``.[grading]`` and nothing else, in a fresh environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = closure([*project["dependencies"], *project["optional-dependencies"]["grading"]])
    providers = importlib.metadata.packages_distributions()
    folders = [ROOT / "cvlib" / "grading", ROOT / "cvlib" / "check", ROOT / "assignments"]
    files = [p for f in folders for p in f.rglob("*.py")] + [ROOT / "cvlib/datasets/digits.py"]
    ours = {path.stem for path in files} | sys.stdlib_module_names
    for path in files:
        for module in imported(path):
            if module not in ours and not module.startswith("cvlib"):
                from_where = {canonicalize_name(name) for name in providers[module]}
                assert from_where & installed, f"{path.name} imports {module} of {from_where}"


def closure(requirements: list[str]) -> set[str]:
    """What pip installs for these requirements, as far as it is installed here."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if name not in found:
            found.add(name)
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                waiting += importlib.metadata.requires(name) or []
    return found


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
