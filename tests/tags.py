"""Parts of a page that must be there."""

from bs4 import Tag


def one(found: Tag | None) -> Tag:
    """What was found in a page; a test fails where it is missing."""
    assert found is not None
    return found
