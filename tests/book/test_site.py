"""The finished site: self-contained, without dead links, readable by ear, light."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "chapters/02_convolution.html"
LOADING = {
    "script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src",
    "audio": "src", "video": "src", "object": "data", "embed": "src", "image": "xlink:href",
}  # fmt: skip
KILOBYTE = 1024


def loaded(page: BeautifulSoup) -> list[str]:
    """The addresses a browser fetches by itself to show the page."""
    found = [
        str(tag[attribute])
        for name, attribute in LOADING.items()
        for tag in page.find_all(name)
        if tag.get(attribute)
    ]
    links = [str(a["href"]) for a in page.find_all("link", rel=["next", "prev", "index", "search"])]
    return [u for u in found if u not in links and not u.startswith(("data:", "#"))]


def target(site: Path, page: str, address: str) -> Path:
    return (site / page).parent / unquote(urlsplit(address).path)


def is_external(address: str) -> bool:
    return bool(urlsplit(address).netloc or urlsplit(address).scheme)


def test_pages_load_nothing_from_another_host(site, pages):
    for name, page in pages.items():
        for address in loaded(page):
            assert not is_external(address), f"{name} loads {address}"
            assert target(site, name, address).is_file(), f"{name} loads {address}: not there"


def test_pages_name_no_other_host_in_scripts(pages):
    for name, page in pages.items():
        for script in page.find_all("script"):
            assert "://" not in script.text, f"{name}: {script.text[:200]}"


def test_style_sheets_load_nothing_from_another_host(site):
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        text = sheet.read_text("utf-8")
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", text):
            if not address.startswith(("data:", "#")):
                assert not is_external(address), f"{sheet.name} loads {address}"
                there = (sheet.parent / urlsplit(address).path).resolve()
                assert there.is_file(), f"{sheet.name} loads {address}: not there"
        assert not re.search(r"@import\s+['\"]http", text)


def test_links_and_their_anchors_exist(site, pages):
    ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    dead = []
    for name, page in pages.items():
        for link in page.find_all("a", href=True):
            address = str(link["href"])
            if is_external(address):
                continue
            path = target(site, name, address).resolve() if urlsplit(address).path else site / name
            anchor = unquote(urlsplit(address).fragment)
            if not path.is_file():
                dead.append(f"{name} → {address}")
            elif anchor and path.suffix == ".html":
                there = path.relative_to(site.resolve()).as_posix()
                if anchor not in ids[there]:
                    dead.append(f"{name} → {address} (no such anchor)")
    assert not dead, "\n".join(sorted(set(dead)))


def test_ids_are_unique(pages):
    for name, page in pages.items():
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids)), f"{name}: {sorted({i for i in ids if ids.count(i) > 1})}"


def words_for(picture: Tag) -> str:
    return str(picture.get("alt") or picture.get("aria-label") or "").strip()


def test_every_picture_has_words_that_replace_it(pages):
    pictures = 0
    for name, page in pages.items():
        article = page.find("article") or page
        for picture in article.select('img, svg, [role="img"]'):
            hidden = picture.find_parent(attrs={"aria-hidden": "true"})
            if not hidden and picture.get("aria-hidden") != "true":
                pictures += 1
                assert len(words_for(picture)) > 15, f"{name}: {str(picture)[:200]}"
    assert pictures > 10


def test_every_field_and_button_has_a_name(pages):
    for name, page in pages.items():
        for button in page.find_all("button"):
            label = button.get("aria-label") or button.get("title") or button.get_text(strip=True)
            assert label, f"{name}: {button}"


def test_math_is_rendered(pages):
    formulas = pages[CHAPTER].select(".katex")
    assert len(formulas) > 50
    for name, page in pages.items():
        assert not page.select(".katex-error"), name
        for formula in page.select(".katex"):
            assert formula.find("math"), f"{name}: a formula without MathML"
        article = page.find("article")
        if article:
            for hidden in article.select("pre, code, script, .katex"):
                hidden.extract()
            text = article.get_text()
            raw = re.search(r"\\[(\[]|\$\$|\\(frac|sum|mathbb|begin)\b|\$[^$\n]{1,60}\$", text)
            assert not raw, f"{name}: {text[max(0, raw.start() - 40) : raw.end() + 40]!r}"


@pytest.mark.parametrize("chapter", sorted((ROOT / "chapters").glob("*.md")), ids=lambda c: c.stem)
def test_a_chapter_keeps_the_addresses_of_its_sections(pages, chapter):
    anchors = re.findall(r"^\(([\w-]+)\)=$", chapter.read_text("utf-8"), re.MULTILINE)
    assert len(anchors) > 10
    page = pages[f"chapters/{chapter.stem}.html"]
    assert [anchor for anchor in anchors if not page.find(id=anchor)] == []


def test_no_cell_failed_or_complained(pages):
    for name, page in pages.items():
        assert not page.select(".output.traceback, .output.stderr"), name
        assert "Traceback (most recent call last)" not in page.get_text(), name


def test_no_claim_of_the_ledger_is_open(pages):
    tables = pages["book/ledger.html"].select("table.ledger")
    assert len(tables) == len(list((ROOT / "chapters").glob("*.md")))
    for table in tables:
        rows = table.select("tbody tr")
        assert len(rows) >= 10
        for row in rows:
            item, explained, implemented, exercised = row.find_all("td")
            assert explained.find("a"), f"not explained: {item.get_text()}"
            assert implemented.find("a"), f"not implemented: {item.get_text()}"
            assert "not yet" not in exercised.get_text(), f"not exercised: {item.get_text()}"


def weight(site: Path, name: str, page: BeautifulSoup) -> int:
    """Bytes that travel for a first visit, compressed as a server does; fonts as they are."""
    files = {site / name} | {target(site, name, address) for address in loaded(page)}
    return sum(len(gzip.compress(path.read_bytes(), 6)) for path in files)


def test_pages_are_light(site, pages):
    for name, page in pages.items():
        limit = 700 if name.startswith("chapters/") else 350
        kilobytes = weight(site, name, page) / KILOBYTE
        assert kilobytes < limit, f"{name} weighs {kilobytes:.0f} kB, more than {limit}"
