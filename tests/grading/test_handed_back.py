"""No way back for what a submission was marked on: each cell that runs later may print it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from command import nbgrader
from tiny_set import SET_ID, TINY

from cvlib.check.marking import Outcome, Reply
from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.judging.kept_results import read_result
from cvlib.grading.judging.narrow import bounded, narrowed
from cvlib.grading.judging.plan import make_plan
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import LoadedSet, load_problem_set

#: Keeps what it is called with wherever a later cell could find it, and reads the frames above.
TAKES = """
import atexit, os, sys, threading, time

taken = []


def spread(x):
    text = ",".join(v.hex() for v in x.ravel().tolist())
    taken.append(text)
    os.environ["TAKEN"] = text
    open("/tmp/taken", "w").write(text)
    frame = sys._getframe()
    while frame:
        taken.extend(repr(v)[:4000] for k, v in frame.f_locals.items() if k == "request")
        frame = frame.f_back
    atexit.register(print, "atexit", text)
    threading.Timer(0.2, lambda: print("thread", text)).start()
    return float(((x - x.mean()) ** 2).mean())
"""
#: By the word that it prints before: how a later cell would hand it over.
CHANNELS = {
    "global": "print('global', taken[0])",
    "file": "print('file', open('/tmp/taken').read())",
    "environ": "import os\nprint('environ', os.environ['TAKEN'])",
    "frames": "print('frames', [t for t in taken if 'calls' in t][0])",
    "stderr": "import sys\nprint('stderr', taken[0], file=sys.stderr)",
    "value": "'value ' + taken[0]",
    "raises": "raise ValueError('raises ' + taken[0])",
    "named": "raise type('named ' + taken[0], (Exception,), {})",
    "wait": "import time\ntime.sleep(0.5)\nprint('wait')",
    "pixels": "from IPython.display import Image, display\n"
    "display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + taken[0].encode(), format='png'))",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Course:
    """One student, who takes what the judge asks and prints it, after a cell that is harmless."""
    course = Course.open(tmp_path_factory.mktemp("back"), TINY)
    notebook = Classroom(load_problem_set(TINY, SET_ID), course.seed).solved()
    rewrite(notebook, "spread", TAKES + "\nprint('before', len(taken))")
    for source in reversed(CHANNELS.values()):
        insert_after(notebook, "check-spread", source)
    path = course.submitted / "eve" / SET_ID / f"{SET_ID}.ipynb"
    atomic_write(path, to_bytes(notebook))
    assert run_set(course, SET_ID, Options(scheduler=cluster)).ok
    return course


def shown(course: Course) -> str:
    page = course.root / "feedback" / "eve" / SET_ID / f"{SET_ID}.html"
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    outputs = [o.get_text() for o in soup.select(".output")]
    return "\n".join(outputs + [str(i.get("src")) for i in soup.find_all("img")])


def test_the_page_holds_nothing_and_the_instructor_sees_all(course: Course) -> None:
    nbgrader(course.root, "generate_feedback", SET_ID)
    graded = course.root / "autograded" / "eve" / SET_ID
    for_us = (graded / f"{SET_ID}.ipynb").read_text("utf-8")
    works = [word for word in CHANNELS if word in ("pixels", "wait") or f"{word} " in for_us]
    assert works == list(CHANNELS), "a channel that nobody could use would prove nothing"
    assert "thread " in for_us
    text = shown(course)
    assert "before 0" in text
    assert text.count("is not handed back") == len(CHANNELS)
    assert not re.search(r"0x1\.|thread|" + "|".join(f"{word} " for word in CHANNELS), text)
    assert "data:image" not in text


def test_where_it_is_not_known_which_cells_were_late_none_is_shown(course: Course) -> None:
    (key,) = (p.stem for p in course.results.glob("*.json"))
    result = read_result(course.results, key)
    assert result is not None
    assert sum(bool(result.outputs[k]) for k in result.late) == len(CHANNELS)
    path = course.results / f"{key}.json"
    older = {k: v for k, v in json.loads(path.read_bytes()).items() if k != "late"}
    kept = path.read_bytes()
    path.write_text(json.dumps(older))
    try:
        nbgrader(course.root, "generate_feedback", SET_ID, "--force")
        assert "before 0" not in shown(course)
    finally:
        path.write_bytes(kept)


@pytest.fixture(scope="module")
def chain() -> LoadedSet:
    return load_problem_set(Path(__file__).parent / "chain", "ps91_chain")


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("ValueError: 7 (line 3 of the cell: raise E(x))", "ValueError (line 3 of the cell)"),
        ("ValueError: 7 7 7", "ValueError"),
        ("Secret777: 7", "an exception"),
        ("print: 7", "an exception"),
        ("", "an exception"),
    ],
)
def test_a_models_exception_is_its_type_and_line(chain: LoadedSet, detail: str, said: str) -> None:
    items = {item.kind: item for item in make_plan(chain, seed=7).items}
    (reply,) = bounded(items["model"], [Reply("error", detail=detail)])
    assert reply == Reply("error", detail=said)
    assert bounded(items["function"], [reply]) == [reply]
    (refused,) = bounded(items["model"], [Reply("refused", detail="the key 'p1x3ls'")])
    assert "p1x3ls" not in refused.detail


def test_a_models_findings_quote_nothing() -> None:
    text = "✗ some: expected the shape (40,), got 'p1x3ls'\nHint (some): don't\nRead: “it's”"
    outcome = narrowed(Outcome(0.0, 1.0, text, {}, "incorrect"))
    assert (
        outcome.text == "✗ some: expected the shape (40,), got …\nHint (some): don't\nRead: “it's”"
    )
    shape = "✗ some: expected the shape (40,), got (0, 123, 456, 789, 123, 456, 789, 12)"
    assert "789" not in narrowed(Outcome(0.0, 1.0, shape, {}, "incorrect")).text
    number = "✗ some: expected 3, got 123456789"
    assert "123456" not in narrowed(Outcome(0.0, 1.0, number, {}, "incorrect")).text
    share = "✗ some: right on 50.0% of 40 predictions, expected at least 95.0%"
    assert narrowed(Outcome(0.0, 1.0, share, {}, "incorrect")).text == share
