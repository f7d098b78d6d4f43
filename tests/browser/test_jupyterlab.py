"""The released notebook in a real JupyterLab: ``check`` answers, and nbgrader's Validate works."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from cvlib.grading.spec.loading import load_problem_set
from tests.browser.lab import jupyter

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
    """The address of the released notebook in a JupyterLab of its own."""
    home = tmp_path_factory.mktemp("home")
    option = "--LabApp.expose_app_in_browser=True"
    with jupyter(release, home, option, page=f"lab/tree/{SET}/{SET}.ipynb") as found:
        yield found


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


def test_a_student_checks_and_validates(lab, browser):
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
    page.close()
    assert "failed" in words.lower()
    assert "conv2d_forward" in words
    assert "not attempted" in words
    assert 'check("output_size"' not in words
