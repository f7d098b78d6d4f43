"""Characters that cannot be seen, or that change the order in which others are shown."""

from __future__ import annotations

import re
import unicodedata

#: Bidirectional controls, which can show code in another order than Python reads it.
BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Characters of no width. A joiner between two letters, and a mark that opens a file, are common.
NO_WIDTH = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\ufeff"
    "\U000e0000-\U000e007f]"
)
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")


def visible(text: str) -> str:
    """The text with every such character written out, as in ``<U+202E>``."""
    for pattern in (BIDIRECTIONAL, NO_WIDTH, CONTROL):
        text = pattern.sub(lambda m: f"<U+{ord(m[0]):04X}>", text)
    return text


def name_of(character: str) -> str:
    """What a character is called: ``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"
