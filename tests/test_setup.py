"""The set-up: pip's settings reach uv, the CPU's PyTorch where no GPU is, and causes are told."""

from __future__ import annotations

import io
import os
import platform
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import install  # noqa: E402
import machine  # noqa: E402
import pip_settings  # noqa: E402
import torch_build  # noqa: E402

CP = f"cp{sys.version_info.major}{sys.version_info.minor}"
#: An address where nobody listens.
NOBODY = "http://127.0.0.1:9"
TAG = f"{CP}-{CP}-manylinux_2_28_{platform.machine()}"


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


# --- pip's settings in uv's words ----------------------------------------------------------------

LISTED = """\
:env:.find-links='/srv/wheels'
global.constraint='/etc/limits.txt'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.find-links='/opt/a /opt/b'
global.index-url='https://all.example/simple'
install.index-url="https://ours.example/simple"
list.format='columns'
"""


def test_the_narrower_setting_of_pip_wins():
    found = pip_settings.parse(LISTED)
    assert found["find-links"] == "/srv/wheels"
    assert found["index-url"] == "https://ours.example/simple"
    assert "format" not in found


def test_uv_looks_where_pip_looks():
    variables = pip_settings.uv_environment(pip_settings.parse(LISTED), {})
    assert variables == {
        "UV_DEFAULT_INDEX": "https://ours.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/srv/wheels",
        "UV_CONSTRAINT": "/etc/limits.txt",
    }


def test_what_the_user_told_uv_stays():
    variables = pip_settings.uv_environment({"index-url": "https://a"}, {"UV_DEFAULT_INDEX": "b"})
    assert variables == {}


def test_the_settings_of_this_pip_are_read():
    environment = {**os.environ, "PIP_FIND_LINKS": "/nowhere/at/all"}
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert pip_settings.parse(listed)["find-links"] == "/nowhere/at/all"


def test_the_cache_stays_where_links_can_reach_it(tmp_path):
    assert pip_settings.uv_cache(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "cache")}) is None
    assert pip_settings.uv_cache(tmp_path, {"UV_CACHE_DIR": "/elsewhere"}) is None


def test_a_home_that_cannot_be_written_is_not_used(tmp_path):
    (tmp_path / "file").touch()
    cache = pip_settings.uv_cache(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "file")})
    assert cache == tmp_path / "uv-cache"


# --- which PyTorch -------------------------------------------------------------------------------


def test_cuda_is_for_gpus_and_for_those_who_ask():
    on_linux = sys.platform == "linux"
    assert torch_build.wants_cpu("auto", [])[0] is on_linux
    assert torch_build.wants_cpu("auto", ["NVIDIA H200"])[0] is False
    assert torch_build.wants_cpu("cuda", [])[0] is False
    assert torch_build.wants_cpu("cpu", ["NVIDIA H200"])[0] is True
    with pytest.raises(ValueError, match="expected auto, cpu or cuda, got gpu"):
        torch_build.wants_cpu("gpu", [])


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """An index on this machine with a CPU wheel of the pinned PyTorch, laid out as its makers'."""
    folder = tmp_path / "index" / "torch"
    folder.mkdir(parents=True)
    make_wheel(folder, "torch", f"{machine.pins()['torch']}+cpu", TAG)
    (wheel,) = (path.name for path in folder.iterdir())
    link = wheel.replace("+", "%2B")
    (folder / "index.html").write_text(f'<a href="{link}">{wheel}</a>')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "index"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_index_is_asked_for_the_wheel_of_this_machine(index):
    assert torch_build.missing_from(index, machine.pins()["torch"]) == ""
    assert torch_build.missing_from(index, "0.1") == "no such wheel"
    assert torch_build.missing_from(f"{index}/none", "0.1") == "File not found"


def test_an_index_that_never_answers_is_given_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        said = torch_build.missing_from(address, "1.0", seconds=0.5)
    assert said in ("timed out", "no answer in 0 s")


@pytest.mark.parametrize("name", ["pip", "uv"])
def test_the_cpu_build_comes_from_its_makers_where_no_gpu_is(name, index, tmp_path, monkeypatch):
    setup = empty_setup(tmp_path)
    monkeypatch.setenv("TORCH", "cpu")
    monkeypatch.setenv("TORCH_INDEX", index)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    setup.torch(installer(setup, name, tmp_path))
    assert machine.installed(setup.venv) == {"torch": f"{machine.pins()['torch']}+cpu"}
    assert machine.has_cuda(setup.venv) is False
    assert f"TORCH=cpu: PyTorch's build for CPUs, from {index}" in told_by(setup.teller)


@pytest.mark.parametrize("name", ["pip", "uv"])
def test_a_cpu_build_that_pip_is_led_to_is_taken_first(name, tmp_path, monkeypatch):
    setup = empty_setup(tmp_path)
    make_wheel(tmp_path, "torch", f"{machine.pins()['torch']}+cpu", TAG)
    make_wheel(tmp_path, "torch", machine.pins()["torch"], TAG)
    monkeypatch.setenv("TORCH", "cpu")
    monkeypatch.setenv("TORCH_INDEX", NOBODY)
    for places in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(places, str(tmp_path))
    setup.torch(installer(setup, name, tmp_path))
    assert machine.installed(setup.venv) == {"torch": f"{machine.pins()['torch']}+cpu"}
    assert "from where pip is set up to look" in told_by(setup.teller)


def test_without_that_index_the_gigabytes_are_announced(tmp_path, monkeypatch):
    setup = empty_setup(tmp_path)
    monkeypatch.setenv("TORCH", "cpu")
    monkeypatch.setenv("TORCH_INDEX", NOBODY)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    setup.torch(installer(setup, "pip", tmp_path))
    assert machine.installed(setup.venv) == {}
    assert "3 GB of CUDA" in told_by(setup.teller)


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


# --- what is said --------------------------------------------------------------------------------


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


# --- which Python --------------------------------------------------------------------------------


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for the PATH with what the script needs and no Python, and a Python that is old."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "sed", "seq", "id", "dirname", "mktemp", "rm", "tail"):
        folder.joinpath(name).symlink_to(Path("/usr/bin", name))
    old = folder / "python3"
    old.write_text("#!/bin/bash\n[[ $2 == *platform* ]] && echo 3.9.2 || exit 1\n")
    old.chmod(0o755)
    return folder


def run_script(tools: Path, venv: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", ".ci/setup.sh", "python3", str(venv)],
        cwd=ROOT,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_too_old_is_named(tools, tmp_path):
    done = run_script(tools, tmp_path / "venv")
    assert done.returncode == 1
    assert "Python 3.11 to 3.14 is needed, and python3 is 3.9.2" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_newer_python_beside_it_is_taken(tools, tmp_path):
    name = f"python3.{sys.version_info.minor}"
    (tools / name).write_text(
        f'#!/bin/bash\n[[ $1 == -c ]] && exec "{sys.executable}" "$@"\nexit 7\n'
    )
    (tools / name).chmod(0o755)
    done = run_script(tools, tmp_path / "venv")
    assert f"python3 is 3.9.2, and Python 3.11 to 3.14 is needed: using {name}" in done.stdout
    assert done.returncode == 7
