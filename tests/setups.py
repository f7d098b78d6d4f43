"""What the tests of the set-up need: wheels without content, and environments without packages."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import install  # noqa: E402

#: An address where nobody listens.
NOBODY = "http://127.0.0.1:9"


def make_wheel(folder: Path, name: str, version: str, tag: str, *headers: str) -> None:
    """Write a wheel with nothing in it but its metadata and what torch's says of its build."""
    files = {
        f"{name}/version.py": "cuda: str | None = None\n",
        f"{name}-{version}.dist-info/METADATA": "\n".join(
            ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers, ""]
        ),
        f"{name}-{version}.dist-info/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
        ),
        f"{name}-{version}.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def empty_setup(folder: Path) -> install.Setup:
    """A set-up in an environment without packages, told to a file."""
    venv = folder / "a venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    return install.Setup(venv, install.Teller(io.StringIO()))


def told_by(teller: install.Teller) -> str:
    assert isinstance(teller.stream, io.StringIO)
    return teller.stream.getvalue()


def installer(setup: install.Setup, name: str, folder: Path) -> install.Installer:
    """One of the two that work here, for the environment of a set-up."""
    if name == "pip":
        settings = {"PIP_INDEX_URL": NOBODY, "PIP_EXTRA_INDEX_URL": NOBODY, "PIP_RETRIES": "0"}
        python = [sys.executable, "-m", "pip", "--python", str(setup.python)]
        return install.Installer("pip", (*python, "install"), settings)
    uv = Path(sys.executable).with_name("uv")
    if not uv.is_file():
        pytest.skip("uv is not in this environment")
    empty = (folder / "empty index").as_uri()
    environment = {"UV_CACHE_DIR": str(folder / "cache"), "UV_DEFAULT_INDEX": empty}
    command = (str(uv), "pip", "install", "--python", str(setup.python), "--color", "never")
    return install.Installer("uv", command, environment)
