"""The evidence as a list for the terminal, as CSV, and as one page."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence

from cvlib.grading.pages.hidden import visible
from cvlib.grading.pages.table_files import safe
from cvlib.grading.pages.templating import templates
from cvlib.grading.tamper.evidence import SEVERITIES, Evidence
from cvlib.grading.tamper.tamper import Finding

Found = Mapping[str, Sequence[Finding]]


def show_tampering(set_id: str, findings: Sequence[Finding], *, notes: bool = False) -> str:
    """A paragraph a student; those with notes alone are only counted, unless ``notes``."""
    lines = []
    for finding in findings:
        shown = [e for e in finding.evidence if notes or e.severity != "note"]
        if not shown:
            continue
        lines.append(visible(finding.student))
        for e in shown:
            lines.append(f"  {e.severity:8}{visible(e.place)}: {_one_line(e.what)}")
            lines.append(f"          perhaps: {_one_line(e.innocent)}")
    counts = Counter(f.worst for f in findings)
    words = ", ".join(f"{counts[s]} {s}" for s in SEVERITIES if counts[s])
    verdict = f"{len(findings)} students to look at ({words})" if findings else "nothing to see"
    return "\n".join([*lines, f"{set_id}: {verdict}; no mark was changed"])


def tamper_csv(found: Found) -> bytes:
    """One row a line of evidence."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\r\n").writerow
    write(["set", "student", "severity", "place", "evidence", "perhaps"])
    for set_id, findings in found.items():
        for finding in findings:
            for e in finding.evidence:
                row = [set_id, finding.student, e.severity, e.place, e.what, e.innocent]
                write([safe(visible(cell)) for cell in row])
    return text.getvalue().encode("utf-8", "replace")


def tamper_page(found: Found) -> bytes:
    """One HTML page without a script, in which everything that a student wrote is escaped."""
    sets = [
        {
            "id": set_id,
            "students": [
                {
                    "name": visible(f.student),
                    "worst": f.worst,
                    "evidence": list(map(_view, f.evidence)),
                }
                for f in findings
            ],
        }
        for set_id, findings in found.items()
    ]
    return templates().get_template("tamper.html").render(sets=sets).encode("utf-8", "replace")


def _view(e: Evidence) -> dict[str, str]:
    return {
        "severity": e.severity,
        "place": visible(e.place),
        "what": visible(e.what),
        "innocent": e.innocent,
    }


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())
