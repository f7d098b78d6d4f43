"""The build itself: quick when nothing changed, and aware of what did."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import build
import pytest

from tests.myst import HEAD, add_library

ROOT = Path(__file__).resolve().parents[2]
FAILING = """
```{code-cell} ipython3
from cvlib.claims import claim, seeds

claim("gain", "It gains.", [1, 2, 3], seeds=seeds(3), above=5)
print("went", "on")
```
"""


def test_a_second_build_is_skipped(site):
    command = [sys.executable, str(ROOT / "book" / "build.py")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "up to date" in result.stdout
    assert "building" not in result.stdout
    assert str(site / "index.html") in result.stdout


def tree(folder: Path) -> Path:
    for name in ("cvlib/room", "cvlib/grading", "book/_ext", "chapters", "assignments/ps"):
        (folder / name).mkdir(parents=True)
    for name in (
        "_config.yml",
        "_toc.yml",
        "cvlib/room/a.py",
        "cvlib/grading/b.py",
        "book/_ext/c.py",
        "book/index.md",
        "chapters/one.md",
    ):
        (folder / name).write_text(name)
    return folder


@pytest.mark.parametrize(
    ("changed", "code", "pages"),
    [
        ("cvlib/room/a.py", True, False),
        ("_config.yml", True, False),
        ("book/_ext/c.py", True, True),
        ("chapters/one.md", False, True),
        ("cvlib/grading/b.py", False, True),
    ],
)
def test_the_digest_knows_what_changed(tmp_path, changed, code, pages):
    root = tree(tmp_path)
    before = [build.digest(root, f(root)) for f in (build.code_files, build.page_files)]
    assert before == [build.digest(root, f(root)) for f in (build.code_files, build.page_files)]
    (root / changed).write_text("changed")
    after = [build.digest(root, f(root)) for f in (build.code_files, build.page_files)]
    assert [a != b for a, b in zip(after, before, strict=True)] == [code, pages]


def test_a_build_that_fails_says_so_and_is_tried_again(tmp_path, capsys):
    root = tree(tmp_path)
    (root / "_config.yml").write_text("title: T\nonly_build_toc_files: true\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (root / "book" / "index.md").write_text("# T\n\n{ref}`nowhere`\n")
    with pytest.raises(RuntimeError, match="Sphinx warned"):
        build.build(root)
    assert "nowhere" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="Sphinx warned"):
        build.build(root)
    (root / "book" / "index.md").write_text("# T\n\nText.\n")
    assert (build.build(root) / "index.html").is_file()


def test_a_page_that_fails_is_named_with_its_claim_and_the_rest_is_there(tmp_path):
    root = tree(tmp_path)
    add_library(root)
    (root / "_config.yml").write_text(
        "title: T\nonly_build_toc_files: true\nexecute: {execute_notebooks: cache}\n"
    )
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n- chapters:\n  - file: chapters/one\n"
    )
    (root / "book" / "index.md").write_text("# T\n\nText.\n")
    (root / "chapters" / "one.md").write_text(f"{HEAD}# One\n\n{FAILING}")
    with pytest.raises(RuntimeError) as failure:
        build.build(root)
    named, rest = str(failure.value).splitlines()
    assert named == (
        "chapters/one failed: the claim gain, “It gains.”, wants interval above 5, "
        "measured 2 [-0.4841, 4.484] over 3 seeds"
    )
    assert rest == f"the rest of the book is there: {root / '_build' / 'html' / 'index.html'}"
    written = (root / "_build" / "html" / "chapters" / "one.html").read_text()
    assert "went on" in written


def test_the_styles_and_scripts_of_the_site_are_the_present_ones(site):
    stamp = json.loads((site.parent / "book.json").read_text())
    assert stamp["static"] == build.digest(ROOT, build.static_files(ROOT))
    for path in build.static_files(ROOT):
        there = site / "_static" / path.relative_to(ROOT / "book" / "_static")
        assert path.name == "katex.min.js" or there.read_bytes() == path.read_bytes(), path
