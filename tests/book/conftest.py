import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

# The scripts of the book and its Sphinx extensions are modules for these tests.
sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from tests.built_book import built_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished site."""
    return built_site(tmp_path_factory)


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Every page of the site, parsed, by its address."""
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
    }
