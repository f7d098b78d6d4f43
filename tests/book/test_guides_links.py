"""Links within the guides lead somewhere, and every guide is in the table of contents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from guides import PAGES, ROOT, SPOKEN, prose


def targets(page: Path) -> Iterator[str]:
    text = prose(page)
    for name in re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", text):
        yield f"{name}.md"
    yield from re.findall(r"\]\((?!https?:)([^)#\s]+)", text)


@pytest.mark.parametrize("page", SPOKEN, ids=lambda p: p.stem)
def test_links_within_the_book_lead_somewhere(page: Path) -> None:
    missing = [t for t in targets(page) if not (page.parent / t).is_file()]
    assert not missing, f"{page.name}: {missing}"
    labels = {
        label
        for other in PAGES
        for label in re.findall(r"^\(([\w-]+)\)=$", other.read_text("utf-8"), re.MULTILINE)
    }
    wanted = re.findall(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`", prose(page))
    assert not set(wanted) - labels


def test_every_guide_is_in_the_table_of_contents() -> None:
    toc = (ROOT / "_toc.yml").read_text("utf-8")
    for page in PAGES:
        name = page.relative_to(ROOT).with_suffix("").as_posix()
        assert re.search(rf"- file: {name}$", toc, re.MULTILINE), name
