"""The training loop for PyTorch: resumes exactly, in 16 or 32 bits, on one device or many."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cvlib.optim.reference.schedules import Schedule
from cvlib.training import distributed, torch_random
from cvlib.training.checkpoint import Checkpoints
from cvlib.training.history import History
from cvlib.training.precision import Precision
from cvlib.training.progress import Bar
from cvlib.training.torch_data import Batches, Examples
from cvlib.training.torch_evaluate import Score, correct, evaluate
from cvlib.training.torch_run import Run

__all__ = ["Batches", "Checkpoints", "correct", "evaluate", "train"]


def train(
    model: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    *,
    epochs: int,
    schedule: Schedule | None = None,
    validation: Any = None,
    score: Score = correct,
    precision: str = "float32",
    device: str | torch.device | None = None,
    checkpoint: Checkpoints | str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a model in place and return what happened, as `fit` does in NumPy.

    `loss(outputs, targets)` is the mean over a batch. `schedule(t)` gives the factor of the
    learning rate after t epochs. After each epoch `score(outputs, targets)`, one number a target,
    is averaged over all targets of `validation` (data as for `Batches`) into `history.accuracy`.
    `precision` is "float32", "bfloat16" or "float16", see `Precision`; `device` and several
    processes, see `distributed.join`.

    With `checkpoint`, a folder or `Checkpoints`, a run that was killed goes on from its last
    checkpoint when it is started again, and ends with the same weights, bit for bit, as one that
    was never interrupted: on the same versions, device and number of threads, and as far as the
    device's own arithmetic repeats itself (`torch.use_deterministic_algorithms`). More `epochs`
    than the checkpoint's run had continue it further.

    Random numbers are seeded from the batches' seed; the generators' states of before come back at
    the end. Each batch counts as a whole however many processes share it, except that a batch
    normalization sees its own process's share only.

    Raises ValueError for fewer than 1 epoch, an unknown precision or a checkpoint of a run with
    other settings, DamagedCheckpointError for one that cannot be read.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    world = distributed.join(device)
    kept = checkpoint if isinstance(checkpoint, Checkpoints | None) else Checkpoints(checkpoint)
    examples = None if validation is None else Examples(validation, batches.seed)
    with torch_random.preserved(world.device):
        run = Run(model, optimizer, Precision(precision, world.device), batches, world)
        torch_random.reseed(batches.seed, world.rank, device=world.device)
        if kept is not None and (newest := world.tell(kept.newest())) is not None:
            run.load_state(kept.load(newest))
            if run.history.stopped == "epochs":
                run.history.stopped = ""
        network = world.wrap(model)
        steps = epochs * len(batches)
        try:
            with Bar(steps, done=run.steps, shown=progress and world.leads) as bar:
                while not run.history.stopped and run.epoch < epochs:
                    _finish_epoch(run, network, loss, schedule, kept, bar)
                    _record(run, examples, score, epochs)
                    _save(run, kept)
                    bar.say(f"epoch {run.epoch} of {epochs}", **_figures(run.history))
        finally:
            run.set_rate(1.0)
    run.history.stopped = run.history.stopped or "epochs"
    return run.history


def _finish_epoch(
    run: Run,
    network: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    schedule: Schedule | None,
    kept: Checkpoints | None,
    bar: Bar,
) -> None:
    """Do what is left of an epoch, from its first batch or from the middle."""
    network.train()
    world, device = run.world, run.world.device
    shares = run.batches.shares(
        run.epoch,
        run.order,
        start=run.step,
        rank=world.rank,
        processes=world.size,
        pinned=device.type == "cuda",
    )
    for share in shares:
        run.set_rate(1.0 if schedule is None else schedule(run.epoch + run.step / len(run.batches)))
        inputs = share.inputs.to(device, non_blocking=True)
        targets = share.targets.to(device, non_blocking=True)
        run.optimizer.zero_grad(set_to_none=True)
        with run.precision.autocast():
            mean = loss(network(inputs), targets)
        run.precision.step(mean * share.weight, run.optimizer)
        run.add_loss(mean, share.examples)
        run.step += 1
        if kept is not None and kept.due(run.steps) and run.step < len(run.batches):
            _save(run, kept)
        bar.step()
        if bar.due():
            bar.say(f"epoch {run.epoch + 1}", loss=float(mean.detach()))


def _record(run: Run, examples: Examples | None, score: Score, epochs: int) -> None:
    """Write the epoch into the history and go on to the next."""
    history = run.history
    history.loss.append(run.mean_loss())
    history.lr.append(float(run.optimizer.param_groups[0]["lr"]))
    if examples is not None:
        seen = evaluate(
            run.model,
            examples,
            score=score,
            size=run.batches.size,
            precision=run.precision.name,
            device=run.world.device,
        )
        history.accuracy.append(seen)
        if history.best_epoch is None or history.accuracy[-1] > history.best_accuracy:
            history.best_epoch = len(history) - 1
    run.next_epoch()
    if not isfinite(history.loss[-1]):
        history.stopped = "diverged"
    elif run.epoch >= epochs:
        history.stopped = "epochs"


def _save(run: Run, kept: Checkpoints | None) -> None:
    if kept is not None:
        state = run.state()  # in all processes: each has random states of its own
        if run.world.leads:
            kept.save(state, run.steps)


def _figures(history: History) -> dict[str, float]:
    named = {"loss": history.loss, "accuracy": history.accuracy}
    return {name: values[-1] for name, values in named.items() if values}
