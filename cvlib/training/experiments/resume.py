"""What must a checkpoint hold? Leave one piece out, resume, and measure how far the run strays."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cvlib.datasets import load_digits, split
from cvlib.optim import cosine

#: Pieces of a checkpoint that a careless one leaves out.
PIECES = ("optimizer", "random numbers", "order", "place in the epoch")
EPOCHS, SIZE = 4, 32


def forgetting(*, examples: int = 320, seed: int = 0) -> dict[str, float]:
    """Return the relative distance |w - w'| / |w'| from an uninterrupted run's weights w'.

    A small convolutional network with dropout is trained on digits by momentum SGD with a cosine
    schedule for 4 epochs of 10 batches, killed in the 25th step and resumed from its checkpoint
    after the 24th: with all of it ("nothing"), and with one piece replaced by what a fresh start
    would have.
    """
    import torch

    from cvlib.training.checkpoint import Checkpoints
    from cvlib.training.loop import Batches, train
    from cvlib.training.torch_digits import digit_network

    training, _ = split(load_digits(), (examples, 300), seed=seed)

    class KilledError(Exception):
        pass

    def run(folder: Path | None, die_at: int | None = None) -> Any:
        model, count = digit_network(seed, dropout=0.3), 0

        def loss(outputs: Any, targets: Any) -> Any:
            nonlocal count
            count += 1
            if count == die_at:
                raise KilledError
            return torch.nn.functional.cross_entropy(outputs, targets)

        train(
            model,
            loss,
            torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
            Batches(training, SIZE, seed=seed),
            epochs=EPOCHS,
            schedule=cosine(EPOCHS),
            checkpoint=None if folder is None else Checkpoints(folder, every=4),
            progress=False,
            device="cpu",
        )
        return torch.cat([p.detach().flatten() for p in model.parameters()]).numpy()

    whole = run(None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            run(folder / "killed", die_at=25)
        except KilledError:
            state = Checkpoints(folder / "killed").load()
        else:
            raise AssertionError("the run was not killed")
        found = {}
        for piece in ("nothing", *PIECES):
            damaged = _without(piece, state, seed, examples)
            kept = Checkpoints(folder / piece.replace(" ", "-"))
            kept.save(damaged, 24)
            weights = run(kept.folder)
            found[piece] = float(np.linalg.norm(weights - whole) / np.linalg.norm(whole))
    return found


def _without(piece: str, state: dict[str, Any], seed: int, examples: int) -> dict[str, Any]:
    """Return the state with one piece as it is at the start of a run."""
    import torch

    from cvlib.training import torch_random

    changes: dict[str, Callable[[], dict[str, Any]]] = {
        "nothing": dict,
        "optimizer": lambda: {"optimizer": {**state["optimizer"], "state": {}}},
        "order": lambda: {
            "order": torch.from_numpy(np.random.default_rng(seed + 1).permutation(examples))
        },
        "place in the epoch": lambda: {"step": 0},
    }
    if piece != "random numbers":
        return {**state, **changes[piece]()}
    with torch_random.preserved():
        torch_random.reseed(seed, 0)
        return {**state, "processes": [{**state["processes"][0], "random": torch_random.states()}]}
