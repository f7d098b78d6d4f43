"""Two processes under torchrun do what one does, and count no example twice."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from cvlib.training.checkpoint import Checkpoints
from cvlib.training.loop import Batches, evaluate, train

# batches of 5, 5, 5 and 1: shares of 3 and 2, and at last process 1 gets nothing
EXAMPLES, SIZE, EPOCHS = 16, 5, 2
HELD_OUT = 7
STEPS = EPOCHS * 4

WORKER = """
import sys
sys.path.insert(0, sys.argv[2])
import test_training_torch_distributed as test
test.work(sys.argv[1])
"""


class KilledError(Exception):
    """Stands for whatever ends all processes in the middle of a step."""


def data(count):
    numbers = torch.arange(count, dtype=torch.float32)
    return torch.stack([torch.sin(3 * numbers), torch.cos(5 * numbers), numbers / count], 1), (
        numbers.long() % 2
    )


def network(dropout):
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 2))


def run(folder=None, *, dropout=0.0, die_at=None):
    model, count = network(dropout), 0

    def loss(outputs, targets):
        nonlocal count
        if count == die_at:
            raise KilledError
        count += 1
        return nn.functional.cross_entropy(outputs, targets)

    history = train(
        model,
        loss,
        torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9),
        Batches(data(EXAMPLES), SIZE, seed=1),
        epochs=EPOCHS,
        validation=data(HELD_OUT),
        checkpoint=None if folder is None else Checkpoints(folder, every=3),
        progress=folder is None,
        device="cpu",
    )
    return {"weights": [p.detach() for p in model.parameters()], "history": history.as_dict()}


def work(out):
    """What each of the two processes does; each writes what it has found."""
    with contextlib.redirect_stderr(io.StringIO()) as said:
        found = {"plain": run()}
    found["said"] = said.getvalue()
    seen = []

    def watch(outputs, targets):
        seen.extend(outputs[:, 0].tolist())
        return outputs[:, 0] == targets

    numbers = torch.arange(float(HELD_OUT))[:, None]
    found["score"] = evaluate(nn.Identity(), (numbers, numbers[:, 0]), score=watch, size=2)
    found["seen"] = seen
    few = torch.zeros(1, 1)
    found["one example"] = evaluate(nn.Identity(), (few, few[:, 0]), score=watch)
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batches = Batches(data(EXAMPLES), 8, seed=1)
    options = {"epochs": 2, "validation": data(HELD_OUT), "progress": False, "device": "cpu"}
    history = train(model, nn.functional.cross_entropy, optimizer, batches, **options)
    found["running"] = {"weights": list(model.buffers()), "history": history.as_dict()}
    found["dropout"] = run(dropout=0.5)
    try:
        run(f"{out}/run", dropout=0.5, die_at=7)
    except KilledError:
        found["resumed"] = run(f"{out}/run", dropout=0.5)
    state = Checkpoints(f"{out}/run").load()
    found["random"] = [process["random"]["torch"] for process in state["processes"]]
    torch.save(found, f"{out}/rank{os.environ['RANK']}.pt")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    out = tmp_path_factory.mktemp("torchrun")
    (out / "worker.py").write_text(WORKER)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", str(out / "worker.py"), str(out)]
    command.append(str(Path(__file__).parent))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return [torch.load(out / f"rank{rank}.pt") for rank in range(2)]


def same(first, second):
    weights = zip(first["weights"], second["weights"], strict=True)
    return all(torch.equal(a, b) for a, b in weights) and first["history"] == second["history"]


def test_two_processes_take_the_steps_of_one_with_the_same_batch(pair):
    first, second = pair
    alone = run()
    assert same(first["plain"], second["plain"])
    for ours, theirs in zip(alone["weights"], first["plain"]["weights"], strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    for name in ("loss", "accuracy"):
        assert first["plain"]["history"][name] == pytest.approx(alone["history"][name], rel=1e-5)


def test_the_tolerance_above_is_tight_enough_to_see_one_example(pair):
    first, _ = pair
    model = network(0.0)
    train(
        model,
        nn.functional.cross_entropy,
        torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9),
        Batches(data(EXAMPLES - 1), SIZE, seed=1),
        epochs=EPOCHS,
        progress=False,
        device="cpu",
    )
    gap = max(
        float((a - b).detach().abs().max())
        for a, b in zip(model.parameters(), first["plain"]["weights"], strict=True)
    )
    assert gap > 1e-3


def test_evaluation_sees_every_example_once(pair):
    first, second = pair
    assert sorted(first["seen"][:4] + second["seen"][:3]) == list(range(HELD_OUT))
    assert first["seen"][:4] == [0, 2, 4, 6]
    assert first["score"] == second["score"] == 1
    assert first["one example"] == second["one example"] == 1


def test_each_process_drops_other_units_and_all_agree_on_the_weights(pair):
    first, second = pair
    assert same(first["dropout"], second["dropout"])
    assert not same(first["dropout"], first["plain"])
    assert not torch.equal(*first["random"])


def test_a_pair_that_was_killed_resumes_exactly(pair):
    for process in pair:
        assert same(process["resumed"], process["dropout"])


def test_running_statistics_are_those_of_one_process_everywhere(pair):
    first, second = pair
    assert same(first["running"], second["running"])


def test_one_process_talks(pair):
    first, second = pair
    assert f"{STEPS}/{STEPS}" in first["said"]
    assert second["said"] == ""


def test_one_process_does_not_continue_the_run_of_two(tmp_path):
    run(tmp_path)
    state = Checkpoints(tmp_path).load()
    state["setting"]["processes"] = 2
    Checkpoints(tmp_path).save(state, 99)
    with pytest.raises(ValueError, match="processes 2, this one has processes 1"):
        run(tmp_path)
