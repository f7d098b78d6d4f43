"""Executed cells side by side: consecutive cells tagged ``tab-numpy``, ``tab-pytorch`` … as tabs.

MyST-NB executes only cells at the top level of a page, so a page writes them one after the other
and this transform gathers each run into a tab set, outputs included. All tab sets switch together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_design.shared import create_component

LABELS = {"numpy": "NumPy", "pytorch": "PyTorch"}
_PREFIX = "tag_tab-"


def tab_of(node: nodes.Node) -> str | None:
    """Return the name of the tab a code cell belongs to, if it belongs to one."""
    if isinstance(node, nodes.container) and "cell" in node.get("classes", []):
        for name in node["classes"]:
            if name.startswith(_PREFIX):
                return str(name).removeprefix(_PREFIX)
    return None


class GatherTabs(SphinxTransform):
    """Replace each run of tab cells by one tab set."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        """Run once a page has been read."""
        parents = [n.parent for n in self.document.findall(nodes.container) if tab_of(n)]
        for parent in {id(p): p for p in parents}.values():
            parent.children = list(_gathered(parent))
            for child in parent.children:
                child.parent = parent


def _gathered(parent: nodes.Element) -> Iterator[nodes.Node]:
    run: list[tuple[str, nodes.Element]] = []
    for child in list(parent.children):
        name = tab_of(child)
        if run and (name is None or name in [known for known, _ in run]):
            yield _tab_set(run)
            run = []
        if name is None:
            yield child
        else:
            assert isinstance(child, nodes.Element)
            run.append((name, child))
    if run:
        yield _tab_set(run)


def _tab_set(cells: list[tuple[str, nodes.Element]]) -> nodes.Element:
    items = []
    for name, cell in cells:
        text = LABELS.get(name, name)
        label = nodes.rubric(
            text, text, classes=["sd-tab-label"], sync_id=name, sync_group="library"
        )
        content = create_component("tab-content", classes=["sd-tab-content"], children=[cell])
        items.append(
            create_component("tab-item", classes=["sd-tab-item"], children=[label, content])
        )
    return create_component("tab-set", classes=["sd-tab-set"], children=items)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_transform(GatherTabs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
