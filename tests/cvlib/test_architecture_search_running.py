"""Evaluations in processes, kept through a kill: the final result is the same in every case."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from search_in_a_process import ENOUGH, PATH, SEED, SETTINGS, STAGES, score, search

from cvlib.architecture_search import DamagedRunError, Evaluator, RunFile, derived_seed, format_code

SCRIPT = Path(__file__).with_name("search_in_a_process.py")
RUN = {"stages": list(STAGES), "seed": SEED}


def same(one, other):
    assert [g.individuals for g in one.generations] == [g.individuals for g in other.generations]
    np.testing.assert_array_equal(one.fitness, other.fitness)
    assert one.best == other.best
    assert one.evaluations == other.evaluations


def refuse(code, seed):
    raise AssertionError(f"{code} was evaluated again")


def test_the_number_of_workers_changes_nothing():
    same(search(None), search(None, workers=2))


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_search_goes_on_and_ends_alike(tmp_path, workers):
    path = tmp_path / "run.jsonl"
    whole = search(None)
    child = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(workers)],
        env=os.environ | {PATH: str(path)},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        while len(lines_of(path)) <= ENOUGH and child.poll() is None:
            time.sleep(0.005)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert child.returncode == -signal.SIGKILL
    survived = lines_of(path)[1:]
    assert ENOUGH <= len(survived) <= SETTINGS.size < whole.evaluations
    evaluated = []

    def watched(code, seed):
        evaluated.append(format_code(code))
        return score(code, seed)

    same(search(path, watched), whole)
    assert len(evaluated) == len({*evaluated}) <= whole.evaluations - len(survived) + 1
    same(search(path, refuse), whole)  # and what has ended is not computed again


def test_a_line_torn_anywhere_is_computed_anew(tmp_path):
    path = tmp_path / "run.jsonl"
    whole = search(path)
    lines = lines_of(path)
    assert len(lines) == whole.evaluations + 1
    for kept in range(1, len(lines[-1])):
        path.write_bytes(b"".join(lines[:-1]) + lines[-1][:kept])
        with RunFile(path, RUN) as run_file:
            assert len(run_file.results) == whole.evaluations - 1
        assert lines_of(path) == lines[:-1]
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    same(search(path), whole)
    assert lines_of(path) == lines
    path.write_bytes(lines[0][:-5])  # not even the settings
    same(search(path), whole)
    assert lines_of(path) == lines


def test_other_damage_is_reported(tmp_path):
    path = tmp_path / "run.jsonl"
    search(path)
    lines = lines_of(path)
    changed = lines[3].replace(b'"result": ', b'"result": 1')
    for wrong in (changed, b"\n", b"null\n", b"\xff\xfe\n", b'{"name": "a", "result": 1.0}\n'):
        path.write_bytes(b"".join([*lines[:3], wrong, *lines[4:]]))
        with pytest.raises(DamagedRunError, match=r"line 4 of .*run\.jsonl is damaged"):
            search(path)
    path.write_bytes(b"".join(lines[1:]))
    with pytest.raises(DamagedRunError, match="holds no settings"):
        search(path)


def test_another_run_keeps_out_of_the_file(tmp_path):
    path = tmp_path / "deep" / "run.jsonl"
    with RunFile(path, RUN) as run_file:
        run_file.add("ä", [0.1, None])
        if os.name == "posix":
            with pytest.raises(BlockingIOError), RunFile(path, RUN):
                pass
    with pytest.raises(ValueError, match="other settings: seed was 4, is 5"):
        RunFile(path, RUN | {"seed": 5}).__enter__()
    with RunFile(path, RUN) as run_file:
        assert run_file.results == {"ä": [0.1, None]}
    with pytest.raises(ValueError, match="is not open"):
        RunFile(path, RUN).add("b", 1)


def fails_on_two(item, seed):
    if item == 2:
        raise ZeroDivisionError("two")
    return item


def dies(item, seed):
    os._exit(3)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_raised_and_what_was_scored_is_kept(tmp_path, workers):
    with (
        RunFile(tmp_path / "run.jsonl", {}) as run_file,
        Evaluator(fails_on_two, workers=workers, run_file=run_file) as evaluate,
    ):
        assert evaluate([1, 3, 1]) == [1, 3, 1]
        with pytest.raises(ZeroDivisionError, match="two"):
            evaluate([4, 2])
        assert run_file.results == {"1": 1, "3": 3, "4": 4}


def test_a_worker_that_dies_is_no_silence():
    from concurrent.futures.process import BrokenProcessPool

    with pytest.raises(BrokenProcessPool), Evaluator(dies, workers=2) as evaluate:
        evaluate([1, 2, 3])


def seed_of(item, seed):
    return seed


def test_a_seed_belongs_to_an_individual_not_to_its_turn():
    one, other = Evaluator(seed_of, seed=7), Evaluator(seed_of, seed=7)
    assert one(["a", "b", "c"]) == other(["c", "b", "a"])[::-1]
    assert one(["a"]) == [derived_seed(7, "a")]
    assert len({derived_seed(s, n) for s in range(20) for n in "abcde"}) == 100
    assert all(0 <= derived_seed(s, "a") < 2**63 for s in range(100))
    with pytest.raises(ValueError, match="workers must be at least 1, got 0"):
        Evaluator(seed_of, workers=0)
