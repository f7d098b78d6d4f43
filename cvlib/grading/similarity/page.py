"""Similar work as a table, as CSV, and as one page that shows passages side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cvlib.grading.pages.hidden import visible
from cvlib.grading.pages.table_files import safe
from cvlib.grading.pages.templating import templates
from cvlib.grading.pages.text import columns
from cvlib.grading.similarity.similarity import Comparison, Pair
from cvlib.grading.similarity.tokens import shared_lines
from cvlib.grading.similarity.works import Place, Work, shape_of, tokens_of

#: Pairs whose passages a page shows, places of a pair, lines of a passage, letters of a line.
SHOWN_PAIRS, SHOWN_PLACES, SHOWN_LINES, SHOWN_LETTERS = 40, 6, 120, 200
#: A fingerprint that is rarer than this is marked where it stands.
MARKED = 0.2
BINS = 20


@dataclass(frozen=True)
class Line:
    """A line of a passage, and whether the other student has it, too."""

    text: str
    shared: bool


def show_similar(comparison: Comparison) -> str:
    """The list for the terminal."""
    count = len(comparison.works)
    rows = [["score", "one", "the other", "rarer than", "where"]]
    for p in comparison.pairs:
        names = (visible(p.one), visible(p.two))
        rows.append([f"{p.score:.2f}", *names, _rarer(comparison, p), _where(comparison, p)])
    lines = columns(rows, left=(1, 2, 4)) if comparison.pairs else []
    lines += [f"together: {', '.join(map(visible, g))}" for g in comparison.clusters()]
    lines += [
        f"{visible(w.student)}: very long, only its beginning was compared"
        for w in comparison.works.values()
        if not w.complete
    ]
    verdict = (
        f"{len(comparison.pairs)} pairs to look at" if comparison.pairs else "nothing stands out"
    )
    spread = f", other pairs score {_quantile(comparison, 0.5):.2f} (median) to "
    spread += f"{_quantile(comparison, 0.99):.2f} (99 of 100)"
    lines.append(
        f"{comparison.set_id}: {count} submissions, {verdict}{spread if count > 1 else ''}"
    )
    return "\n".join(lines)


def similar_csv(comparisons: Sequence[Comparison]) -> bytes:
    """One row a pair and place that they share."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\r\n").writerow
    write(["set", "student", "other", "score", "exercise", "kind", "shared"])
    for comparison in comparisons:
        for p in comparison.pairs:
            for (exercise, kind), share in p.places.items():
                names = (comparison.set_id, p.one, p.two)
                row = [*map(safe, names), f"{p.score:.3f}", safe(exercise), kind, f"{share:.3f}"]
                write(row)
    return text.getvalue().encode("utf-8", "replace")


def similar_page(comparisons: Sequence[Comparison]) -> bytes:
    """One HTML page without a script, in which everything that a student wrote is escaped."""
    sets = [_set_view(c) for c in comparisons]
    return templates().get_template("similarity.html").render(sets=sets).encode("utf-8", "replace")


def passages(comparison: Comparison, pair: Pair, place: Place) -> list[list[Line]]:
    """What both wrote at a place, the lines marked that rare fingerprints of both cover."""
    works = [comparison.works[name] for name in (pair.one, pair.two)]
    one, two = ({h for f in w.fingerprints().values() for h in f.tolist()} for w in works)
    common = [h for h in one & two if comparison.weights.get(h, 0.0) > MARKED]
    return [_passage(work, place, common) for work in works]


def _passage(work: Work, place: Place, common: Sequence[int]) -> list[Line]:
    text = work.texts.get(place, "")
    marked = shared_lines(tokens_of(place, text), shape_of(place), common) if text else set()
    lines = text.split("\n")
    first = max(0, min(marked, default=0) - 3) if len(lines) > SHOWN_LINES else 0
    found = [
        Line(visible(_short(line)), k in marked)
        for k, line in enumerate(lines)
        if first <= k < first + SHOWN_LINES
    ]
    left = len(lines) - first - len(found)
    if first:
        found.insert(0, Line(f"… {first} lines before", False))
    return [*found, Line(f"… {left} more lines", False)] if left > 0 else found


def _short(line: str) -> str:
    return line if len(line) <= SHOWN_LETTERS else f"{line[:SHOWN_LETTERS]} …"


def _set_view(comparison: Comparison) -> dict[str, Any]:
    pairs = []
    for k, pair in enumerate(comparison.pairs):
        places = sorted(pair.places, key=lambda p: -pair.places[p])
        shown = places[:SHOWN_PLACES] if k < SHOWN_PAIRS else []
        pairs.append({
            "one": visible(pair.one), "two": visible(pair.two), "score": f"{pair.score:.2f}",
            "rarer": _rarer(comparison, pair), "where": _where(comparison, pair),
            "places": [
                {"title": _title(comparison, p), "share": f"{pair.places[p]:.0%}",
                 "sides": passages(comparison, pair, p)}
                for p in shown
            ],
            "unshown": len(places) - len(shown),
        })  # fmt: skip
    return {
        "id": comparison.set_id, "count": len(comparison.works), "pairs": pairs,
        "clusters": [", ".join(map(visible, g)) for g in comparison.clusters()],
        "threshold": f"{comparison.threshold:.2f}", "median": f"{_quantile(comparison, 0.5):.2f}",
        "most": f"{_quantile(comparison, 0.99):.2f}", "bars": _bars(comparison),
        "line": round(40 + 560 * comparison.threshold, 1), "all": len(comparison.scores),
        "cut": [visible(w.student) for w in comparison.works.values() if not w.complete],
    }  # fmt: skip


def _bars(comparison: Comparison) -> list[dict[str, Any]]:
    """A bar a twentieth of the scale; heights are logarithmic, so that one pair is seen."""
    counts, edges = np.histogram(comparison.scores, bins=BINS, range=(0.0, 1.0))
    top = np.log1p(counts.max(initial=1))
    return [
        {
            "x": round(40 + 560 * low, 1),
            "height": round(float(110 * np.log1p(count) / top), 1),
            "count": int(count),
            "listed": bool(low >= comparison.threshold - 1e-9),
            "range": f"{low:.2f} to {high:.2f}",
        }
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _rarer(comparison: Comparison, pair: Pair) -> str:
    share = comparison.rarer_than(pair.score)
    return f"{min(share, 0.9999):.2%} of pairs" if len(comparison.scores) > 20 else "–"


def _where(comparison: Comparison, pair: Pair) -> str:
    places = sorted(pair.places.items(), key=lambda item: -item[1])
    return ", ".join(f"{_title(comparison, p)} {share:.0%}" for p, share in places)


def _title(comparison: Comparison, place: Place) -> str:
    exercise, kind = place
    title = comparison.titles.get(exercise, exercise)
    return title if kind == "code" else f"{title} (text)"


def _quantile(comparison: Comparison, part: float) -> float:
    return float(np.quantile(comparison.scores, part)) if len(comparison.scores) else 0.0
