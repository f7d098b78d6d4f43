"""The static pages of a class report: one a problem set, and an index.

A page needs nothing else: no script, no other file, no network. Everything that a student or a
notebook brought in is escaped, by the template or by Matplotlib.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from cvlib.figures import Plot
from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.judging.result import points
from cvlib.grading.pages.templating import templates
from cvlib.grading.report import plots
from cvlib.grading.report.data import ClassWork, Work, gather
from cvlib.grading.report.numbers import Numbers, compute

LISTED = 12  # how many misconceptions and failed parts a page names
SO_FEW = 5  # fewer submissions than this hide nobody, with or without names


def write_report(
    course: Course, sets: Sequence[str], target: Path, *, anonymous: bool = False
) -> list[Path]:
    """Write the pages of all sets that have marks, and say which files were made.

    ``target`` is a folder, or an .html file for one problem set alone. Raises CourseError when
    nothing is graded, or when one file is to hold several sets.
    """
    single = target.suffix == ".html"
    if single and len(sets) > 1:
        raise CourseError(
            f"-o {target} names one page, but {len(sets)} problem sets are meant: name one, or a "
            "folder"
        )
    found = [work for work in (gather(course, set_id) for set_id in sets) if work.graded]
    if not found:
        raise CourseError(f"nothing is graded yet in {', '.join(sets)}: run cvlib-grade run first")
    made: list[Path] = []
    entries = [(work, compute(work)) for work in found]
    for work, numbers in entries:
        path = target if single else target / f"{work.set_id}.html"
        atomic_write(path, set_page(work, numbers, anonymous=anonymous).encode())
        made.append(path)
    if not single:
        atomic_write(target / "index.html", index_page(entries).encode())
        made.insert(0, target / "index.html")
    return made


def set_page(work: ClassWork, numbers: Numbers, *, anonymous: bool = False) -> str:
    """The page of one problem set, as HTML."""
    rows = numbers.difficulties
    late = [w for w in work.works if w.seconds_late]
    known = [w for w in work.works if w.seconds_late is not None]
    return _render(
        "report.html",
        work=work,
        numbers=numbers,
        anonymous=anonymous,
        few=len(work.graded) < SO_FEW,
        listed=LISTED,
        late=len(late),
        on_time=len(known) - len(late),
        penalties=sum(w.penalty > 0 for w in work.works),
        waiting=sum(w.waiting for w in work.graded),
        ungraded=len(work.works) - len(work.graded) + len(work.unrecorded),
        incomplete=sum(w.result is None for w in work.graded),
        figure=_figure,
        histogram=partial(plots.histogram, numbers, work.max_score),
        steps=partial(plots.steps, numbers, work.max_score),
        means=partial(plots.means, rows),
        shares=partial(plots.shares, rows),
        discriminations=partial(plots.discriminations, rows),
        students=[] if anonymous else [_student(w, work) for w in work.works],
    )


def index_page(entries: Sequence[tuple[ClassWork, Numbers]]) -> str:
    """The page that leads to the others, as HTML."""
    sets = [(work.title, numbers, work.max_score) for work, numbers in entries]
    return _render(
        "report_index.html", entries=entries, figure=_figure, boxes=partial(plots.boxes, sets)
    )


def _render(template: str, **values: Any) -> str:
    environment = templates()
    environment.filters |= {
        "points": points,
        "percent": plots.percent,
        "duration": duration,
        "words": words,
    }
    made = datetime.now().strftime("%-d %B %Y, %H:%M")
    return environment.get_template(template).render(made=made, **values)


def _figure(plot: Callable[[], Plot]) -> Markup:
    return Markup(plots.drawn(plot))


def _student(work: Work, whole: ClassWork) -> dict[str, Any]:
    cells = []
    for exercise in whole.exercises:
        mark = work.marks.get(exercise.id)
        given = None if mark is None else mark.points
        level = "none" if not given else "full" if given >= exercise.points else "part"
        cells.append(
            {
                "text": "–" if given is None else points(given),
                "level": "" if given is None else level,
                "waiting": mark is not None and mark.waiting,
            }
        )
    return {"work": work, "cells": cells}


def words(text: str) -> Markup:
    """The words of a mutant, in which *emphasis* and `code` are marked as in the notebooks."""
    html = re.sub(r"\*([^*`]+)\*", r"<em>\1</em>", str(escape(text)))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", html))


def duration(seconds: float) -> str:
    """A time as a person says it, to two units: ``1 d 4 h``, ``25 min``, ``under a minute``."""
    minutes = int(seconds // 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    said = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(said[:2]) or "under a minute"
