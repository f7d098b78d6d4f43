"""The set-up takes PyTorch's build for CPUs where no GPU is, from its makers or where pip looks."""

from __future__ import annotations

import platform
import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.setups import NOBODY, empty_setup, installer, make_wheel, told_by

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import machine  # noqa: E402
import torch_build  # noqa: E402

CP = f"cp{sys.version_info.major}{sys.version_info.minor}"
TAG = f"{CP}-{CP}-manylinux_2_28_{platform.machine()}"


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
