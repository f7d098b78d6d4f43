"""Figures that a page can hold: words, themes, ids of their own."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from cvlib.figures import PALETTE, PAPER, Plot, new_figure, show_image
from tests.tags import one


def drawing(label: str = "falling") -> Plot:
    figure, axes = new_figure()
    axes.plot([0, 1], [1, 0], label=label)
    axes.set_ylim(0.2, 0.8)  # something to clip
    axes.legend()
    return Plot(figure, "A straight line that falls.")


def test_a_drawing_is_inline_and_says_what_it_shows():
    page = BeautifulSoup(drawing().with_caption("It falls < 1.").to_html(), "html.parser")
    assert one(page.svg)["aria-label"] == "A straight line that falls."
    assert one(page.svg)["role"] == "img"
    assert one(page.figcaption).text == "It falls < 1."
    assert not page.find("style"), "a style element would reach the rest of the page"


def test_a_drawing_follows_the_theme():
    html = drawing().to_html()
    assert "currentColor" in html
    assert "#000000" not in html
    assert "font-family" not in html
    assert "falling" in html, "text stays text"


def test_ids_are_private_and_references_hold():
    first, second = drawing("a").to_html(), drawing("b").to_html()
    ids = [set(re.findall(r' id="([^"]+)"', html)) for html in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', first)) == ids[0]


def test_a_photograph_is_a_picture_on_a_light_panel():
    figure, axes = new_figure()
    show_image(axes, np.zeros((4, 6)))
    page = BeautifulSoup(Plot(figure, "All black.", photo=True).to_html(), "html.parser")
    assert one(page.img)["alt"] == "All black."
    assert str(one(page.img)["src"]).startswith("data:image/webp;base64,")
    assert "background:#fff" in one(page.img)["style"]


def test_a_notebook_shows_it():
    bundle = drawing()._repr_mimebundle_()
    assert bundle["text/plain"] == "A straight line that falls."
    assert bundle["text/html"].startswith('<figure class="plot">')


def test_no_figure_without_words():
    figure, _ = new_figure()
    with pytest.raises(ValueError, match="alt text"):
        Plot(figure, "  ")


def test_images_must_look_like_images():
    _, axes = new_figure()
    with pytest.raises(ValueError, match=r"\(H, W\).*\(2, 3, 5\)"):
        show_image(axes, np.zeros((2, 3, 5)))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("colour", PALETTE)
@pytest.mark.parametrize("page", [PAPER, "#121212"])
def test_the_palette_stands_out_on_both_pages(colour, page):
    dark, light = sorted([luminance(colour), luminance(page)])
    assert (light + 0.05) / (dark + 0.05) >= 3
