"""A checkpoint is whole or not there; a damaged one is refused, by name, and its elder kept."""

import os
import pickle
from typing import Any

import pytest
import torch

from cvlib.training import checkpoint as module
from cvlib.training.checkpoint import Checkpoints, DamagedCheckpointError

STATE: dict[str, Any] = {
    "weights": torch.arange(1000.0),
    "step": 3,
    "nested": {"rates": [0.1, 0.2], "none": None},
}


def steps(kept):
    return [int(path.name[5:14]) for path in kept.files()]


@pytest.fixture
def kept(tmp_path):
    return Checkpoints(tmp_path / "runs" / "a")


def test_what_was_written_comes_back(kept):
    path = kept.save(STATE, 3)
    state = kept.load()
    assert torch.equal(state["weights"], STATE["weights"])
    assert state["nested"] == STATE["nested"]
    assert kept.newest() == path
    assert torch.load(path, weights_only=True)["step"] == 3  # an ordinary file


def test_the_newest_two_stay(kept):
    for step in (5, 10, 15, 20):
        kept.save({"step": step}, step)
    assert steps(kept) == [15, 20]
    assert kept.load()["step"] == 20
    assert kept.load(kept.files()[0])["step"] == 15
    assert [p.suffix for p in kept.folder.iterdir()] == [".pt", ".pt"]


def test_steps_sort_as_numbers(kept):
    for step in (999, 1000, 10_000):
        kept.save({"step": step}, step)
    assert steps(kept) == [1000, 10_000]


def test_when_one_is_due(tmp_path):
    assert [s for s in range(1, 10) if Checkpoints(tmp_path, every=3).due(s)] == [3, 6, 9]
    assert not any(Checkpoints(tmp_path).due(s) for s in range(1, 10))


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip_a_bit, cut_short, empty])
def test_damage_is_named_and_the_one_before_is_still_good(kept, damage):
    older, newer = kept.save(STATE, 1), kept.save(STATE, 2)
    damage(newer)
    with pytest.raises(DamagedCheckpointError) as caught:
        kept.load()
    message = str(caught.value)
    assert str(newer) in message
    assert f"Delete it to resume from the one before, {older.name}." in message
    assert newer.exists()
    newer.unlink()
    assert torch.equal(kept.load()["weights"], STATE["weights"])


def test_damage_to_the_only_one_says_so(kept):
    cut_short(kept.save(STATE, 1))
    with pytest.raises(DamagedCheckpointError, match="no earlier one: delete it to start over"):
        kept.load()


class Malice:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (os.mkdir, (str(self.target),))


def plain_pickle(content, file):
    pickle.dump(content, file, protocol=2)


@pytest.mark.parametrize("write", [torch.save, plain_pickle])
def test_a_file_that_would_run_code_is_refused_and_does_not(kept, tmp_path, write):
    kept.folder.mkdir(parents=True)
    path = kept.folder / "written"
    with path.open("wb") as file:
        write({"model": Malice(tmp_path / "owned")}, file)
    path = path.rename(kept.folder / f"step-000000001.{module._digest(path)}.pt")
    with pytest.raises(DamagedCheckpointError, match="is not a checkpoint of this library"):
        kept.load(path)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("where", ["save", "fsync", "replace"])
def test_a_crash_while_writing_leaves_the_earlier_ones(kept, monkeypatch, where):
    kept.save(STATE, 1)

    def full_disk(*args, **kwargs):
        if where == "save":
            args[1].write(b"half a checkpoint")
        raise OSError("no space left on device")

    home = {"save": torch, "fsync": os, "replace": module.Path}[where]
    monkeypatch.setattr(home, where, full_disk)
    with pytest.raises(OSError, match="no space left"):
        kept.save(STATE, 2)
    monkeypatch.undo()
    assert [path.name[:14] for path in kept.folder.iterdir()] == ["step-000000001"]
    assert kept.load()["step"] == 3


def test_what_a_killed_writer_leaves_is_no_checkpoint_and_goes_with_the_next(kept):
    kept.save(STATE, 1)
    (kept.folder / module.TEMPORARY).write_bytes(b"half a checkpoint")
    (kept.folder / "notes.txt").write_text("mine")
    assert steps(kept) == [1]
    assert kept.load()["step"] == 3
    kept.save(STATE, 2)
    assert sorted(p.suffix for p in kept.folder.iterdir()) == [".pt", ".pt", ".txt"]


def test_the_content_is_on_the_disk_before_the_name_is(kept, monkeypatch):
    events: list[str] = []
    real_fsync, real_replace = os.fsync, module.Path.replace

    def fsync(fd):
        events.append("sync")
        real_fsync(fd)

    def replace(*args):
        events.append("name")
        return real_replace(*args)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(module.Path, "replace", replace)
    kept.save(STATE, 1)
    assert events == ["sync", "name", "sync"]


def test_nothing_there_and_wrong_names_are_errors(kept, tmp_path):
    assert kept.newest() is None
    with pytest.raises(FileNotFoundError, match="no checkpoint in"):
        kept.load()
    with pytest.raises(ValueError, match=r"weights\.pt is no checkpoint's name"):
        kept.load(tmp_path / "weights.pt")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"every": 0}, "every must be at least 1 step, got 0"),
        ({"keep": 0}, "keep must be at least"),
    ],
)
def test_settings_are_checked(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        Checkpoints(tmp_path, **options)
