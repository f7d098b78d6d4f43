"""Phase A: one submission that breaks grading itself is reported, and harms nobody else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from distributed import LocalCluster

from cvlib.grading.course.intake import Submission
from cvlib.grading.judging.plan import make_plan, result_key
from cvlib.grading.running.batch import Batch, grade_all
from cvlib.grading.spec.loading import LoadedSet


def test_a_dead_worker_and_an_error_are_reported_and_the_others_graded(
    tiny: LoadedSet, tmp_path: Path
) -> None:
    plan = make_plan(tiny, seed=1)

    class Killer(bytes):  # a local class travels with its code
        """Whoever reads this ends."""

        def removeprefix(self, prefix: Any) -> bytes:
            os._exit(1)

    class Strange(bytes):
        """Whoever reads this fails."""

        def removeprefix(self, prefix: Any) -> bytes:
            raise LookupError("strange")

    submissions = [
        Submission("ann", b"no notebook"),
        Submission("killer", Killer()),
        Submission("bob", None),
        Submission("strange", Strange()),
        Submission("cem", b"{}"),
    ]
    graded = {g.student: g for g in grade_all([Batch(plan, submissions)], tmp_path, workers=2)}
    assert set(graded) == {"ann", "killer", "bob", "strange", "cem"}
    assert "LookupError" in graded["strange"].failure
    assert graded["killer"].result is None
    assert graded["killer"].failure
    for name, raw in (("ann", b"no notebook"), ("bob", None), ("cem", b"{}")):
        result = graded[name].result
        assert result is not None
        assert result.key == result_key(raw, plan.digest)
        assert (tmp_path / f"{result.key}.json").read_bytes() == result.to_json()
    assert len(list(tmp_path.iterdir())) == 3


def test_any_dask_cluster_can_be_used_by_its_address(tiny: LoadedSet, tmp_path: Path) -> None:
    plan = make_plan(tiny, seed=1)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        batch = Batch(plan, [Submission("ann", b"")])
        stream = grade_all([batch], tmp_path, scheduler=cluster.scheduler_address)
        (graded,) = stream
    assert graded.result is not None
    assert graded.result.score == 0.0


def test_nothing_to_do_starts_nothing(tiny: LoadedSet, tmp_path: Path) -> None:
    nobody = Batch(make_plan(tiny, seed=1), [])
    for batches in ([], [nobody]):
        assert list(grade_all(batches, tmp_path, scheduler="tcp://127.0.0.1:9")) == []
