"""Tables that others open in a spreadsheet."""

from __future__ import annotations

import re

FORMULA = re.compile(r"\s*[=+@-]")


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading ``= + - @`` gets an apostrophe."""
    return f"'{text}" if text.startswith(("\t", "\r")) or FORMULA.match(text) else text
