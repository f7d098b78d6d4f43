"""What a killed grader leaves on the disk is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from cvlib.grading.judging.origin import Origin
from cvlib.grading.sandbox import private
from cvlib.grading.spec.loading import load_problem_set

#: Unpack a problem set that was sent here, as a worker does.
UNPACK = "import pickle, sys; pickle.load(sys.stdin.buffer).load()"
DIES = """
import os, signal
from cvlib.grading.spec import ProblemSet
if "DIE" in os.environ:
    os.kill(os.getpid(), signal.SIGKILL)
PROBLEM_SET = ProblemSet("ps91_dies", "It dies", "02_convolution", ())
"""


def age(folder: Path) -> list[Path]:
    """Let an hour pass for everything in a folder; what is there."""
    found = sorted(folder.iterdir())
    for path in found:
        os.utime(path, (0, 0))
    return found


def test_only_what_is_ours_is_removed_as_left_over(tmp_path: Path) -> None:
    """A course folder in /tmp was once taken for what a killed grader had left."""
    ours, theirs = tmp_path / f"{private.PREFIX}x", tmp_path / "cvlib-course"
    held = tmp_path / f"{private.PREFIX}y"
    for folder in (ours, theirs, held):
        folder.mkdir()
    age(tmp_path)
    lock = private.hold(held)
    private.remove_stale(tmp_path)
    os.close(lock)
    assert sorted(tmp_path.iterdir()) == sorted([theirs, held])


def test_a_worker_killed_while_it_unpacks_a_set_leaves_nothing_for_long(tmp_path: Path) -> None:
    """The run after a kill once left the folder of sources, since only one of three was held."""
    folder = tmp_path / "assignments/ps91_dies"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(DIES)
    (folder / "notebook.md").write_text("# It dies\n")
    sent = pickle.dumps(Origin(load_problem_set(folder.parent, folder.name)))
    with tempfile.TemporaryDirectory() as temporary:  # a short path, as sockets need it
        for more, status in (({"DIE": "1"}, -signal.SIGKILL), ({}, 0)):
            environment = os.environ | {"TMPDIR": temporary} | more
            run = subprocess.run([sys.executable, "-c", UNPACK], input=sent, env=environment)
            assert run.returncode == status
            assert len(age(Path(temporary))) == (1 if more else 0)
