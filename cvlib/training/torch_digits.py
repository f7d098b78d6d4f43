"""Train a small network on handwritten digits: the training loop, from the command line.

    python -m cvlib.training.torch_digits --checkpoint runs/digits
    torchrun --nproc-per-node 2 -m cvlib.training.torch_digits --checkpoint runs/digits

Interrupt it whenever you like, start it again, and it goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from torch import nn

from cvlib.datasets import load_digits, split
from cvlib.optim.reference.schedules import cosine
from cvlib.training import distributed
from cvlib.training.loop import Batches, Checkpoints, train
from cvlib.training.precision import DTYPES


def digit_network(seed: int = 0, dropout: float = 0.1) -> nn.Module:
    """Return two convolutions and two fully connected layers for 8 × 8 images: 10 scores.

    Its weights are drawn from `seed`; the global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(64, 10),
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train as the arguments say; the leading process prints the accuracy."""
    options = _options().parse_args(arguments)
    training, held_out = split(load_digits(), (1437, 360), seed=options.seed)
    model = digit_network(options.seed, options.dropout)
    batches = Batches(
        training.subset(range(options.examples)) if options.examples else training,
        options.batch_size,
        seed=options.seed,
        workers=options.workers,
    )
    kept = Checkpoints(options.checkpoint, every=options.every) if options.checkpoint else None
    history = train(
        model,
        nn.functional.cross_entropy,
        torch.optim.SGD(model.parameters(), lr=options.lr, momentum=0.9),
        batches,
        epochs=options.epochs,
        schedule=cosine(options.epochs),
        validation=held_out,
        precision=options.precision,
        device=options.device,
        checkpoint=kept,
        progress=not options.quiet,
    )
    if distributed.join(options.device).leads:
        print(f"accuracy on {len(held_out)} held-out digits: {history.accuracy[-1]:.4f}")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, help="train on that many only")
    parser.add_argument("--workers", type=int, default=0, help="processes that load data")
    parser.add_argument("--precision", choices=DTYPES, default="float32")
    parser.add_argument("--device", help="cpu, cuda, mps; by default a GPU if there is one")
    parser.add_argument("--checkpoint", help="folder to resume from and write to")
    parser.add_argument("--every", type=int, help="steps between checkpoints")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


if __name__ == "__main__":
    main()
