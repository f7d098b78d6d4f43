"""Markdown of anybody's as harmless HTML: raw HTML in it is shown, formulas become MathML."""

from __future__ import annotations

import functools
import re
import secrets
from typing import Any

import bleach
import jinja2
from latex2mathml.converter import convert
from markupsafe import Markup, escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = frozenset(
    [
        *("a", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "hr", "img", "li"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "span", "strong", "sub", "sup"),
        *("table", "tbody", "td", "th", "thead", "tr", "ul"),
    ]
)
#: MathML that can only be looked at: no links, no actions, no foreign content.
MATH_TAGS = frozenset(
    [
        *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub"),
        *("msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle"),
        *("mpadded", "mphantom", "mmultiscripts", "mprescripts"),
    ]
)
MATH_ATTRIBUTES = frozenset(
    [
        *("display", "xmlns", "stretchy", "fence", "form", "lspace", "rspace", "movablelimits"),
        *("mathvariant", "accent", "columnalign", "columnspacing", "rowspacing", "linethickness"),
        *("minsize", "maxsize", "width", "height", "depth", "displaystyle", "scriptlevel"),
    ]
)
PROTOCOLS = ("http", "https", "mailto", "data")
IMAGE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*\Z")
LONGEST_FORMULA = 2_000
#: Most of a page is the released text, which is the same on everybody's; nothing longer is kept.
LONGEST_KEPT = 20_000


def clean_markdown(source: str, attachments: Any = None) -> Markup:
    """Render Markdown, then keep only harmless tags; a formula that cannot be read stays as TeX."""
    keep = not attachments and len(source) <= LONGEST_KEPT
    return _kept(source) if keep else _cleaned(source, attachments)


@functools.lru_cache(maxsize=1024)
def _kept(source: str) -> Markup:
    return _cleaned(source, None)


def _cleaned(source: str, attachments: Any) -> Markup:
    renderer = _Renderer(
        escape=False, attachments=dict(attachments or {}), exclude_anchor_links=True
    )
    html = MarkdownWithMath(renderer=renderer).render(source)
    cleaned = bleach.clean(html, tags=TAGS, attributes=_allowed, protocols=PROTOCOLS)
    for token, formula in renderer.formulas.items():
        cleaned = cleaned.replace(token, formula)
    return Markup(cleaned)


@jinja2.pass_context
def markdown2html(context: Any, source: str) -> str:
    """The filter of nbgrader's own pages, whose template would show a student's HTML as it is."""
    cell = context.get("cell", {})
    return str(clean_markdown(source, cell.get("attachments")))


def mathml(formula: str, *, block: bool) -> str:
    """Turn TeX into MathML that is cleaned like everything else: TeX can carry HTML, too."""
    try:
        if len(formula) > LONGEST_FORMULA:
            raise ValueError("too long")
        rendered = convert(formula, display="block" if block else "inline")
    except Exception:  # whatever a student wrote between dollars, the page is made
        return f"<code>{escape(formula)}</code>"
    return bleach.clean(rendered, tags=MATH_TAGS, attributes=_math_allowed)


class _Renderer(IPythonRenderer):
    """Leaves a secret token where a formula stands, so that the cleaning does not meet it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.formulas: dict[str, str] = {}

    def image(self, text: str, url: str, title: str | None = None) -> str:
        name = url.removeprefix("attachment:")
        if name != url and not self.attachments.get(name):  # of a kind that we drop, or lost
            return f"<em>{escape(text)} (this picture is missing)</em>"
        return super().image(text, url, title)

    def block_math(self, body: str) -> str:
        return self._keep(body, block=True)

    def inline_math(self, body: str) -> str:
        return self._keep(body, block=False)

    def _keep(self, body: str, *, block: bool) -> str:
        token = secrets.token_hex(16)
        self.formulas[token] = mathml(body, block=block)
        return token


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img":
        return name == "alt" or (name == "src" and bool(IMAGE.match(value)))
    if tag == "a":
        return name == "href" and bool(re.match(r"(https?:|mailto:|#)", value.strip(), re.I))
    return name == "class" and tag in ("span", "code", "pre", "div")


def _math_allowed(tag: str, name: str, value: str) -> bool:
    return name in MATH_ATTRIBUTES
