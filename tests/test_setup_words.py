"""What the set-up says: the cause of a failure, and a few plain lines on the way."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.setups import empty_setup, installer, make_wheel, told_by

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import install  # noqa: E402


@pytest.mark.parametrize("name", ["pip", "uv"])
def test_the_cause_of_a_failure_is_told_and_all_is_kept(name, tmp_path):
    setup = empty_setup(tmp_path)
    make_wheel(tmp_path, "newer", "1.0", "py3-none-any", "Requires-Python: >=99")
    make_wheel(tmp_path, "course", "1.0", "py3-none-any", "Requires-Dist: newer==1.0")
    offline = ("--no-index", "--find-links", str(tmp_path), "course")
    said = setup.run(installer(setup, name, tmp_path), *offline)
    assert said is not None
    told = "\n".join(install.cause(said))
    assert "newer" in told
    assert ">=99" in told
    kept = setup.log.read_text("utf-8")
    assert all(line in kept for line in said)


def test_the_log_keeps_no_password(tmp_path):
    setup = empty_setup(tmp_path)
    address = "http://me:secret@127.0.0.1:9/simple"
    setup.run(install.Installer("echo", ("echo",), {}), "--index-url", address)
    assert "secret" not in setup.log.read_text("utf-8").splitlines()[0]


def test_an_installer_that_is_killed_says_so(tmp_path):
    setup = empty_setup(tmp_path)
    killed = install.Installer("pip", ("bash", "-c", "echo Collecting a; kill -9 $$"), {})
    said = setup.run(killed)
    assert said is not None
    assert install.cause(said) == ["ERROR: pip was ended by signal 9"]


def test_the_cause_fits_a_screen():
    said = ["Collecting a", f"ERROR: no version (from versions: {'1.0, ' * 500})", *["more"] * 99]
    told = install.cause(said)
    assert told[0].startswith("ERROR: no version")
    assert len(told) == install.CAUSE_LINES
    assert max(map(len, told)) < 240


SAID_BY_PIP = [f"Collecting package-{n}" for n in range(60)] + ["Installing collected packages: a"]
SAID_BY_UV = """\
Resolved 198 packages in 1s
Downloading torch (182.9MiB)
Downloading six (12.0KiB)
 Downloaded torch
Prepared 197 packages in 4s
Installed 198 packages in 1s""".splitlines()


def test_a_log_gets_a_few_plain_lines():
    stream = io.StringIO()
    teller = install.Teller(stream)
    for lines in (SAID_BY_PIP, SAID_BY_UV):
        for text, notable in install.steps(iter(lines), 195):
            teller.step(text, notable=notable)
    assert stream.getvalue().splitlines() == [
        "    fetching 25 of about 195: package-24",
        "    fetching 50 of about 195: package-49",
        "    unpacking",
        "    fetching torch (182.9MiB)",
        "    unpacking",
        "    compiling",
    ]


class Terminal(io.StringIO):
    """A stream that says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_changes():
    teller = install.Teller(Terminal())
    for text, notable in install.steps(iter(SAID_BY_PIP), 195):
        teller.step(text, notable=notable)
    teller.say("ready")
    said = told_by(teller)
    assert said.count("\n") == 1
    assert said.count("\r") == len(SAID_BY_PIP) + 1
