"""Jupyter's own clients through the provisioner, chosen as any user would choose it."""

from __future__ import annotations

import time
from pathlib import Path

import nbclient
import nbformat
import pytest
from jupyter_client.manager import KernelManager, start_new_kernel
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.provisioner import BubblewrapProvisioner


@pytest.fixture(autouse=True)
def _choose(monkeypatch: pytest.MonkeyPatch) -> None:
    # first the factory of this process: its name, read now, must not come from our variable
    monkeypatch.setattr(
        KernelProvisionerFactory.instance(), "default_provisioner_name", "cvlib-bwrap"
    )
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "cvlib-bwrap")


def test_nbclient_runs_a_notebook_behind_the_wall(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    cells = ["import os\nprint(os.getcwd(), os.listdir('.'))", "open('secret.txt')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = nbclient.NotebookClient(
        notebook,
        kernel_name="python3",
        allow_errors=True,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    assert notebook.cells[0].outputs[0].text == "/home/student/work []\n"
    assert notebook.cells[1].outputs[0].ename == "FileNotFoundError"


def test_a_policy_an_interrupt_and_a_shutdown() -> None:
    manager, client = start_new_kernel(kernel_name="python3", policy=Policy(withhold=("torch",)))
    try:
        provisioner = manager.provisioner
        assert isinstance(provisioner, BubblewrapProvisioner)
        assert provisioner._kernel is not None
        directory = provisioner._kernel.directory
        assert directory is not None
        reply = client.execute_interactive("import torch; torch.nn", timeout=20, output_hook=len)
        assert reply["content"]["evalue"] == "torch is withheld in this exercise"
        waiting = client.execute("print('here', flush=True)\nwhile True: pass")
        while client.get_iopub_msg(timeout=20)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=20)
        assert reply["parent_header"]["msg_id"] == waiting
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert manager.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not manager.is_alive()
    assert not directory.exists()


def test_a_kernel_that_dies_is_seen_to_be_dead() -> None:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        client.execute("import os; os._exit(3)")
        deadline = time.monotonic() + 20
        while manager.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not manager.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_another_language_is_refused() -> None:
    manager = KernelManager(kernel_name="python3")
    assert manager.kernel_spec is not None
    manager.kernel_spec.language = "R"
    with pytest.raises(RuntimeError, match="expected a Python kernel for the sandbox, got 'r'"):
        manager.start_kernel()
