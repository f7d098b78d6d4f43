"""Pages of code written by tests, and the little of the library that their books need."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: What a MyST page begins with that Jupytext takes for a notebook.
HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""


def add_library(book: Path, *rooms: str) -> Path:
    """Give a small book a library of its own: what makes claims, and some empty rooms."""
    library = book / "cvlib"
    library.mkdir(exist_ok=True)
    for name in ("__init__.py", "claims.py", "arithmetics.py", "intervals.py"):
        shutil.copy(ROOT / "cvlib" / name, library)
    for room in rooms:
        (library / room).mkdir()
        for name in ("__init__.py", "deep.py"):
            (library / room / name).write_text("")
    return library
