"""What the chapter gives away: the released problem set and itself as a notebook."""

from __future__ import annotations

import json
import zipfile

import nbformat

from cvlib.grading.spec.loading import load_problem_set

CHAPTER = "chapters/02_convolution.html"


def test_the_box_lists_every_exercise_and_links_to_its_section(pages, site):
    problem_set = load_problem_set(site.parents[1] / "assignments", "ps02_convolution").problem_set
    box = pages[CHAPTER].select_one(".problem-set")
    entries = box.select("ol > li")
    assert len(entries) == len(problem_set.exercises)
    for entry, exercise in zip(entries, problem_set.exercises, strict=True):
        assert exercise.title in entry.get_text().replace("’", "'")
        anchor = entry.find("a")["href"].partition("#")[2]
        assert pages[CHAPTER].find(id=anchor)
    assert f"{problem_set.points:g} points" in box.get_text()


def test_the_archive_is_the_release_and_holds_no_solution(pages, site):
    link = pages[CHAPTER].select_one(".downloads a")
    with zipfile.ZipFile((site / CHAPTER).parent / link["href"]) as archive:
        names = archive.namelist()
        released = site.parent / "course" / "release" / "ps02_convolution"
        for name in names:
            assert archive.read(name) == (released.parent / name).read_bytes()
        notebook = json.loads(archive.read("ps02_convolution/ps02_convolution.ipynb"))
    source = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert "BEGIN SOLUTION" not in source
    assert "MARK SCHEME" not in source


def test_the_chapter_is_there_as_an_executed_notebook(site):
    notebook = nbformat.read(site / "notebooks" / "chapters" / "02_convolution.ipynb", 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert any(cell.outputs for cell in code)
    assert not any(o.output_type == "error" for cell in code for o in cell.outputs)
