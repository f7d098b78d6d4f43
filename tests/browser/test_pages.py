"""The pages in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

CHAPTER = "/chapters/02_convolution.html"
SOURCES = Path(__file__).resolve().parents[2] / "chapters"
CHAPTERS = [f"/chapters/{path.stem}.html" for path in sorted(SOURCES.glob("*.md"))]


def addresses(site):
    return [
        "/" + path.relative_to(site).as_posix()
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts and path != site / "index.html"  # it only sends you on
    ]


def test_the_front_door_leads_to_the_landing_page(visit, address):
    visit.page.goto(address)
    visit.page.wait_for_url("**/book/index.html")
    assert visit.page.locator("h1:visible").first.inner_text().startswith("Deep computer vision")


def test_no_request_leaves_the_host_and_nothing_complains(visit, site, address):
    for path in addresses(site):
        visit.page.goto(address + path, wait_until="load")
        visit.page.wait_for_timeout(150)
        assert visit.complaints == [], path
    foreign = [u for u in visit.requests if not u.startswith((address, "data:", "blob:"))]
    assert foreign == []
    assert len(visit.requests) > 20


def test_math_is_drawn_with_its_fonts(visit, address):
    page = visit.page
    page.goto(address + CHAPTER)
    page.evaluate("document.fonts.ready")
    formulas = page.locator("article .katex-html:visible")
    assert formulas.count() > 40
    boxes = [formulas.nth(i).bounding_box() for i in range(10)]
    assert all(box["height"] > 8 and box["width"] > 3 for box in boxes)
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    assert "KaTeX_Main" in loaded
    assert "KaTeX_Math" in loaded
    failed = page.evaluate("[...document.fonts].filter(f => f.status === 'error').length")
    assert failed == 0
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.katex')).fontSize)")
    assert size > 14


def test_icons_are_drawn_without_their_script(visit, address):
    visit.page.goto(address + CHAPTER)
    visit.page.evaluate("document.fonts.ready")
    glyph = "getComputedStyle(document.querySelector('.fa-bars'), '::before').content"
    assert ord(visit.page.evaluate(glyph).strip('"')) == 0xF0C9
    assert visit.page.evaluate(
        "document.fonts.check('900 16px \"Font Awesome 6 Free\"', '\\uf0c9')"
    )


def test_tabs_switch_and_switch_together(visit, address):
    page = visit.page
    page.goto(address + CHAPTER)
    sets = page.locator(".sd-tab-set")
    assert sets.count() >= 1
    for name, other in (("PyTorch", "NumPy"), ("NumPy", "PyTorch")):
        sets.first.locator("label", has_text=name).click()
        for i in range(sets.count()):
            labels = sets.nth(i).locator("label").all_inner_texts()
            if {name, other} <= {label.strip() for label in labels}:
                panels = sets.nth(i).locator(".sd-tab-content")
                shown = [panels.nth(k).is_visible() for k in range(panels.count())]
                expected = [label.strip() == name for label in labels]
                assert shown == expected, f"tab set {i} shows {shown} after a click on {name}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways(browser, site, address, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    for path in addresses(site):
        page.goto(address + path, wait_until="load")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{path} is {width} pixels wide on a phone"
    context.close()


CONTRAST = """() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const wanted = 'article p, article h2, article figcaption, article td, article pre span, '
    + 'article a:not(.headerlink), .bd-sidebar a, figure.plot svg text, conv-stepper label';
  for (const element of document.querySelectorAll(wanted)) {
    const drawn = element instanceof SVGElement;
    const own = drawn ? element.closest('svg') : element;
    if (!element.textContent.trim() || !own.getClientRects().length) continue;
    if (drawn && (element.style.fill || element.getAttribute('fill'))) continue;
    const style = getComputedStyle(element);
    const a = light(parse(drawn ? style.fill : style.color)), b = light(behind(own));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.tagName, element.textContent.trim().slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0]);
}"""


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_theme_switches_and_text_stays_readable(visit, address, chapter):
    page = visit.page
    page.goto(address + chapter)
    seen = {}
    for _ in range(3):  # the button goes round: the system's wish, light, dark
        page.locator("button.theme-switch-button:visible").first.click()
        theme = page.evaluate("document.documentElement.dataset.theme")
        page.wait_for_timeout(400)  # colours fade over
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        ratios = page.evaluate(CONTRAST)
        assert len(ratios) > 100
        assert ratios[0][0] >= 4.4, f"{theme}: {ratios[:5]}"
        seen[theme] = background
    assert set(seen) == {"light", "dark"}
    assert seen["light"] != seen["dark"]


def test_the_site_also_opens_as_a_file(visit, site):
    visit.page.goto(f"file://{site / 'chapters' / '02_convolution.html'}")
    visit.page.locator("conv-stepper .cs-stage").first.wait_for()
    assert visit.complaints == []
    assert all(u.startswith(("file:", "data:", "blob:")) for u in visit.requests)
