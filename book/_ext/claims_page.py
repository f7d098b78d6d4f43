"""The page of claims: what the book's experiments show, and how far each is from failing.

``{claims} <page>`` lays out the claims that a page made when this book was built, beside what the
record of ``make claims`` says of them under other arithmetics and seeds; ``{claims}`` alone sums
the record up. In a page, a number that a claim measured is a link to its row: ``{glue:text}`` knows
which numbers are claims, so nobody has to mark them.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from executed import executed_notebook
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri
from tables import table

from cvlib.claims import PREFIX, Claim, claims_in

PAGE = "book/claims"
COLUMNS = ("What the experiment shows", "Here", "Elsewhere", "Wanted", "Margin")
CLOSEST = 5
#: A hyphen that stands for a minus.
_MINUS = re.compile(r"-(?=\d)")
#: How NumPy shows a number of its own, which no format takes.
_NUMPY_SCALAR = re.compile(r"^np\.(?:float|int)\d+\((.*)\)$")


def anchor(docname: str, name: str) -> str:
    """The address of a claim's row on the page of claims."""
    return f"claim-{docname.rpartition('/')[2]}-{name}".replace("_", "-").lower()


def claims_of(app: Sphinx, docname: str) -> list[Claim]:
    """The claims that a page made when it was run for this book, in its order."""
    notebook = executed_notebook(app, docname)
    return claims_in(notebook.cells) if notebook else []


def recorded(record: Mapping[str, Any], docname: str, claim: Claim) -> list[Claim]:
    """What the record measured of a claim, if it is still the same claim."""
    for entry in record["pages"].get(docname, {}).get("claims", ()):
        same = all(entry[k] == getattr(claim, k) for k in ("name", "above", "below", "of", "unit"))
        if same and entry["seeds"] == len(claim.seeds):
            return [_remeasured(claim, *ends) for ends in entry["measured"]]
    return []


def _remeasured(claim: Claim, mean: float, low: float, high: float) -> Claim:
    return Claim(
        claim.name,
        claim.sentence,
        mean,
        low,
        high,
        claim.above,
        claim.below,
        claim.of,
        claim.seeds,
        claim.unit,
    )


class Claims(SphinxDirective):
    """``{claims} [page]``."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Lay out one page's claims, or the summary of all."""
        file = Path(self.env.srcdir) / "book" / "claims.json"
        self.env.note_dependency(str(file))
        record = json.loads(file.read_text("utf-8"))
        if not self.arguments:
            return _summary(record)
        docname = self.arguments[0]
        self.env.note_dependency(self.env.doc2path(docname))
        claims = claims_of(self.env.app, docname)
        if not claims:
            return [nodes.paragraph("", "This page makes no claims.")]
        rows = [_cells(docname, c, recorded(record, docname, c)) for c in claims]
        laid_out = table(COLUMNS, rows, widths=(10, 4, 4, 3, 2))
        laid_out["classes"].append("claims")
        for entry, claim in zip(laid_out.findall(nodes.row), [None, *claims], strict=True):
            if claim is not None:
                entry["ids"].append(anchor(docname, claim.name))
        return [laid_out]


def _cells(docname: str, claim: Claim, measured: Sequence[Claim]) -> list[list[nodes.Node]]:
    margin = min((c.margin for c in [claim, *measured]), default=claim.margin)
    elsewhere = _range([c.mean for c in measured], claim.unit) if measured else "not measured yet"
    texts = [
        claim.sentence,
        here(claim),
        elsewhere,
        _MINUS.sub("−", claim.wanted),
        in_words(margin),
    ]
    return [[nodes.Text(text)] for text in texts]


def here(claim: Claim) -> str:
    """What this build measured: the mean with its interval, or the range of all seeds."""
    if claim.of == "every":
        return f"{_range([claim.low, claim.high], claim.unit)} ({len(claim.seeds)} seeds)"
    unit = f" {claim.unit}" if claim.unit else ""
    return f"{_short(claim.mean)} ± {_short(claim.half)}{unit} ({len(claim.seeds)} seeds)"


def in_words(margin: float) -> str:
    """A margin as it is printed."""
    return "every seed alike" if math.isinf(margin) else _MINUS.sub("−", f"{margin:.1f}")


def _range(values: Sequence[float], unit: str) -> str:
    ends = [_short(min(values)), _short(max(values))]
    shown = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    return f"{shown} {unit}".rstrip()


def _short(value: float) -> str:
    """Three figures, and a true minus."""
    return f"{value:.3g}".replace("-", "−")


def _summary(record: Mapping[str, Any]) -> list[nodes.Node]:
    found = [
        (_narrowest(entry), entry["sentence"])
        for page in record["pages"].values()
        for entry in page["claims"]
    ]
    arithmetics = list(dict.fromkeys(a for a, _ in record["settings"]))
    text = (
        f"{len(found)} claims, each measured {len(record['settings'])} times on {record['date']}: "
        f"with {len({s for _, s in record['settings']})} disjoint sets of seeds under "
        f"{len(arithmetics)} arithmetics ({', '.join(arithmetics)}) of one processor, "
        f"{record['processor']}. The {CLOSEST} that are closest to failing:"
    )
    closest = nodes.bullet_list()
    for margin, sentence in sorted(found)[:CLOSEST]:
        item = nodes.paragraph("", f"{sentence} (margin {in_words(margin)})")
        closest += nodes.list_item("", item)
    return [nodes.paragraph("", text), closest]


def _narrowest(entry: Mapping[str, Any]) -> float:
    head = {k: entry[k] for k in ("name", "sentence", "above", "below", "of")}
    return min(
        Claim(**head, mean=mean, low=low, high=high, seeds=()).margin
        for mean, low, high in entry["measured"]
    )


class ClaimedNumber(PasteTextRole):
    """``{glue:text}``: a number that a claim measured becomes a link to the claim."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Paste the number, also one of NumPy's, and link it if its name is a claim's."""
        key = self.text.rpartition(":")[0] or self.text
        with contextlib.suppress(RetrievalError, KeyError):
            data = retrieve_glue_data(self.document, key).data
            data["text/plain"] = _NUMPY_SCALAR.sub(r"\1", data["text/plain"])
        pasted, messages = super().run()
        pasted = [_with_true_minus(node) for node in pasted]
        try:
            kept = retrieve_glue_data(self.document, PREFIX + key)
        except RetrievalError:
            return pasted, messages
        env = self.document.settings.env
        sentence = Claim.from_text(kept.data["text/plain"]).sentence
        uri = f"{relative_uri(env.docname, PAGE)}.html#{anchor(env.docname, key)}"
        link = nodes.reference("", "", *pasted, refuri=uri, classes=["claim"], internal=True)
        link["reftitle"] = f"A claim: {sentence}"
        return [link], messages


def _with_true_minus(node: nodes.Node) -> nodes.Node:
    if isinstance(node, nodes.Text):
        return nodes.Text(_MINUS.sub("−", node.astext()))
    for text in list(node.findall(nodes.Text)):
        text.parent.replace(text, _with_true_minus(text))
    return node


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and the numbers that are claims."""
    app.setup_extension("myst_nb")
    app.add_directive("claims", Claims)
    app.add_role_to_domain("glue", "text", ClaimedNumber(), override=True)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
