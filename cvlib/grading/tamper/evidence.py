"""One line of evidence, and the words for how much it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: A note is common in honest work; what is odd is rare there; what is serious needs an explanation.
SEVERITIES = ("serious", "odd", "note")


@dataclass(frozen=True)
class Evidence:
    """Something a person should see: where, what, and how it may have come about innocently."""

    severity: str
    place: str
    what: str
    innocent: str


def sorted_evidence(found: Iterable[Evidence]) -> list[Evidence]:
    """The most serious first; the same thing at several places only once a place."""
    return sorted(dict.fromkeys(found), key=lambda e: SEVERITIES.index(e.severity))


def first_places(found: Iterable[Evidence], limit: int = 2) -> list[Evidence]:
    """At most so many lines that say the same, the last with how many more there are."""
    groups: dict[tuple[str, str], list[Evidence]] = {}
    for e in sorted_evidence(found):
        groups.setdefault((e.severity, e.what), []).append(e)
    kept = []
    for group in groups.values():
        kept += group[:limit]
        if len(group) > limit:
            last = kept.pop()
            more = f"{last.place} and {len(group) - limit} more"
            kept.append(Evidence(last.severity, more, last.what, last.innocent))
    return kept
