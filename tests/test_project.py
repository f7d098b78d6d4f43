"""The project's own promises: one set of versions, licences, and no generated files in git."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PYPROJECT["optional-dependencies"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split("\n")
    return {
        canonicalize_name(name): pin
        for name, pin in (line.split("==") for line in lines if line.strip())
    }


def requirements() -> list[Requirement]:
    groups = [PYPROJECT["dependencies"], *EXTRAS.values()]
    return [Requirement(text) for group in groups for text in group]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_constraints_pin_a_version_in_the_range_of_pyproject(requirement):
    pin = pins()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pin), f"{requirement} but constraints.txt has {pin}"


@pytest.mark.parametrize("name", sorted(pins()))
def test_the_environment_has_the_pinned_version(name):
    assert version(name).split("+")[0] == pins()[name]


def test_environment_yml_installs_through_the_same_files():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    python = next(d for d in dependencies if isinstance(d, str) and d.startswith("python="))
    assert SpecifierSet(PYPROJECT["requires-python"]).contains(python.removeprefix("python="))
    pip = next(d for d in dependencies if isinstance(d, dict))["pip"]
    extras = ",".join(EXTRAS)
    assert pip == ["-c constraints.txt", f"-e .[{extras}]"]
    assert f'-c constraints.txt -e ".[{extras}]"' in (ROOT / ".ci/setup.sh").read_text().replace(
        "\\\n  ", ""
    )


def test_pip_finds_no_conflict():
    subprocess.run([ROOT / ".venv/bin/python", "-m", "pip", "check"], check=True)


def test_nothing_generated_is_tracked():
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert files
    assert not [f for f in files if re.search(r"\.ipynb$|(^|/)_build/|gradebook\.db$", f)]


def test_files_of_the_library_fit_one_concept():
    long = {
        str(p.relative_to(ROOT)): n
        for p in (ROOT / "cvlib").rglob("*.py")
        if (n := len(p.read_text().splitlines())) > 250
    }
    assert not long


def test_two_processes_share_the_tests_but_not_the_files_that_grade():
    files = ["tests/grading/test_intake.py", "tests/grading/test_sandbox_wire.py",
             "tests/check/test_codec.py"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-v", "-p", "no:cacheprovider", *files],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.findall(r"^\[(gw\d)\].* PASSED (\S+?)::", done.stdout, re.MULTILINE)
    workers = [{worker for worker, file in found if file == wanted} for wanted in files]
    assert len(workers[0]) == len(workers[1]) == 1
    assert set.union(*workers) == {"gw0", "gw1"}
