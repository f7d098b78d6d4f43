"""The project's own promises: one set of versions, licences, and no generated files in git."""

import os
import re
import subprocess
import sys
import tomllib
from email.message import Message
from importlib.metadata import distribution, version
from pathlib import Path
from typing import cast

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from cvlib.grading.spec.loading import find_problem_sets
from tests.groups import shared_by, topic
from tests.without import lacking

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PYPROJECT["optional-dependencies"]
#: What installs the others, where it is to be had; nothing depends on it.
INSTALLER = "uv"
#: Where a page says which Pythons will do.
PROMISE = re.compile(r"Python (3\.\d+) (?:to (3\.\d+)|or newer)")


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split("\n")
    wanted = [Requirement(line) for line in lines if line.strip()]
    return {
        canonicalize_name(r.name): str(r.specifier).removeprefix("==")
        for r in wanted
        if r.marker is None or r.marker.evaluate()
    }


def requirements() -> list[Requirement]:
    groups = [PYPROJECT["dependencies"], *EXTRAS.values()]
    return [Requirement(text) for group in groups for text in group]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_constraints_pin_a_version_in_the_range_of_pyproject(requirement):
    pin = pins()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pin), f"{requirement} but constraints.txt has {pin}"


def promised() -> list[str]:
    """The Pythons of the README's promise: 3.11 to 3.14 are four."""
    promise = PROMISE.search((ROOT / "README.md").read_text())
    assert promise is not None
    oldest, newest = promise.groups()
    return [f"3.{n}" for n in range(int(oldest[2:]), int(newest[2:]) + 1)]


@pytest.mark.parametrize("name", sorted({*pins()} - {INSTALLER}))
def test_the_environment_has_the_pinned_version(name):
    assert version(name).split("+")[0] == pins()[name]


@pytest.mark.parametrize("name", sorted({*pins()} - {INSTALLER}))
def test_a_pin_installs_on_every_python_that_the_readme_promises(name):
    metadata = cast(Message, distribution(name).metadata)
    wanted = SpecifierSet(metadata.get("Requires-Python") or "")
    too_old = [python for python in promised() if not wanted.contains(f"{python}.0")]
    assert not too_old, f"{name}=={pins()[name]} wants Python {wanted}, not {', '.join(too_old)}"


def test_the_promise_is_the_same_everywhere():
    ours = SpecifierSet(PYPROJECT["requires-python"])
    assert [p for p in (f"3.{n}" for n in range(30)) if ours.contains(p)] == promised()
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "book").rglob("*.md")]
    said = {page.name: PROMISE.findall(page.read_text("utf-8")) for page in pages}
    wrong = {name: s for name, s in said.items() if {*s} - {(promised()[0], promised()[-1])}}
    assert not wrong
    assert said["install.md"]
    assert said["start.md"]


def test_environment_yml_installs_through_the_same_files():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    python = next(d for d in dependencies if isinstance(d, str) and d.startswith("python="))
    assert SpecifierSet(PYPROJECT["requires-python"]).contains(python.removeprefix("python="))
    pip = next(d for d in dependencies if isinstance(d, dict))["pip"]
    everything = f".[{','.join(EXTRAS)}]"
    assert pip == ["-c constraints.txt", f"-e {everything}"]
    assert (
        f'("-c", "constraints.txt", "-e", "{everything}")' in (ROOT / ".ci/install.py").read_text()
    )


def test_pip_finds_no_conflict():
    subprocess.run([sys.executable, "-m", "pip", "check"], check=True)


@pytest.mark.parametrize(
    ("module", "slow"),
    [("nbformat", "rfc3987_syntax"), ("cvlib.claims", "scipy.stats"), ("cvlib", "torch")],
)
def test_what_every_process_imports_leaves_out_what_takes_a_second(module, slow):
    """jsonschema from 4.25 on has nbformat build a grammar of addresses in each of them."""
    said = f"import sys, {module}; sys.exit({slow!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", said], check=True)


def test_nothing_generated_is_tracked():
    listed = subprocess.run(
        "git ls-files", shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )
    files = listed.stdout.split()
    if not files:
        lacking(f"no clone that git can list: {listed.stderr.strip()}")
    assert not [f for f in files if re.search(r"\.ipynb$|(^|/)_build/|gradebook\.db$", f)]


def suite(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run tests of this suite in two processes."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-v", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_what_shares_something_runs_in_one_process():
    files = [f"tests/grading/test_{name}.py" for name in ("intake", "sandbox_wire")]
    sets = [f"tests/assignments/test_ps_{name}.py" for name in ("cases", "notebook")]
    done = suite(*files, *sets, "-k", "intake or wire or points_are_whole or headings_show")
    assert done.returncode == 0, done.stdout
    workers: dict[str, set[str]] = {}
    for worker, test in re.findall(r"^\[(gw\d)\].* PASSED (\S+)", done.stdout, re.MULTILINE):
        workers.setdefault(shared_by(test), set()).add(worker)
    assert set(workers) == {*files, *find_problem_sets(ROOT / "assignments")}
    assert all(len(found) == 1 for found in workers.values())
    assert set.union(*workers.values()) == {"gw0", "gw1"}


def test_a_room_whose_tests_cost_too_much_fails_the_suite():
    file = "tests/cvlib/test_datasets_idx.py"
    done = suite(file, CVLIB_TEST_BUDGET="0.0001")
    assert done.returncode == 1, done.stdout
    assert "over budget: the tests of datasets" in done.stdout


def test_a_test_is_about_a_room_a_problem_set_or_a_folder():
    assert topic("tests/cvlib/test_receptive_field_graphs.py::test_x[a]") == "receptive_field"
    assert topic("tests/assignments/test_ps_cases.py::test_y[ps02_convolution-conv2d]") == (
        "ps02_convolution"
    )
    assert topic("tests/grading/test_cli.py::test_z") == "tests/grading"
