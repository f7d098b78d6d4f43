"""The interactive receptive field, worked by keyboard and compared with the library."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cvlib.receptive_field import LayerGeometry, path_counts, receptive_field

CHAPTER = "/chapters/03_receptive_fields.html"
NUMBERS = ("kernel", "stride", "padding", "dilation")
SAID = re.compile(
    r"Unit (\d+) of map (\d+): field (\S+) … (\S+), size (\d+), stride (\d+), centre (\S+); "
    r"it reads (\d+) pixels?\."
)


@pytest.fixture
def widget(visit, address):
    yield visit.first("receptive-field", address + CHAPTER)
    assert visit.complaints == []


def said(widget) -> list[float]:
    match = SAID.match(widget.locator(".rf-status").inner_text())
    assert match, widget.locator(".rf-status").inner_text()
    return [float(word.replace("−", "-")) for word in match.groups()]


def set_layers(widget, layers) -> None:
    while widget.locator("tbody tr").count() > len(layers):
        widget.get_by_role("button", name="Remove the last layer").click()
    while widget.locator("tbody tr").count() < len(layers):
        widget.get_by_role("button", name="Add a layer").click()
    for index, layer in enumerate(layers, start=1):
        for name, value in zip(NUMBERS, layer, strict=True):
            field = widget.locator(f"input[id$='-{index}-{name}']")
            field.fill(str(value))
            field.press("Tab")


def test_the_arrow_keys_choose_unit_and_layer(widget):
    set_layers(widget, [(3, 2, 1, 1), (3, 1, 1, 1)])
    stage = widget.locator(".rf-stage")
    stage.focus()
    stage.press("Home")
    assert said(widget)[:2] == [0, 2]
    stage.press("ArrowRight")
    assert said(widget)[:2] == [1, 2]
    stage.press("ArrowDown")
    assert said(widget)[:2] == [1, 1]
    stage.press("ArrowDown")
    assert widget.locator(".rf-status").inner_text().startswith("Pixel 2: field 2 … 2, size 1")
    stage.press("ArrowUp")
    assert said(widget)[:2] == [1, 1]


@pytest.mark.parametrize(
    "layers",
    [
        [(3, 1, 1, 1)],
        [(3, 2, 1, 1), (2, 2, 0, 1), (3, 1, 1, 1)],
        [(3, 1, 2, 2), (3, 1, 2, 2), (3, 1, 2, 2)],
        [(5, 2, 0, 1), (2, 1, 1, 3), (3, 1, 1, 1), (1, 2, 0, 1)],
    ],
)
def test_it_computes_what_the_library_computes(widget, layers):
    set_layers(widget, layers)
    stack = [LayerGeometry((k,), (s,), (p,), (d,)) for k, s, p, d in layers]
    stage = widget.locator(".rf-stage")
    stage.focus()
    for key in ("Home", "ArrowRight", "End"):
        stage.press(key)
        unit, level, first, last, size, stride, centre, read = said(widget)
        field = receptive_field(stack)
        assert level == len(layers)
        assert (size, stride) == (field.size[0], field.stride[0])
        assert (first, last) == field.window((int(unit),))[0]
        assert centre == field.centre((int(unit),))[0]
        counts = path_counts(stack, (24,), unit=(int(unit),))
        assert read == np.count_nonzero(counts)


def test_examples_show_holes_and_their_absence(widget):
    widget.get_by_role("button", name="dilations 2, 2, 2").click()
    assert said(widget)[4] == 13
    assert said(widget)[7] == 7
    widget.get_by_role("button", name="dilations 1, 3, 9").click()
    assert said(widget)[4] == 27
    assert "outside the picture" in widget.locator(".rf-status").inner_text()


def test_a_click_on_a_dot_chooses_it(widget):
    set_layers(widget, [(3, 1, 1, 1)])
    widget.locator("circle.rf-unit").last.click()  # the pixels are drawn first
    assert said(widget)[:2] == [23, 1]


def test_it_says_when_no_window_fits(widget):
    set_layers(widget, [(5, 4, 0, 5), (5, 1, 0, 1)])
    assert "No window of layer 2 fits on the 1 units" in widget.locator(".rf-notice").inner_text()
