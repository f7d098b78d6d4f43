"""The ledger's table, sorted by keyboard and compared with a sort of what it shows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

PAGE = "/book/architectures_ledger.html"
COLUMNS = 10


@pytest.fixture
def table(visit, address):
    yield visit.first("sortable-table", address + PAGE)
    assert visit.complaints == []


def shown(table, column: int) -> list[str]:
    return table.locator(f"tbody tr > :nth-child({column + 1})").all_inner_texts()


def sizes(table, column: int) -> list[float]:
    return [float(text.replace(",", "")) for text in shown(table, column) if text != "–"]


def press(table, name: str) -> None:
    button = table.get_by_role("button", name=re.compile(f"^{name}"))
    button.focus()
    button.press("Enter")


def order(table) -> list[str | None]:
    heads = table.locator("thead th")
    return [heads.nth(i).get_attribute("aria-sort") for i in range(heads.count())]


def test_numbers_sort_by_size_either_way(table):
    before = sorted(shown(table, 0))
    press(table, "parameters")
    up = sizes(table, 2)
    assert up == sorted(up)
    assert up[0] < 1 < 100 < up[-1]
    assert order(table) == [None, None, "ascending"] + [None] * (COLUMNS - 3)
    press(table, "parameters")
    assert sizes(table, 2) == sorted(up, reverse=True)
    assert order(table)[2] == "descending"
    assert sorted(shown(table, 0)) == before, "rows move whole, and none is lost"


def test_names_sort_with_their_numbers_as_numbers(table):
    press(table, "MACs")
    press(table, "network")
    names = shown(table, 0)
    assert names.index("resnet18") < names.index("resnet34") < names.index("resnet101")
    assert names[0].startswith("alexnet")
    assert order(table) == ["ascending"] + [None] * (COLUMNS - 1)


def test_equal_rows_keep_their_order(table):
    press(table, "MACs")
    macs = dict(zip(shown(table, 0), sizes(table, 3), strict=True))
    press(table, "image")
    same = [macs[name] for name, side in zip(shown(table, 0), shown(table, 1), strict=True)
            if side == "224"]  # fmt: skip
    assert same == sorted(same)


def test_the_table_stands_without_its_script(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + PAGE)
    expect(page.locator("sortable-table").first).to_contain_text("resnet50")
    assert page.locator("sortable-table button").count() == 0
    context.close()
