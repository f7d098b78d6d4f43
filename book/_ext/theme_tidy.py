"""The theme without what its readers would pay for and not use.

Three things go: Thebe, which would load code from another host; Font Awesome's script, whose style
sheet does the same work; and the icons no page shows. Three come: the scripts of the interactive
figures on the pages that hold one, names for what the theme leaves unnamed, and a copy of each
executed chapter as a notebook.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from executed import executed_notebook
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

WIDGETS = Path(__file__).parents[1] / "_static" / "widgets"
_FONT_AWESOME = re.compile(r"\s*<script[^>]*fontawesome\.js[^>]*></script>")
_ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"([^"]*)"\}')
_ICON_CLASS = re.compile(r"\bfa-[\w-]+")
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{2,6})")

_REPAIRS = (
    # a name that differs from the visible words confuses speech control
    ('search-button-field search-button__button pst-js-only" title="Search" aria-label="Search"',
     'search-button-field search-button__button pst-js-only"'),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    # boxes come with one id for all of them
    (' id="proof-content"', ""),
    (' id="exercise-content"', ""),
    (' id="solution-content"', ""),
    (' id="proof"', ""),
    # the roles of a bibliography went out of ARIA; it is a list
    (' role="doc-biblioentry"', ' role="listitem"'),
    # everything on a page belongs to a landmark
    ('<div id="pst-primary-sidebar" class=',
     '<div id="pst-primary-sidebar" role="region" aria-label="This book" class='),
    ('title="Toggle primary sidebar" data', 'aria-label="Chapters" title="Chapters" data'),
    ('title="Toggle secondary sidebar" data',
     'aria-label="On this page" title="On this page" data'),
)  # fmt: skip


def without_thebe(app: Sphinx) -> None:
    """Silence the extension that Jupyter Book loads in any case, and take back its style sheet."""
    registered = app.registry.css_files
    registered[:] = [(name, options) for name, options in registered if "thebe" not in name]
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__.startswith("sphinx_thebe"):
                app.disconnect(listener.id)


def add_widgets(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Load the script and style of each custom element that a page holds, and of no other."""
    for script in sorted(WIDGETS.glob("*.js")):
        if f"<{script.stem}" in context.get("body", ""):
            app.add_js_file(f"widgets/{script.name}", loading_method="defer")
            if script.with_suffix(".css").is_file():
                app.add_css_file(f"widgets/{script.stem}.css")


def tidy(app: Sphinx, error: Exception | None) -> None:
    """Go over the finished site."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in site.rglob("*.html"):
        if "_static" not in page.parts:
            _rewrite(page, tidy_page)
    _thin_icons(site)
    for unused in [*site.rglob("*.map"), *site.rglob("fontawesome.js*"), *site.rglob("*.ttf")]:
        unused.unlink(missing_ok=True)
    (site / "_static" / "vendor" / "katex" / "katex.min.js").unlink(missing_ok=True)
    (site / ".nojekyll").touch()
    _write_notebooks(app, site)


def tidy_page(html: str) -> str:
    """Drop the icon script and repair what assistive technology trips over; idempotent."""
    html = _FONT_AWESOME.sub("", html)
    for old, new in _REPAIRS:
        html = html.replace(old, new)
    return html


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text("utf-8")
    after = change(before)
    if after != before:
        path.write_text(after, "utf-8")


def _thin_icons(site: Path) -> None:
    """Keep the icons that a page, a script or a style names; write them as WOFF."""
    styles = site / "_static" / "styles" / "pydata-sphinx-theme.css"
    fonts = site / "_static" / "vendor" / "fontawesome" / "webfonts"
    if not styles.is_file() or not list(fonts.glob("*.ttf")):
        return
    css = styles.read_text("utf-8")
    pages = [*site.rglob("*.html"), *(site / "_static").rglob("*.js")]
    pages = [p for p in pages if not p.name.startswith("fontawesome")]
    used = {name for p in pages for name in _ICON_CLASS.findall(p.read_text("utf-8"))}

    def keep(rule: re.Match[str]) -> str:
        names = {name.removesuffix(":before").lstrip(".") for name in rule[1].split(",")}
        return rule[0] if names & used else ""

    css = _ICON_RULE.sub(keep, css)
    others = [p.read_text("utf-8") for p in (site / "_static").rglob("*.css") if p != styles]
    named = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), "".join([css, *others]))
    symbols = {ord(c) for c in named if 0xE000 <= ord(c) <= 0xF8FF or ord(c) > 0xF0000} | {0x2B}
    for font in fonts.glob("*.ttf"):
        _subset(font, symbols)
        font.with_suffix(".woff2").unlink()
    css = re.sub(
        r'(webfonts/fa-[\w-]+)\.woff2\) format\("woff2"\)', r'\1.woff) format("woff")', css
    )
    css = re.sub(r',url\([^)]*\.ttf\) format\("truetype"\)', "", css)
    css = re.sub(r"/\*# sourceMappingURL=[^*]*\*/", "", css)
    styles.write_text(css, "utf-8")


def _subset(source: Path, symbols: set[int]) -> None:
    font = TTFont(source)
    subsetter = Subsetter(Options())
    subsetter.populate(unicodes=symbols)
    subsetter.subset(font)
    font.flavor = "woff"  # WOFF2 would need a compressor that nothing else here needs
    font.save(source.with_suffix(".woff"))


def _write_notebooks(app: Sphinx, site: Path) -> None:
    """Put each executed chapter beside the site as ``notebooks/chapters/<name>.ipynb``."""
    for docname in sorted(app.env.found_docs):
        if docname.startswith("chapters/"):
            notebook = executed_notebook(app, docname)
            if notebook is not None:
                target = site / "notebooks" / f"{docname}.ipynb"
                target.parent.mkdir(parents=True, exist_ok=True)
                nbformat.write(notebook, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    without_thebe(app)
    app.connect("html-page-context", add_widgets, priority=900)
    app.connect("build-finished", tidy, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
