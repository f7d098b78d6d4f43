"""The interactive convolution, worked by keyboard and compared with the library."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cvlib.convolution import conv2d_forward, conv2d_output_size

CHAPTER = "/chapters/02_convolution.html"


@pytest.fixture
def stepper(visit, address):
    yield visit.first("conv-stepper", address + CHAPTER)
    assert visit.complaints == []


def grid(stepper, kind: str) -> np.ndarray:
    """The numbers that one of the three panels shows."""
    picture = stepper.locator(f"svg.cs-{kind}")
    cells, texts = picture.locator("rect.cs-cell"), picture.locator("text")
    across = {cells.nth(i).get_attribute("x") for i in range(cells.count())}
    numbers = [float(t.replace("−", "-")) for t in texts.all_text_contents()]
    return np.array(numbers).reshape(-1, len(across))


def turn(stepper, name: str, value: int) -> None:
    """Move a slider with the arrow keys."""
    slider = stepper.locator(f"input[id$=-{name}]")
    slider.focus()
    slider.press("Home")
    for _ in range(value - int(slider.get_attribute("min"))):
        slider.press("ArrowRight")
    assert slider.input_value() == str(value)


def status(stepper) -> str:
    return stepper.locator(".cs-status").inner_text()


def test_the_arrow_keys_move_the_window(stepper):
    stage = stepper.locator(".cs-stage")
    stage.focus()
    stage.press("Home")
    assert status(stepper).startswith("Window 1 of")
    stage.press("ArrowRight")
    assert status(stepper).startswith("Window 2 of")
    assert stepper.locator(".cs-sum").inner_text().startswith("out[0, 1] = ")
    stage.press("ArrowDown")
    assert stepper.locator(".cs-sum").inner_text().startswith("out[1, 1] = ")
    stage.press("ArrowLeft")
    stage.press("ArrowUp")
    assert status(stepper).startswith("Window 1 of")


@pytest.mark.parametrize(
    ("height", "width", "kernel", "stride", "padding", "dilation"),
    [(6, 6, 3, 1, 0, 1), (5, 8, 3, 2, 1, 1), (9, 7, 3, 1, 2, 2), (7, 7, 2, 3, 0, 1)],
)
def test_it_computes_what_the_library_computes(
    stepper, height, width, kernel, stride, padding, dilation
):
    settings = {"height": height, "width": width, "kernel": kernel, "stride": stride,
                "padding": padding, "dilation": dilation}  # fmt: skip
    for name, value in settings.items():
        turn(stepper, name, value)
    stage = stepper.locator(".cs-stage")
    stage.focus()
    stage.press("End")
    padded, weights, shown = (grid(stepper, kind) for kind in ("input", "kernel", "output"))
    assert padded.shape == (height + 2 * padding, width + 2 * padding)
    out, _ = conv2d_forward(
        padded[None, None], weights[None, None], stride=stride, dilation=dilation
    )
    np.testing.assert_array_equal(shown, out[0, 0])
    size = conv2d_output_size(
        (height, width), kernel, stride=stride, padding=padding, dilation=dilation
    )
    formulas = stepper.locator(".cs-formula").inner_text().splitlines()
    assert tuple(int(line.rpartition("= ")[2]) for line in formulas) == size
    total = stepper.locator(".cs-sum").inner_text().rpartition("= ")[2].replace("−", "-")
    assert float(total) == out[0, 0, -1, -1]


def test_it_crosses_out_the_pixels_that_no_window_sees(stepper):
    for name, value in {"height": 6, "width": 6, "kernel": 3, "stride": 2, "padding": 0}.items():
        turn(stepper, name, value)
    crossed = stepper.locator("path.cs-unseen").count()
    assert crossed == 11  # the last row and the last column
    assert stepper.locator(".cs-notice").inner_text().startswith("11 of 36 input pixels")


def test_it_says_when_no_window_fits(stepper):
    for name, value in {"height": 2, "kernel": 5, "padding": 0}.items():
        turn(stepper, name, value)
    assert "no window fits" in stepper.locator(".cs-notice").inner_text()
    stage = stepper.locator(".cs-stage")
    stage.focus()
    stage.press("ArrowRight")
    assert status(stepper) == "No window"


def test_space_plays_and_pauses(stepper):
    stage = stepper.locator(".cs-stage")
    stage.focus()
    stage.press("Home")
    stage.press(" ")
    stepper.get_by_text(re.compile("Window 3 of")).wait_for(timeout=20_000)
    stage.press(" ")
    held = status(stepper)
    stepper.page.wait_for_timeout(1200)
    assert status(stepper) == held
