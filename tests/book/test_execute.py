"""Executing pages side by side, into the cache that Sphinx reads."""

from __future__ import annotations

import json
from pathlib import Path

import execute
import pytest
from beside import beside
from jupyter_cache import get_cache

from cvlib.arithmetics import arithmetics
from tests.myst import HEAD, add_library

ROOT = Path(__file__).resolve().parents[2]

TOC = """
format: jb-book
root: index
parts:
  - caption: Pages
    chapters:
      - file: right
      - file: wrong
"""
PAGE = """
# Page

```{code-cell} ipython3
open("ran-PLACE", "a").write("x")
1 / NUMBER
```
"""


@pytest.fixture
def one_page(tmp_path):
    """A book whose only page is right: each run of a page takes seconds."""
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "index.md").write_text("# No code here\n")
    write(tmp_path, "right", "1")
    return tmp_path


@pytest.fixture
def book(one_page):
    """A book with a page that is right and one that fails."""
    write(one_page, "wrong", "0")
    return one_page


def write(book: Path, name: str, number: str) -> None:
    page = HEAD + PAGE.replace("PLACE", name).replace("NUMBER", number)
    (book / f"{name}.md").write_text(page)


def test_every_chapter_has_code():
    pages = {p.relative_to(ROOT).as_posix() for p in execute.pages_with_code(ROOT)}
    chapters = {p.relative_to(ROOT).as_posix() for p in (ROOT / "chapters").glob("*.md")}
    assert chapters <= pages
    assert "book/index.md" in pages
    assert "book/glossary.md" not in pages


def run_all(book: Path) -> dict[str, list[str]]:
    return execute.execute(book, book / "cache", jobs=2)


def ran(book: Path, name: str) -> int:
    place = book / f"ran-{name}"
    return len(place.read_text()) if place.exists() else 0


def test_pages_run_beside_a_command_until_it_ends_and_the_build_finds_them(book):
    command = "while [ ! -e ran-right ]; do sleep 0.05; done; exit 7"
    assert beside(book, ["sh", "-c", f"cd '{book}'; {command}"]) == 7
    assert (ran(book, "right"), ran(book, "wrong")) == (1, 0), "none is begun after its end"
    run_all(book)
    assert (ran(book, "right"), ran(book, "wrong")) == (1, 1)


def test_a_page_that_fails_beside_a_command_is_left_to_the_build(book):
    (book / "right.md").unlink()
    assert (
        beside(book, ["sh", "-c", f"cd '{book}'; while [ ! -e ran-wrong ]; do sleep 0.05; done"])
        == 0
    )
    assert run_all(book) == {"wrong": ["ZeroDivisionError: division by zero, in `1 / 0`"]}


def test_a_page_that_failed_is_named_with_its_line_and_tried_again(book):
    for _ in range(2):
        broken = run_all(book)
        assert broken == {"wrong": ["ZeroDivisionError: division by zero, in `1 / 0`"]}
    assert (ran(book, "right"), ran(book, "wrong")) == (1, 2)


def test_what_a_failing_page_did_show_is_there_for_the_book(book):
    run_all(book)
    kept = [
        get_cache(str(book / "cache")).get_cache_bundle(r.pk).nb
        for r in get_cache(str(book / "cache")).list_cache_records()
    ]
    assert len(kept) == 2
    assert {o.output_type for nb in kept for c in nb.cells for o in c.get("outputs", ())} == {
        "execute_result",
        "error",
    }


def test_a_page_runs_again_when_its_code_changes_and_not_when_its_text_does(one_page):
    page = one_page / "right.md"
    run_all(one_page)
    page.write_text(page.read_text().replace("# Page", "# Another title"))
    run_all(one_page)
    assert ran(one_page, "right") == 1
    page.write_text(page.read_text().replace("1 / 1", "1 / 2"))
    run_all(one_page)
    assert ran(one_page, "right") == 2


def test_a_page_runs_again_when_a_room_changes_that_it_uses_and_no_other(one_page):
    library = add_library(one_page, "used", "other")
    page = one_page / "right.md"
    page.write_text(page.read_text().replace("1 / 1", "import cvlib.used"))
    run_all(one_page)
    (library / "other" / "deep.py").write_text("x = 1")
    run_all(one_page)
    assert ran(one_page, "right") == 1
    (library / "used" / "deep.py").write_text("x = 1")
    run_all(one_page)
    assert ran(one_page, "right") == 2


def test_the_longest_page_starts_first(book):
    (book / "_build").mkdir()
    costs = {"wrong": {"cpu": 50.0}, "right": {"cpu": 2.0}}
    (book / "_build" / "pages.json").write_text(json.dumps(costs))
    pages = [book / "right.md", book / "wrong.md"]
    work = [(page, execute.Setting()) for page in pages]
    assert [p.stem for p, _ in execute.run_pages(book, work, jobs=1)] == ["wrong", "right"]


def test_a_setting_reaches_the_page(one_page):
    page = one_page / "right.md"
    asked = "import os; os.environ['CVLIB_SEED_SET'], os.environ.get('ATEN_CPU_CAPABILITY')"
    page.write_text(page.read_text().replace("1 / 1", asked))
    for name, variables in arithmetics().items():
        run = execute.run_page(one_page, page, execute.Setting(name, 2))
        assert (
            repr(("2", variables.get("ATEN_CPU_CAPABILITY")))
            in json.loads(run.notebook)["cells"][1]["outputs"][0]["data"]["text/plain"]
        )


def test_the_cost_of_a_page_is_kept(book):
    run_all(book)
    costs = json.loads((book / "_build" / "pages.json").read_text())
    assert set(costs) == {"right", "wrong"}
    assert all(0 < c["cpu"] < 600 and 0 < c["calibration"] < 600 for c in costs.values())


def test_a_page_looks_into_nobodys_home(one_page, tmp_path, monkeypatch):
    """Neither a home that cannot be written nor a style of whoever builds shows in a page."""
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "matplotlibrc").write_text("font.size: 31\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    monkeypatch.setenv("HOME", "/dev/null/home")
    cell = "import matplotlib.pyplot as plt\nplt.rcParams['font.size']"
    page = one_page / "right.md"
    page.write_text(HEAD + PAGE.replace("1 / NUMBER", cell).replace("PLACE", "right"))
    (output,) = json.loads(execute.run_page(one_page, page).notebook)["cells"][-1]["outputs"]
    assert output["data"]["text/plain"] == ["10.0"]
