"""The templates of our pages: what goes into them is escaped."""

from __future__ import annotations

import functools
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parents[1] / "templates"


@functools.cache
def templates() -> jinja2.Environment:
    """Our pages: what goes into them is escaped unless it is Markup, and none of it may miss."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
