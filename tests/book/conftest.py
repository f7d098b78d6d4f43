import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from bs4 import BeautifulSoup

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from tests.built_book import ROOT, built_site


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the finished site."""
    return built_site()


@pytest.fixture(scope="session")
def book_script() -> Callable[[str], ModuleType]:
    """Load a script of the book as a module: ``build``, ``execute``."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"book_{name}", ROOT / "book" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Every page of the site, parsed, by its address."""
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
    }
