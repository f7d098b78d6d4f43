"""A run that was killed and started again ends where an uninterrupted one does, bit for bit."""

import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
import torch
from noisy_points import EPOCHS, EXAMPLES, SIZE, KilledError, Noisy, network
from torch import nn

from cvlib.optim.reference.schedules import cosine, warmup
from cvlib.training.checkpoint import Checkpoints, DamagedCheckpointError
from cvlib.training.loop import Batches, train

STEPS = EPOCHS * -(-EXAMPLES // SIZE)

OPTIMIZERS = {
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.AdamW(p, lr=0.01),
}


def run(folder=None, *, die_at=None, optimizer="momentum", every=2, epochs=EPOCHS, **options):
    """Train from a fresh model; raise in the forward pass of step number `die_at` of this call."""
    model, count = network(), 0

    def loss(outputs, targets):
        nonlocal count
        if count == die_at:
            raise KilledError
        count += 1
        noise = random.random() + np.random.rand()  # a loss may draw numbers as well
        return (1 + 0.1 * noise) * nn.functional.cross_entropy(outputs, targets)

    history = train(
        model,
        loss,
        OPTIMIZERS[optimizer](model.parameters()),
        options.pop("batches", None) or Batches(Noisy(), SIZE, seed=5),
        epochs=epochs,
        schedule=warmup(0.5, cosine(EPOCHS)),
        validation=(torch.randn(10, 1, 4, 4, generator=torch.Generator()), torch.arange(10) % 3),
        checkpoint=None if folder is None else Checkpoints(folder, every=every),
        progress=False,
        device="cpu",
        **options,
    )
    return model.state_dict(), history.as_dict()


def same(first, second):
    weights = zip(first[0].values(), second[0].values(), strict=True)
    return all(torch.equal(a, b) for a, b in weights) and first[1] == second[1]


@pytest.fixture(scope="module")
def uninterrupted():
    return {name: run(optimizer=name) for name in OPTIMIZERS}


def test_the_comparison_can_tell_runs_apart(uninterrupted):
    assert same(uninterrupted["adam"], run(optimizer="adam"))
    assert not same(uninterrupted["adam"], uninterrupted["momentum"])
    other = run(optimizer="adam", batches=Batches(Noisy(), SIZE, seed=6))
    assert not same(uninterrupted["adam"], other)


def test_writing_checkpoints_changes_nothing(tmp_path, uninterrupted):
    assert same(run(tmp_path), uninterrupted["momentum"])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_killed_at_any_step_it_ends_the_same(tmp_path, uninterrupted, optimizer):
    for die_at in range(STEPS):
        folder = tmp_path / str(die_at)
        with pytest.raises(KilledError):
            run(folder, die_at=die_at, optimizer=optimizer)
        assert same(run(folder, optimizer=optimizer), uninterrupted[optimizer]), die_at


def test_killed_again_and_again_it_ends_the_same(tmp_path, uninterrupted):
    for die_at in (3, 4, 2, 5):
        with pytest.raises(KilledError):
            run(tmp_path, die_at=die_at)
    assert same(run(tmp_path), uninterrupted["momentum"])


def test_float16_keeps_its_loss_scale(tmp_path):
    whole = run(precision="float16")
    with pytest.raises(KilledError):
        run(tmp_path, die_at=8, precision="float16")
    assert Checkpoints(tmp_path).load()["precision"]["scale"] > 0
    assert same(run(tmp_path, precision="float16"), whole)


def test_loading_processes_change_nothing(tmp_path, uninterrupted):
    batches = Batches(Noisy(), SIZE, seed=5, workers=2)
    with pytest.raises(KilledError):
        run(tmp_path, die_at=8, batches=batches)
    assert same(run(tmp_path, batches=batches), uninterrupted["momentum"])


def test_a_run_that_is_done_is_read_and_more_epochs_go_on(tmp_path, uninterrupted):
    first = run(tmp_path, epochs=2)
    assert first[1]["stopped"] == "epochs"
    assert same(run(tmp_path, die_at=0, epochs=2), first)  # it takes no step
    assert same(run(tmp_path), uninterrupted["momentum"])


def forget(state, piece):
    """Take one piece out of a checkpoint, as a careless one would."""
    if piece == "optimizer":
        model = network()
        state["optimizer"]["state"] = OPTIMIZERS["momentum"](model.parameters()).state_dict()[
            "state"
        ]
    elif piece == "order":
        state["order"] = torch.arange(EXAMPLES)
    elif piece == "step":
        state["step"] = 0
    else:
        fresh: dict[str, Any] = {"python": (3, (*range(1, 625), 624), None)}
        fresh["numpy"] = ("MT19937", torch.arange(624), 624, 0, 0.0)
        fresh["torch"] = torch.Generator().manual_seed(99).get_state()
        state["processes"][0]["random"][piece] = fresh[piece]


@pytest.mark.parametrize("piece", ["optimizer", "order", "step", "python", "numpy", "torch"])
def test_every_piece_of_the_checkpoint_is_needed(tmp_path, uninterrupted, piece):
    with pytest.raises(KilledError):
        run(tmp_path / "whole", die_at=8)
    state = Checkpoints(tmp_path / "whole").load()
    assert (state["epoch"], state["step"]) == (1, 3)
    forget(state, piece)
    Checkpoints(tmp_path / "less").save(state, 8)
    assert not same(run(tmp_path / "less"), uninterrupted["momentum"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batches": Batches(Noisy(), 7, seed=5)}, "batch size 6, this one has batch size 7"),
        ({"batches": Batches(Noisy(), SIZE, seed=4)}, "seed 5, this one has seed 4"),
        ({"precision": "bfloat16"}, "precision float32, this one has precision bfloat16"),
    ],
)
def test_another_setting_does_not_continue_the_run(tmp_path, changes, words):
    run(tmp_path, epochs=1)
    with pytest.raises(ValueError, match=words):
        run(tmp_path, **changes)


def test_the_learning_rate_is_that_of_the_run_not_of_the_new_optimizer(
    tmp_path, uninterrupted, monkeypatch
):
    with pytest.raises(KilledError):
        run(tmp_path, die_at=8)
    other = {"momentum": lambda p: torch.optim.SGD(p, lr=7.0, momentum=0.9, nesterov=True)}
    monkeypatch.setattr(sys.modules[__name__], "OPTIMIZERS", other)
    assert same(run(tmp_path), uninterrupted["momentum"])


def test_another_model_does_not_continue_the_run(tmp_path):
    run(tmp_path, epochs=1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(RuntimeError, match="Unexpected key"):
        train(
            model,
            nn.functional.cross_entropy,
            optimizer,
            Batches(Noisy(), SIZE, seed=5),
            epochs=2,
            checkpoint=tmp_path,
            progress=False,
            device="cpu",
        )


def test_a_damaged_checkpoint_stops_the_run_and_the_one_before_continues_it(
    tmp_path, uninterrupted
):
    with pytest.raises(KilledError):
        run(tmp_path, die_at=8)
    newest = Checkpoints(tmp_path).newest()
    assert newest is not None
    newest.write_bytes(newest.read_bytes()[:5000])
    with pytest.raises(DamagedCheckpointError, match=newest.name):
        run(tmp_path)
    newest.unlink()
    assert same(run(tmp_path), uninterrupted["momentum"])


SCRIPT = """
import sys, time
import torch
sys.path.insert(0, {here!r})
import test_training_torch_resume as test

def slow(outputs, targets):
    time.sleep(0.1)  # so that there is time to be killed in
    return plain(outputs, targets)

plain, torch.nn.functional.cross_entropy = torch.nn.functional.cross_entropy, slow
print("training", flush=True)
test.run(sys.argv[1], every=1)
"""


def test_sigkill_in_the_middle_of_training(tmp_path, uninterrupted):
    folder, here = tmp_path / "run", os.path.dirname(__file__)
    dice = random.Random()
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT.format(here=here), str(folder)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"training\n"
        before = Checkpoints(folder).newest()
        while Checkpoints(folder).newest() == before and process.poll() is None:
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it finished before it was killed"
        process.stdout.close()
    state = Checkpoints(folder).load()
    assert 0 < state["epoch"] * -(-EXAMPLES // SIZE) + state["step"] < STEPS
    assert same(run(folder, every=1), uninterrupted["momentum"])
