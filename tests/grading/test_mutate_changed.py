"""Which exercises an edit touches, in a real repository; and what is left when time is up."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.course import CourseError
from cvlib.grading.rehearsal.mutants.changed import changed_since
from cvlib.grading.spec.loading import load_problem_set
from tests.myst import HEAD

SET_ID = "ps94_changes"
EXERCISE = '''"""One of two."""

from cvlib.grading.spec import Case, Exercise

from .common import draw

EXERCISE = Exercise(
    "{id}", "{id}", "{id}", "94_changes#{id}", reference=lambda x: {factor} * x,
    cases=lambda rng: [Case((draw(rng),))],
)
'''
FILES = {
    "common.py": '"""Drawn for all."""\n\n\ndef draw(rng):\n    return float(rng.normal())\n',
    "twice.py": EXERCISE.format(id="twice", factor=2),
    "thrice.py": EXERCISE.format(id="thrice", factor=3).replace(
        "from .common import draw\n", "from .own import draw\n"
    ),
    "own.py": '"""Drawn for one."""\n\nfrom .common import draw as draw\n',
    "__init__.py": f'''"""Two exercises."""

from cvlib.grading.spec import ProblemSet

from . import thrice, twice

PROBLEM_SET = ProblemSet(
    id="{SET_ID}", title="Changes", chapter="94_changes",
    exercises=(twice.EXERCISE.worth(2), thrice.EXERCISE.worth(1)),
)
''',
    "notebook.md": HEAD
    + """
# Changes

```{code-cell} python
:tags: [exercise:twice]

def twice(x):
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION
```

```{code-cell} python
:tags: [exercise:thrice]

def thrice(x):
    ### BEGIN SOLUTION
    return x + x + x
    ### END SOLUTION
```
""",
}


def git(repository: Path, *arguments: str) -> None:
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=repository, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the set, in a repository whose last commit holds it as it is."""
    folder = tmp_path / "course" / "assignments" / SET_ID
    folder.mkdir(parents=True)
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "--message", "before the set")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message", "the set")
    return folder


def changed(folder: Path, ref: str = "HEAD") -> set[str]:
    return changed_since(load_problem_set(folder.parent, SET_ID), ref)


@pytest.mark.parametrize(
    ("file", "old", "new", "touched"),
    [
        ("twice.py", "2 * x", "x * 2", {"twice"}),
        ("own.py", "for one", "for this one", {"thrice"}),
        ("common.py", "normal", "uniform", {"twice", "thrice"}),
        ("__init__.py", "worth(2)", "worth(5)", set()),
        ("notebook.md", "x + x + x", "3 * x", {"thrice"}),
        ("notebook.md", "# Changes", "# No cell", set()),
        ("notebook.md", "# Changes", "```{code-cell} python\nzero = 0\n```", {"twice", "thrice"}),
    ],
)
def test_an_edit_touches_what_is_made_of_it(
    folder: Path, file: str, old: str, new: str, touched: set[str]
) -> None:
    assert changed(folder) == set()
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    assert changed(folder) == touched
    git(folder, "commit", "--all", "--message", "an edit")
    assert (changed(folder), changed(folder, "HEAD^")) == (set(), touched)


def test_what_was_not_there_has_changed(folder: Path) -> None:
    assert changed(folder, "HEAD^") == {"twice", "thrice"}
    text = (folder / "notebook.md").read_text()
    head, _, thrice = text.partition("```{code-cell} python\n:tags: [exercise:thrice]")
    (folder / "notebook.md").write_text(head)
    git(folder, "commit", "--all", "--message", "one without a cell")
    (folder / "notebook.md").write_text(text)
    assert thrice
    assert "thrice" in changed(folder)


def test_an_unknown_commit_is_an_error(folder: Path) -> None:
    with pytest.raises(CourseError, match=r"git rev-parse in .*: fatal: Needed"):
        changed(folder, "nowhere")


def doctor(folder: Path, *options: str) -> str:
    places = ["--course", str(folder.parents[1] / "c"), "--assignments", str(folder.parent)]
    asked = ["doctor", SET_ID, "--seeds", "1", "--mutate", "--draws", "1", *options]
    done = CliRunner().invoke(cli, [*places, *asked])
    return done.stdout or done.stderr


def test_the_doctor_tries_what_has_changed_while_there_is_time(folder: Path) -> None:
    since = ("--changed-since", "HEAD")
    assert f"{SET_ID}: no exercise has changed since HEAD" in doctor(folder, *since)
    (folder / "twice.py").write_text(FILES["twice.py"].replace("2 * x", "x * 2"))
    left = doctor(folder, *since, "--minutes", "0")
    table = left[left.index("derived ") :]
    assert table.splitlines()[1].split() == ["twice", "not", "tried"]
    assert "thrice" not in table
    tried = doctor(folder, *since)
    assert "not tried" not in tried
    # what is known needs no time
    assert doctor(folder, *since, "--minutes", "0") == tried
    assert "of whole problem sets" in doctor(folder, *since, "--record", "record.json")
