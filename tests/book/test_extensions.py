"""The Sphinx extensions on small projects: what is wrong must stop the build."""

from __future__ import annotations

import io
import json
from pathlib import Path

import house_docstrings
import katex_math
import pytest
import theme_tidy
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

ROOT = Path(__file__).resolve().parents[2]


class Project:
    """A page, built by Sphinx; ``warnings`` is what Sphinx complained about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warnings = ""

    def build(self, text: str, extension: str) -> str:
        (self.folder / "index.md").write_text(text, "utf-8")
        heard = io.StringIO()
        settings = {
            "extensions": ["myst_parser", "sphinx_design", extension],
            "myst_enable_extensions": ["dollarmath", "amsmath"],
            "html_theme": "basic",
            # said, because MyST-NB, once loaded in a process, has changed the default of all
            "source_suffix": {".md": "markdown"},
        }
        if extension == "katex_math":
            settings["html_math_renderer"] = "katex"
        with docutils_namespace():
            app = Sphinx(
                self.folder,
                None,
                self.folder / "out",
                self.folder / "trees",
                "html",
                confoverrides=settings,
                status=None,
                warning=heard,
                freshenv=True,
            )
            app.build()
        self.warnings = heard.getvalue()
        return (self.folder / "out" / "index.html").read_text("utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_math_inline_display_numbered_and_referred_to(project):
    html = project.build(
        "# T\n\nInline $a^\\T$.\n\n$$\nb = 1 \\\\ c = 2\n$$ (two)\n\nSee {eq}`two`.\n\n"
        "\\begin{align*}\nd &= 3\n\\end{align*}\n",
        "katex_math",
    )
    assert project.warnings == ""
    assert html.count('class="katex"') == 3
    assert html.count("<math") == 3
    assert '<span class="eqno">(1)' in html
    assert 'href="#equation-two"' in html
    assert "katex.min.css" in html


def test_a_formula_that_cannot_be_read_is_a_warning(project):
    html = project.build("# T\n\n$\\frac{1$\n", "katex_math")
    assert "math cannot be read" in project.warnings
    assert "index.md" in project.warnings
    assert "katex-error" in html


def test_several_lines_are_aligned_and_several_equations_stacked():
    assert katex_math.display_source("a", nowrap=False) == "a"
    stacked = katex_math.display_source("a &= b \\\\ c &= d\n\ne", nowrap=False)
    assert stacked.count(r"\begin{split}") == 1
    assert stacked.startswith(r"\begin{gathered}")
    unnumbered = katex_math.display_source(r"\begin{align}a\end{align}", nowrap=True)
    assert unnumbered == r"\begin{align*}a\end{align*}"


def test_a_missing_problem_set_is_a_warning(project):
    project.build("# T\n\n```{problem-set} ps99_nothing\n```\n", "problem_set")
    assert "ps99_nothing" in project.warnings
    assert "not found" in project.warnings


def test_an_unreleased_problem_set_is_a_warning_that_says_what_to_run(project):
    (project.folder / "assignments").symlink_to(ROOT / "assignments")
    project.build("# T\n\n```{problem-set} ps02_convolution\n```\n", "problem_set")
    assert "is not released" in project.warnings
    assert "cvlib-grade release ps02_convolution" in project.warnings


def ledger(row: str) -> str:
    return (
        'rooms = ["cvlib.convolution"]\nproblem_set = "ps02_convolution"\n'
        f'[[row]]\nitem = "An item"\n{row}\n'
    )


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('code = ["no_such_function"]', "no no_such_function in cvlib.convolution"),
        ('exercises = ["no_such_exercise"]', "no exercise 'no_such_exercise'"),
        ('sections = ["no-such-section"]', "no-such-section"),
    ],
)
def test_a_false_claim_in_the_ledger_is_a_warning(project, row, complaint):
    (project.folder / "assignments").symlink_to(ROOT / "assignments")
    (project.folder / "ledger.toml").write_text(ledger(row))
    project.build("# T\n\n```{ledger} ledger.toml\n```\n", "ledger")
    assert complaint in project.warnings


def test_a_claim_not_made_is_shown_as_open(project):
    (project.folder / "assignments").symlink_to(ROOT / "assignments")
    (project.folder / "ledger.toml").write_text(ledger(""))
    html = project.build("# T\n\n```{ledger} ledger.toml\n```\n", "ledger")
    assert html.count("not yet") == 3
    assert "Of 1 items, 0 are explained, 0 implemented and 0 exercised" in html


def test_the_ledger_tells_how_many_derived_mistakes_are_caught(project):
    (project.folder / "assignments").symlink_to(ROOT / "assignments")
    (project.folder / "ledger.toml").write_text(ledger(""))
    counts = {"output_size": {"killed": 7, "survived": 1}, "gone": {"killed": 2, "survived": 0}}
    (project.folder / "book").mkdir()
    (project.folder / "book" / "mutants.json").write_text(json.dumps({"ps02_convolution": counts}))
    html = project.build("# T\n\n```{ledger} ledger.toml\n```\n", "ledger")
    assert "that lose marks: “How big is what comes out?” 7 of 8." in html


def test_tidying_a_page_twice_changes_nothing_more():
    page = (
        '<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>'
        '<div id="pst-primary-sidebar" class="bd-sidebar">'
        '<summary aria-label="Toggle hidden content">'
    )
    once = theme_tidy.tidy_page(page)
    assert "fontawesome" not in once
    assert 'role="region"' in once
    assert theme_tidy.tidy_page(once) == once


def test_docstrings_become_restructured_text():
    lines = house_docstrings.rewrite(
        [
            "Make `y` of x*w.",
            "",
            "y[k, i] = Σ_c w[c] · x[i]",
            "",
            "Shapes: x (C,) -> y.",
            "Source: A",
        ]
    )
    text = "\n".join(lines)
    assert "Make ``y`` of x\\*w." in text
    assert ".. container:: docstring-equation\n\n   | y[k, i] = Σ_c w[c] · x[i]" in text
    assert "**Shapes** x (C,) -> y." in text
    assert "\n\n**Source** A" in text
