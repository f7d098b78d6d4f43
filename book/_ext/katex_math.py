"""Math rendered while the book is built: KaTeX, run in this process by QuickJS.

Pages carry HTML for the eye and MathML for assistive technology, and need a style sheet and fonts
but no script. A formula KaTeX cannot read is a warning, so the build fails on it.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import quickjs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

KATEX = Path(__file__).parents[1] / "_static" / "vendor" / "katex"
MACROS = {
    r"\RR": r"\mathbb{R}",
    r"\ZZ": r"\mathbb{Z}",
    r"\EE": r"\mathbb{E}",
    r"\T": r"\mathsf{T}",
    r"\argmin": r"\operatorname*{arg\,min}",
    r"\argmax": r"\operatorname*{arg\,max}",
}
_NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|alignat)\}")
_ANNOTATION = re.compile(r"<annotation[^>]*>.*?</annotation>", re.DOTALL)


class MathError(ValueError):
    """A formula that KaTeX cannot read."""


@lru_cache(1)
def _engine() -> Any:
    context = quickjs.Context()
    context.eval("var console = {warn() {}, log() {}, error() {}};")
    context.eval((KATEX / "katex.min.js").read_text(encoding="utf-8"))
    context.eval(
        "function render(tex, options) {"
        " try { return JSON.stringify({html: katex.renderToString(tex, JSON.parse(options))}); }"
        " catch (error) { return JSON.stringify({error: error.message}); } }"
    )
    return context.get("render")


@lru_cache(4096)
def render(tex: str, *, display: bool = False) -> str:
    """Render one formula to HTML with MathML inside; raise ``MathError`` when it is not TeX."""
    options = {
        "displayMode": display,
        "macros": MACROS,
        "output": "htmlAndMathml",
        "strict": "ignore",
        "throwOnError": True,
    }
    answer = json.loads(_engine()(tex, json.dumps(options)))
    if "error" in answer:
        raise MathError(answer["error"])
    # The source of the formula inside the MathML is read by nobody and doubles its size.
    return _ANNOTATION.sub("", answer["html"])


def display_source(text: str, *, nowrap: bool) -> str:
    """Write a display block as one KaTeX formula; equation numbers are Sphinx's, not KaTeX's."""
    if nowrap:
        return _NUMBERED.sub(r"\\\1{\2*}", text)
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    lines = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
    if len(lines) == 1:
        return lines[0]
    return r"\begin{gathered}" + r" \\ ".join(lines) + r"\end{gathered}"


def _render_node(node: nodes.Element, tex: str, *, display: bool) -> str:
    try:
        return render(tex, display=display)
    except MathError as error:
        logger.warning("math cannot be read: %s", error, location=node, type="katex")
        return f'<span class="katex-error">{escape(tex)}</span>'


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    html = _render_node(node, node.astext(), display=False)
    self.body.append(f'<span class="math notranslate">{html}</span>')
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a display formula, with its number and a link to itself if it has a label."""
    tex = display_source(node.astext(), nowrap=bool(node.get("nowrap")))
    self.body.append(self.starttag(node, "div", CLASS="math math-display notranslate"))
    # A long formula scrolls inside its box; the box takes the focus so that keys scroll it.
    self.body.append(f'<div class="math-scroll">{_render_node(node, tex, display=True)}</div>')
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer and the style sheet."""
    app.add_html_math_renderer("katex", (visit_math, None), (visit_displaymath, None))
    app.add_css_file("vendor/katex/katex.min.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
