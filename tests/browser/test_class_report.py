"""Class report and feedback in a real browser: they fit a phone, load nothing, follow the theme."""

from __future__ import annotations

import base64
import io
from datetime import datetime
from pathlib import Path

import matplotlib.image
import nbformat
import numpy as np
import pytest
from playwright.sync_api import Browser

from cvlib.grading.feedback.page import render
from cvlib.grading.judging.result import ExerciseResult, Result
from cvlib.grading.rehearsal.classroom import Classroom
from cvlib.grading.report.data import ClassWork, Mark, Work
from cvlib.grading.report.numbers import compute
from cvlib.grading.report.report import index_page, set_page
from cvlib.grading.spec.loading import load_problem_set

ROOT = Path(__file__).resolve().parents[2]
EVIL = "</td><script>document.title='hurt'</script><img src=x onerror=\"document.title='hurt'\">"


def wide_picture() -> str:
    """A picture of 3000 x 10 pixels, as a notebook holds it."""
    file = io.BytesIO()
    matplotlib.image.imsave(file, np.zeros((10, 3000)), format="png")
    return base64.b64encode(file.getvalue()).decode()


def made_up(count: int) -> ClassWork:
    """A class that did one of our own problem sets, by chance, under names that are a nuisance."""
    rng = np.random.default_rng(7)
    loaded = load_problem_set(ROOT / "assignments", "ps02_convolution")
    exercises = loaded.problem_set.exercises
    works = []
    for k in range(count):
        results, marks = [], {}
        for exercise in exercises:
            parts = {f"{exercise.id}, part {p}": bool(rng.random() < 0.6) for p in range(3)}
            score = exercise.points * sum(parts.values()) / 3
            known = exercise.variants.mutants
            said = known[k % len(known)].misconception if known and score == 0 else ""
            marks[exercise.id] = Mark(score, not exercise.graded_by_judge)
            results.append(
                ExerciseResult(
                    exercise.id,
                    exercise.title,
                    score,
                    exercise.points,
                    "partial",
                    EVIL,
                    said,
                    parts,
                )
            )
        result = Result("key", tuple(results), (), (), 1.0)
        name = "a-very-long-login-name-without-any-space-" * 3 if k else EVIL
        works.append(Work(f"{name}{k}", EVIL, marks, result, 7000.0 * (k % 3), k % 3 / 4))
    due = datetime(2026, 11, 1)
    return ClassWork("ps02_convolution", "Convolution", exercises, tuple(works), count, due)


def feedback() -> str:
    """The page of a solved problem set with long formulas, an odd picture and a wide output."""
    loaded = load_problem_set(ROOT / "assignments", "ps02_convolution")
    notebook = Classroom(loaded, 7).solved()
    wide = nbformat.v4.new_output("stream", name="stdout", text="x" * 5000)
    picture = nbformat.v4.new_output("display_data", {"image/png": wide_picture()})
    notebook.cells.append(nbformat.v4.new_code_cell("y = " + "1 + " * 300 + "1", outputs=[wide]))
    notebook.cells.append(nbformat.v4.new_code_cell("z", outputs=[picture]))
    names = {"score": 1.0, "max_score": 50.0, "notebook": "ps02_convolution"}
    return render(notebook, names)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A page of a large class, one of a tiny class, the index, and a student's feedback."""
    folder = tmp_path_factory.mktemp("report")
    large, few = made_up(60), made_up(2)
    texts = {
        "large.html": set_page(large, compute(large)),
        "few.html": set_page(few, compute(few), anonymous=True),
        "index.html": index_page([(large, compute(large)), (few, compute(few))]),
        "feedback.html": feedback(),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in texts]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_fits_and_follows_the_theme(
    pages: list[Path], browser: Browser, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    noticed: list[str] = []
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith("file:") else noticed.append(r.url))
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        assert page.title() != "hurt"
        ground, ink = page.evaluate(
            """() => { const style = getComputedStyle(document.body);
                return [style.backgroundColor, style.color].map(
                    c => c.match(/[\\d.]+/g).slice(0, 3).reduce((s, v) => s + Number(v), 0)); }"""
        )
        assert (ground > ink) == (scheme == "light"), path.name
        if path.name == "feedback.html":
            continue
        letters = page.locator("figure svg text").evaluate_all(
            "all => Math.min(...all.map(text => text.getBoundingClientRect().height))"
        )
        assert letters >= 9, "the letters of a figure can be read"
    context.close()
    assert noticed == []
