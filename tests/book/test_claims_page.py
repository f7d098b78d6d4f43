"""The page of claims: what pages showed when they were run, beside what the record says of it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import claims_page
import pytest
from bs4 import BeautifulSoup
from execute import execute
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from cvlib.claims import make_claim
from tests.myst import HEAD

TOC = "format: jb-book\nroot: index\nparts:\n- caption: C\n  chapters:\n  - file: chapters/01_one\n"
PAGE = """
# One

```{code-cell} ipython3
import numpy
from cvlib.claims import claim, seeds
from myst_nb import glue

gain = claim("big_gain", "A remedy helps.", [2.0, 3.0, 4.0], seeds=seeds(3), above=WANTED,
             unit="points")
glue("plain", numpy.float64(7), display=False)
glue("below", -1.5, display=False)
```

It gains {glue:text}`big_gain:.1f` ± {glue:text}`big_gain_half:.1f`, of {glue:text}`plain:.0f`, not
{glue:text}`below:.1f`.
"""
CLAIMS = "# Claims\n\n```{claims}\n```\n\n## One\n\n```{claims} chapters/01_one\n```\n"
ENTRY = {
    "name": "big_gain", "sentence": "A remedy helps.", "above": 0, "below": None, "of": "mean",
    "unit": "points", "seeds": 3, "measured": [[3.0, 1.5, 4.5], [2.0, 0.5, 3.5]],
}  # fmt: skip
RECORD = {
    "date": "2026-11-30",
    "processor": "a processor",
    "settings": [["own", 0], ["baseline", 1]],
    "pages": {"chapters/01_one": {"code": "", "cpu": 1.0, "claims": [ENTRY]}},
}


@pytest.fixture
def book(tmp_path: Path):
    """A book of one chapter and its page of claims, built when called."""

    def build(wanted: float = 0, record: dict = RECORD) -> tuple[dict, dict[str, BeautifulSoup]]:
        for folder in ("chapters", "book", "_build"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "_toc.yml").write_text(TOC)
        (tmp_path / "index.md").write_text(
            "# T\n\n```{toctree}\nchapters/01_one\nbook/claims\n```\n"
        )
        page = HEAD + PAGE.replace("WANTED", str(wanted))
        (tmp_path / "chapters" / "01_one.md").write_text(page)
        (tmp_path / "book" / "claims.md").write_text(CLAIMS)
        (tmp_path / "book" / "claims.json").write_text(json.dumps(record))
        broken = execute(tmp_path, tmp_path / "_build" / "cache", jobs=1)
        heard = io.StringIO()
        settings = {
            "extensions": ["myst_nb", "claims_page"], "nb_execution_mode": "cache",
            "nb_execution_cache_path": str(tmp_path / "_build" / "cache"),
            "exclude_patterns": ["_build", "out"], "html_theme": "basic",
        }  # fmt: skip
        with docutils_namespace():
            app = Sphinx(
                tmp_path,
                None,
                tmp_path / "out",
                tmp_path / "_build" / "trees",
                "html",
                confoverrides=settings,
                status=None,
                warning=heard,
                freshenv=True,
            )
            app.build()
        assert heard.getvalue() == ""
        names = ("chapters/01_one", "book/claims")
        return broken, {
            n: BeautifulSoup((tmp_path / "out" / f"{n}.html").read_text("utf-8"), "html.parser")
            for n in names
        }

    return build


def row(pages: dict[str, BeautifulSoup]) -> list[str]:
    (entry,) = pages["book/claims"].select("table.claims tbody tr")
    return [cell.get_text().strip() for cell in entry.select("td")]


def test_a_number_that_is_a_claim_leads_to_its_row(book):
    broken, pages = book()
    assert broken == {}
    links = pages["chapters/01_one"].select("a.claim")
    assert [a.get_text() for a in links] == ["3.0"]
    assert links[0]["title"] == "A claim: A remedy helps."
    assert links[0]["href"] == "../book/claims.html#claim-01-one-big-gain"
    (entry,) = pages["book/claims"].select("table.claims tbody tr")
    assert entry["id"] == "claim-01-one-big-gain"


def test_the_row_says_what_this_build_measured_and_what_other_machines_did(book):
    _, pages = book()
    assert row(pages) == [
        "A remedy helps.",
        "3 ± 2.48 points (3 seeds)",
        "2 to 3 points",
        "interval above 0",
        "1.2",
    ]
    summary = pages["book/claims"].get_text()
    assert "1 claims, each measured 2 times on 2026-11-30" in summary
    assert "A remedy helps. (margin 1.3)" in summary


def test_a_record_of_another_claim_says_nothing_of_this_one(book):
    _, pages = book(wanted=0.25)
    assert row(pages)[2:] == ["not measured yet", "interval above 0.25", "1.1"]


def test_a_claim_that_fails_is_named_and_the_rest_of_the_page_is_there(book):
    broken, pages = book(wanted=5)
    (said,) = broken["chapters/01_one"]
    assert said.startswith("the claim big_gain, “A remedy helps.”, wants interval above 5")
    assert row(pages)[-1] == "−0.8"
    text = " ".join(pages["chapters/01_one"].get_text().split())
    assert "It gains 3.0 ± 2.5, of 7, not −1.5." in text


def test_where_every_seed_must_show_it_the_row_names_the_range():
    made = make_claim("a", "A.", [1, 2.5], seeds=[0, 1], above=0, of="every", unit="%")
    assert claims_page.here(made) == "1 to 2.5 % (2 seeds)"
    assert claims_page.in_words(made.margin) == "2.3"
    alike = make_claim("a", "A.", [1, 1], seeds=[0, 1], above=0)
    assert claims_page.in_words(alike.margin) == "every seed alike"
