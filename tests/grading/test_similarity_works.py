"""What is compared is what was handed in: links, pipes and short answers accuse nobody."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cohort import OWN, names, renamed

from cvlib.grading.course.course import Course
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.similarity.similarity import compare, compare_works
from cvlib.grading.similarity.works import Work, read_work
from cvlib.grading.spec.loading import LoadedSet

#: Thirty ways in which students write the same short function.
HONEST = [
    "return float(np.mean((x - np.mean(x)) ** 2))",
    "return float(np.var(x))",
    "return x.var().item()",
    "m = x.mean()\n    return float(((x - m) ** 2).mean())",
    "m = np.mean(x)\n    return np.mean((x - m) ** 2)",
    "mu = x.sum() / x.size\n    return float(((x - mu) ** 2).sum() / x.size)",
    "return float((x**2).mean() - x.mean() ** 2)",
    "d = x - x.mean()\n    return float((d * d).mean())",
    "d = x - np.average(x)\n    return float(np.average(d**2))",
    "return float(np.std(x) ** 2)",
    "s = x.std()\n    return float(s * s)",
    "total = 0.0\n    m = x.mean()\n    for v in x.ravel():\n        total += (v - m) ** 2\n"
    "    return total / x.size",
    "m = x.mean()\n    return sum((v - m) ** 2 for v in x.flat) / x.size",
    "return float(np.square(x - x.mean()).mean())",
    "return float(np.square(x - x.mean()).sum() / x.size)",
    "f = x.reshape(-1)\n    return float(((f - f.mean()) @ (f - f.mean())) / len(f))",
    "flat = x.ravel() - x.mean()\n    return float(flat @ flat / flat.size)",
    "n = x.size\n    return float((x**2).sum() / n - (x.sum() / n) ** 2)",
    "return float(np.mean(np.abs(x - x.mean()) ** 2))",
    "return float(np.linalg.norm(x - x.mean()) ** 2 / x.size)",
    "centre = np.mean(x)\n    distances = [(v - centre) ** 2 for v in x.flatten()]\n"
    "    return float(np.mean(distances))",
    "values = list(x.flatten())\n    m = sum(values) / len(values)\n"
    "    return sum((v - m) ** 2 for v in values) / len(values)",
    "return float(np.cov(x.ravel(), bias=True))",
    "import statistics\n    return statistics.pvariance(x.ravel().tolist())",
    "return float(np.power(x - x.mean(), 2).mean())",
    "e = x - x.mean()\n    return float(np.einsum('...,...->', e, e) / e.size)",
    "return np.asarray(x).var(ddof=0)",
    "m = x.mean()\n    out = ((x - m) ** 2).mean()\n    return float(out)",
    "diff = np.subtract(x, x.mean())\n    return float(np.multiply(diff, diff).mean())",
    "pairs = x.ravel()[:, None] - x.ravel()[None]\n    return float((pairs**2).mean() / 2)",
]


def test_thirty_ways_to_write_one_line_are_left_alone(tiny: LoadedSet) -> None:
    room = Classroom(tiny, seed=0)
    assert len(HONEST) == 30
    works = []
    for k, body in enumerate(HONEST):
        source = f'def spread(x):\n    """Return it."""\n    {body}'
        compile(source, "<honest>", "exec")
        works.append(read_work(f"s{k}", rewrite(room.solved(), "spread", source)))
    for size in (2, 3, 8, 30):
        assert names(compare_works(tiny, works[-size:])) == []


def test_the_command_reads_what_was_handed_in(tiny: LoadedSet, tmp_path: Path, cvlib_grade) -> None:  # type: ignore[no-untyped-def]
    """Through the command line, with a link, a pipe and a broken file among the submissions."""
    room = Classroom(tiny, seed=0)
    own = OWN["conv2d_forward"].replace("conv2d_forward", "inner")
    root = tmp_path / "course"
    for k in range(8):
        body = f'def spread(x):\n    """Return it."""\n    {HONEST[k]}'
        hand_in(root, f"honest{k}", to_bytes(rewrite(room.solved(), "spread", body)))
    hand_in(root, "ada", to_bytes(rewrite(room.solved(), "inner", own)))
    hand_in(root, "bob", to_bytes(rewrite(room.solved(), "inner", renamed(own))))
    hand_in(root, "broken", b"{")
    hand_in(root, "odd", json.dumps({"cells": [{"cell_type": "code", "source": 3}]}).encode())
    path = hand_in(root, "link", b"")
    path.unlink()
    path.symlink_to(root / "submitted/ada/ps90_tiny/ps90_tiny.ipynb")
    path = hand_in(root, "pipe", b"")
    path.unlink()
    os.mkfifo(path)
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    done = cvlib_grade(root, "similarity", "--html", str(page), "--csv", str(table), expect=1)
    line = next(line for line in done.stdout.splitlines() if "ada" in line)
    assert "bob" in line
    assert "12 submissions, 1 pairs to look at" in done.stdout
    assert "conv2d" not in done.stdout
    assert "ada and bob" in page.read_text()
    assert len(table.read_text().splitlines()) >= 2
    done = cvlib_grade(root, "similarity", "--threshold", "0.99")
    assert "nothing stands out" in done.stdout


def hand_in(root: Path, student: str, content: bytes) -> Path:
    path = root / "submitted" / student / "ps90_tiny" / "ps90_tiny.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_the_sample_class_has_no_pair(graded: Course) -> None:
    assert compare(graded, "ps90_tiny").pairs == []


def test_a_student_s_cells_belong_to_the_exercise_before_them(tiny: LoadedSet) -> None:
    room = Classroom(tiny, seed=0)
    notebook = insert_after(room.solved(), "check-inner", "helper = 3")
    work: Work = read_work("ada", notebook)
    assert "helper = 3" in work.texts["inner", "code"]
    assert set(work.texts) >= {("spread", "code"), ("why", "prose"), ("Twice", "code")}
