"""Executing pages side by side, into the cache that Sphinx reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.myst import HEAD

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


@pytest.fixture(scope="module")
def module(book_script):
    return book_script("execute")


@pytest.fixture
def book(tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "index.md").write_text("# No code here\n")
    for name, number in (("right", "1"), ("wrong", "0")):
        page = HEAD + PAGE.replace("PLACE", name).replace("NUMBER", number)
        (tmp_path / f"{name}.md").write_text(page)
    return tmp_path


def test_every_chapter_has_code(module):
    pages = {p.relative_to(ROOT).as_posix() for p in module.pages_with_code(ROOT)}
    chapters = {p.relative_to(ROOT).as_posix() for p in (ROOT / "chapters").glob("*.md")}
    assert chapters <= pages
    assert "book/index.md" in pages
    assert "book/glossary.md" not in pages


def test_a_page_runs_once_and_a_failing_one_is_named(module, book):
    for _ in range(2):
        failed = module.execute(book, book / "cache", timeout=60)
        assert [Path(f).name for f in failed] == ["wrong.md"]
    assert (book / "ran-right").read_text() == "x"
    assert (book / "ran-wrong").read_text() == "xx"


def test_a_page_runs_again_when_its_code_changes_and_not_when_its_text_does(module, book):
    (book / "wrong.md").unlink()
    assert module.execute(book, book / "cache", timeout=60) == []
    page = book / "right.md"
    page.write_text(page.read_text().replace("# Page", "# Another title"))
    module.execute(book, book / "cache", timeout=60)
    assert (book / "ran-right").read_text() == "x"
    page.write_text(page.read_text().replace("1 / 1", "1 / 2"))
    module.execute(book, book / "cache", timeout=60)
    assert (book / "ran-right").read_text() == "xx"
