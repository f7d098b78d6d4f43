"""Where a sandbox can be made it is made; elsewhere a clear message says what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import textwrap
import venv
from pathlib import Path
from typing import Any

import pytest
from host import REPOSITORY

from cvlib.grading.sandbox import fork_server, identity, mounts
from cvlib.grading.sandbox import policy as sandbox
from cvlib.grading.sandbox.policy import Policy, SandboxUnavailable
from cvlib.grading.sandbox.probe import probe
from cvlib.grading.sandbox.session import Session


def test_the_probe_passes_here() -> None:
    probe()


def test_an_environment_below_tmp() -> None:
    """A clone in /tmp once lost its interpreter to the sandbox's own /tmp."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        root = Path(folder)
        venv.create(root / "env", with_pip=False, symlinks=True)
        python = root / "env/bin/python"
        (site,) = (root / "env/lib").glob("python*/site-packages")
        shutil.rmtree(site)
        site.symlink_to(mounts.site_directories()[0])
        code = "from cvlib.grading.sandbox import probe; probe(); print('fine')"
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


def test_without_bubblewrap_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox.bubblewrap.cache_clear()
    fork_server.close_servers()
    try:
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            probe()
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            Session(Policy()).__enter__()
    finally:
        monkeypatch.undo()
        sandbox.bubblewrap.cache_clear()


def test_where_namespaces_are_forbidden_the_message_says_so() -> None:
    inside = [
        *(sandbox.bubblewrap(), "--unshare-user", "--disable-userns", "--dev-bind", "/", "/"),
        *(sys.executable, "-c", "from cvlib.grading.sandbox import probe; probe()"),
    ]
    ran = subprocess.run(inside, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert ran.returncode == 1
    assert "SandboxUnavailable: this system does not let bubblewrap make namespaces" in ran.stderr


def test_another_user_gets_a_sandbox_or_a_clear_message() -> None:
    script = """
        import os
        from cvlib.grading.sandbox import Policy, SandboxUnavailable, probe
        import cvlib.grading.sandbox.session, cvlib.grading.sandbox.cgroup, numpy
        if os.getuid() == 0:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        try:
            probe()
            print("works")
        except SandboxUnavailable as error:
            print(error)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    unreadable = "the Python interpreter is not readable for user 65534"
    assert ran.stdout.strip() == "works" or ran.stdout.startswith(unreadable)


def test_a_grader_who_is_not_root_gets_a_sandbox() -> None:
    """As root, become nobody first, with a way to the interpreter wherever it lies."""
    script = "import os; from cvlib.grading.sandbox import probe; probe(); print(os.getuid())"
    homes = [Path(sys.executable).parent, Path(sys._base_executable).resolve().parent]  # type: ignore[attr-defined]
    needed = [*mounts.needed(), *map(str, homes)]
    command = identity.prepared([sys.executable, "-c", script], needed, ())
    ran = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) != 0 or not identity._possible(tuple(needed))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"withhold": ("a/b",)}, "expected dotted module names, got 'a/b'"),
        ({"withhold": ("numpy.linalg",)}, "the kernel itself needs numpy.linalg"),
        ({"withhold": ("cvlib.check",)}, "the kernel itself needs cvlib.check"),
        ({"files": {"../x": b""}}, "expected a relative path without '..', got '../x'"),
        ({"files": {"/etc/x": b""}}, "expected a relative path"),
        ({"memory_bytes": 0}, "memory_bytes: expected more than 0, got 0"),
    ],
)
def test_a_policy_refuses_nonsense(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Policy(**changes)
