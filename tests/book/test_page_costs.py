"""The claims of the finished book: the record knows them all, and a page costs what it may."""

from __future__ import annotations

import json
from pathlib import Path

import calibration
import execute
import pytest
from claims import RECORD

ROOT = Path(__file__).resolve().parents[2]
PAGES = execute.pages_with_code(ROOT)
#: CPU seconds of the machine on which ``calibration.REFERENCE`` was measured, and what neighbours
#: may add: they slow a page, whose arrays leave the caches, more than they slow the small loop.
BUDGET, NEIGHBOURS = 60, 1.25


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_record_knows_the_claims_of_a_page(site, page):
    made = execute.run_page(ROOT, page).claims
    entries = json.loads(RECORD.read_text("utf-8"))["pages"][execute.name_of(ROOT, page)]["claims"]
    assert {(c.name, c.sentence, c.above, c.below, c.of, len(c.seeds)) for c in made} == {
        (e["name"], e["sentence"], e["above"], e["below"], e["of"], e["seeds"]) for e in entries
    }, "python book/claims.py --record writes it anew"


def test_a_page_makes_each_claim_under_a_name_of_its_own(site):
    for page in sorted((ROOT / "chapters").glob("*.md")):
        names = [c.name for c in execute.run_page(ROOT, page).claims]
        assert len(set(names)) == len(names), page.stem


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_keeps_to_its_budget(site, page):
    cost = json.loads((ROOT / "_build" / "pages.json").read_text())[execute.name_of(ROOT, page)]
    seconds = cost["cpu"] / cost["calibration"] * calibration.REFERENCE
    assert seconds <= BUDGET * NEIGHBOURS, f"{page.stem}: {seconds:.0f} s of CPU"
