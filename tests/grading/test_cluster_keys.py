"""Who may send work to a cluster: whoever has its key, and no other user of the machine."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tiny_set import Grade

from cvlib.grading.running.cluster import connect

ROOT = Path(__file__).parents[2]
#: Somebody else on the machine: a client without keys, and one with keys of its own.
STRANGER = """
import sys
from distributed import Client
from distributed.security import Security

address = sys.argv[1].partition("://")[2]
for protocol, security in (("tcp", None), ("tls", Security.temporary())):
    try:
        with Client(f"{protocol}://{address}", security=security, timeout=5) as client:
            client.submit(open, sys.argv[2], "w").result(5)
            print("in")
    except (OSError, TimeoutError) as error:
        print("out")
"""
#: What Dask's own pages would tell them: who is graded, by which processes, and how it goes.
PAGES = (
    "",
    "status",
    "info/main/workers.html",
    "json/identity.json",
    "api/v1",
    "metrics",
    "health",
)
#: A cluster with the settings that it finds, which does one piece of work.
OWN = """
from distributed import Client, LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=1, dashboard_address=None) as cluster, Client(cluster) as client:
        print(cluster.scheduler_address.partition(":")[0], client.submit(sum, [1, 2]).result(60))
"""


def test_a_second_user_is_hung_up_on(tmp_path: Path) -> None:
    """Once, whoever reached the port of a run had code run as the grader."""
    with connect(1, None) as client:
        assert client.scheduler is not None
        address, made = str(client.scheduler.address), tmp_path / "made"
        stranger = subprocess.run(
            [sys.executable, "-c", STRANGER, address, str(made)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"HOME": str(tmp_path)},
        )
        with connect(1, address) as second:  # the same process, which has the key
            assert second.submit(sum, [1, 2]).result(60) == 3
        info = client.scheduler_info()
        doors = [info["services"]["dashboard"]]
        doors += [w["services"]["dashboard"] for w in info["workers"].values() if w["services"]]
        for port, page in itertools.product(doors, PAGES):
            with pytest.raises(HTTPError, match="404"):
                urlopen(f"http://127.0.0.1:{port}/{page}", timeout=10)
    assert stranger.stdout.split() == ["out", "out"], stranger.stderr
    assert not made.exists()


@pytest.mark.parametrize("wrap", [str, json.dumps], ids=["address", "file"])
def test_a_scheduler_without_tls_is_refused_unless_one_is_told(
    wrap: Callable[[object], str], released: Path, tmp_path: Path, cvlib_grade: Grade
) -> None:
    where = "tcp://127.0.0.1:9"
    if wrap is json.dumps:
        file = tmp_path / "scheduler.json"
        file.write_text(json.dumps({"address": where}))
        where = str(file)
    done = cvlib_grade(released, "run", "--scheduler", where, expect=2)
    said = " ".join(done.stderr.replace("│", " ").split())
    assert "the scheduler at tcp://127.0.0.1:9 does not speak TLS" in said
    assert "--no-tls" in said
    done = cvlib_grade(released, "run", "--no-tls", "--scheduler", where)
    assert "0 submissions" in done.stdout


@pytest.mark.parametrize("text", ["", "[]", "{}", '"tls://x"'])
def test_a_scheduler_file_that_says_nothing_is_named(
    text: str, released: Path, tmp_path: Path, cvlib_grade: Grade
) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text(text)
    done = cvlib_grade(released, "run", "--scheduler", str(file), expect=2)
    assert "scheduler.json" in done.stderr


def test_the_keys_of_the_guide_are_used_by_all_sides(tmp_path: Path) -> None:
    page = (ROOT / "book/instructors/clusters.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    (make,) = [block for block in blocks if "get_tls_config_for_role" in block]
    (tmp_path / "own.py").write_text(OWN)
    environment = os.environ | {"HOME": str(tmp_path)}
    environment |= {"DASK_CONFIG": str(tmp_path / ".config/dask")}
    for command in (["-c", make], ["own.py"]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["tls", "3"]
    assert (tmp_path / ".config/dask/keys").stat().st_mode & 0o077 == 0


def test_workers_are_forks_of_a_process_that_has_imported_what_they_need() -> None:
    """Each once took seconds for PyTorch and Dask, as long as it grades ten submissions."""
    with connect(2, None) as client:
        found = client.run(lambda: (os.getppid(), sorted(sys.modules)))
    assert len(found) == 2
    assert len({parent for parent, _ in found.values()}) == 1
    for _, modules in found.values():
        assert {"torch", "cvlib.grading.running.worker"} <= {*modules}
