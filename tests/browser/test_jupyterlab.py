"""The released notebook in a real JupyterLab: ``check`` answers, and nbgrader's Validate works."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from cvlib.grading.spec import load_problem_set
from tests.browser.chromium import launch

ROOT = Path(__file__).resolve().parents[2]
SET = "ps02_convolution"


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The folder a student receives, with the first exercise solved."""
    course = tmp_path_factory.mktemp("course")
    command = [Path(sys.executable).with_name("cvlib-grade"), "--course", course]
    subprocess.run([*command, "release", SET], cwd=ROOT, check=True, capture_output=True)
    folder = course / "release"
    path = folder / SET / f"{SET}.ipynb"
    first = load_problem_set(ROOT / "assignments", SET).problem_set.exercises[0].id
    solved = nbformat.read(course / "source" / SET / f"{SET}.ipynb", as_version=4)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == first:
            cell.source = next(
                c.source
                for c in solved.cells
                if c.metadata.get("nbgrader", {}).get("grade_id") == first
            )
    nbformat.write(notebook, path)
    return folder


@pytest.fixture(scope="module")
def lab(release, tmp_path_factory):
    """The address of a JupyterLab of its own, with none of the user's settings."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    environment = {**os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config")}
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={release}",
            "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
        ],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{base}/api?token={token}", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None, "JupyterLab ended while it started"
                time.sleep(0.5)
        yield f"{base}/lab/tree/{SET}/{SET}.ipynb?token={token}"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def run_all_cells(page: Page) -> None:
    page.wait_for_function("window.jupyterapp && window.jupyterapp.started")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
    page.wait_for_function(
        "() => document.querySelector('.jp-NotebookPanel')?.innerText.includes('Python 3')"
    )
    page.evaluate(  # cell by cell: “run all” stops at the first failing check
        """async () => {
            const app = window.jupyterapp;
            const panel = app.shell.currentWidget;
            await panel.sessionContext.ready;
            const count = panel.content.widgets.length;
            panel.content.activeCellIndex = 0;
            for (let k = 0; k < count; k++)
                await app.commands.execute('notebook:run-cell-and-select-next').catch(() => {});
        }"""
    )


def test_a_student_checks_and_validates(lab):
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(lab)
        run_all_cells(page)
        panel = page.locator(".jp-NotebookPanel")
        expect(panel.locator("text=output_size: correct")).to_be_attached(timeout=60_000)
        expect(panel.get_by_text(re.compile("conv2d_forward: not attempted")).first).to_be_attached(
            timeout=60_000
        )
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        page.get_by_role("button", name="Validate").click()
        dialog = page.locator(".jp-Dialog, .nbgrader-ErrorDialog, [role=dialog]").first
        dialog.wait_for(timeout=120_000)
        words = dialog.inner_text()
        browser.close()
    assert "failed" in words.lower()
    assert "conv2d_forward" in words
    assert "not attempted" in words
    assert 'check("output_size"' not in words
