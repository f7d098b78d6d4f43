"""House style of every figure, and the object that shows one in a notebook or on a page.

Pure black follows the theme of the page (dark text on light, light text on dark). Use ``INK`` for
text that must stay dark, such as a number on a light cell.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

#: Blue, vermilion, green, purple, ochre, grey: told apart with any colour vision, and at least
#: 3:1 against both a white and a near-black page.
PALETTE = ("#2078b4", "#d55e00", "#009e73", "#c2649a", "#a87a00", "#7f7f7f")
SEQUENTIAL = "cividis"
DIVERGING = "PuOr"
INK = "#111111"
PAPER = "#ffffff"

STYLE: Any = {
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "axes.labelsize": 10,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.facecolor": "none",
    "font.size": 10,
    "grid.alpha": 0.25,
    "image.cmap": SEQUENTIAL,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "mathtext.fontset": "dejavusans",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
}
_SVG: Any = {"svg.fonttype": "none", "svg.hashsalt": "cvlib", "svg.image_inline": True}
_CSS_PIXELS_PER_INCH = 96


def new_figure(
    rows: int = 1,
    cols: int = 1,
    *,
    width: float = 7.0,
    height: float | None = None,
    **subplots_kw: Any,
) -> tuple[Figure, Any]:
    """Make a figure in the house style, with its axes, outside pyplot's global state.

    Sizes are in inches; the default height gives each panel the shape of a landscape photograph.
    ``axes`` is what ``Figure.subplots`` returns: one ``Axes``, or an array of them.
    """
    if height is None:
        height = 0.62 * width / cols * rows
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, cols, **subplots_kw)


def show_image(ax: Axes, image: ArrayLike, **imshow_kw: Any) -> None:
    """Draw an (H, W) or (H, W, 3) array on axes without ticks; grey unless a ``cmap`` is given."""
    pixels = np.asarray(image)
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in (3, 4)):
        raise ValueError(f"expected an (H, W) or (H, W, 3) image, got shape {pixels.shape}")
    if pixels.ndim == 2:
        imshow_kw.setdefault("cmap", "gray")
    ax.imshow(pixels, **imshow_kw)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


@dataclass(frozen=True)
class Plot:
    """A figure with the words that replace it for a reader who does not see it.

    As the last expression of a cell it displays itself: as inline SVG that follows the theme, or,
    with ``photo=True``, as a WebP image on a light panel.
    """

    figure: Figure
    alt: str
    caption: str = ""
    photo: bool = False

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("expected alt text that says what the figure shows, got none")

    def with_caption(self, caption: str) -> Plot:
        """Return the same figure under another caption."""
        return replace(self, caption=caption)

    def to_html(self) -> str:
        """Render as one ``<figure>`` element that needs no other file."""
        canvas = self._photo() if self.photo else self._drawing()
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        kind = "plot plot-photo" if self.photo else "plot"
        return f'<figure class="{kind}"><div class="plot-canvas">{canvas}</div>{caption}</figure>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.alt}

    @property
    def _width(self) -> int:
        return round(self.figure.get_figwidth() * _CSS_PIXELS_PER_INCH)

    def _photo(self) -> str:
        buffer = io.BytesIO()
        self.figure.savefig(
            buffer, format="webp", dpi=160, facecolor=PAPER, pil_kwargs={"quality": 82}
        )
        data = base64.b64encode(buffer.getvalue()).decode()
        inches = self.figure.get_size_inches()
        return (
            f'<img alt="{escape(self.alt)}" src="data:image/webp;base64,{data}"'
            f' width="{self._width}" height="{round(inches[1] * _CSS_PIXELS_PER_INCH)}"'
            ' style="max-width:100%;height:auto;background:#fff">'
        )

    def _drawing(self) -> str:
        for ax in self.figure.axes:
            if legend := ax.get_legend():
                legend.set_frame_on(False)  # its white box would hide light text
        buffer = io.StringIO()
        with matplotlib.rc_context(_SVG):
            self.figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        return _inline_svg(buffer.getvalue(), self.alt, self._width)


def _inline_svg(document: str, alt: str, width: int) -> str:
    """Turn Matplotlib's SVG document into an element that lives among others on a page."""
    match = re.search(r'viewBox="([^"]+)"', document)
    assert match is not None
    body = document[document.index(">", document.index("<svg")) + 1 : document.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style[^>]*>.*?</style>", "", body, flags=re.DOTALL)  # it styles the page too
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = body.replace("#000000", "currentColor")
    body = re.sub(r"font: ([^;\"]*)", _font_without_family, body)  # Matplotlib before 3.11
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    body = re.sub(r'(?<= d=")[^"]*', lambda m: _rounded(m.group()), body)
    body = _private_ids(body)
    body = re.sub(r">\s+<", "><", body).strip()
    style = (
        f"--plot-width:{width}px;width:{width}px;max-width:100%;height:auto;fill:currentColor;"
        "stroke-linejoin:round;stroke-linecap:butt"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' role="img" aria-label="{escape(alt)}" viewBox="{match.group(1)}" style="{style}">'
        f"{body}</svg>"
    )


def _font_without_family(match: re.Match[str]) -> str:
    """Keep style, weight and size; the family is the page's own."""
    words = re.match(r"(.*?)([\d.]+px)", match.group(1))
    if words is None:
        return match.group()
    parts = [f"font-size: {words.group(2)}"]
    for word in words.group(1).split():
        parts.append(f"font-style: {word}" if word == "italic" else f"font-weight: {word}")
    return "; ".join(parts)


def _rounded(path: str) -> str:
    short = re.sub(
        r"\d+\.\d{3,}", lambda m: f"{float(m.group()):.2f}".rstrip("0").rstrip("."), path
    )
    return re.sub(r"\s+", " ", short).strip()


def _private_ids(body: str) -> str:
    """Drop ids that nothing refers to and prefix the rest, so that no two figures share one."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    prefix = "p" + hashlib.sha256(body.encode()).hexdigest()[:8]
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", body)
    return re.sub(r'(url\(#|href="#)([^)"]+)', rf"\g<1>{prefix}\g<2>", body)
