"""What tests read of a page of the class report."""

from __future__ import annotations

import re
from pathlib import Path

from bs4 import BeautifulSoup
from tiny_set import SET_ID


def words(path: Path) -> str:
    return " ".join(BeautifulSoup(path.read_text("utf-8"), "html.parser").get_text(" ").split())


def harmless(text: str) -> BeautifulSoup:
    """A page in which nothing can act, load or lead elsewhere than to our own pages."""
    soup = BeautifulSoup(text, "html.parser")
    active = ["script", "iframe", "link", "form", "input", "object", "embed", "img", "image"]
    assert not soup.find_all(active)
    for tag in soup.find_all(True):
        assert not [a for a in tag.attrs if a.lower().startswith("on")]
        for reference in ("href", "src", "xlink:href"):
            assert re.match(rf"#|{SET_ID}\.html$|$", str(tag.get(reference, ""))), tag
    assert not re.search(r"url\((?!#)|@import", text)
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert str(policy["content"]).startswith("default-src 'none'")
    return soup
