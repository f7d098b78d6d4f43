"""Executed notebooks, taken back from the cache that the build fills."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx

_LABEL = re.compile(r"^\([\w-]+\)=\s*$\n?", re.MULTILINE)


def executed_notebook(app: Sphinx, docname: str) -> NotebookNode | None:
    """Return the notebook of a page with its outputs, or None if the page has no code."""
    env: Any = app.env
    path = Path(env.doc2path(docname))
    text = path.read_text("utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    if reader is None:
        return None
    cache = get_cache(env.mystnb_config.execution_cache_path)
    try:
        _, notebook = cache.merge_match_into_notebook(reader.read(text))
    except KeyError:
        return None
    for cell in notebook.cells:
        cell.metadata.pop("source_map", None)
        if cell.cell_type == "markdown":
            cell.source = _LABEL.sub("", cell.source)
    notebook.metadata.pop("source_map", None)
    return notebook
