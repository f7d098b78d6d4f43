"""Do parameters or MACs tell how long a network takes? Forward time of one image, one thread.

Run `python benchmarks/architecture_times.py` on a machine that does nothing else; `--only` names
networks, `--quick` takes three rounds. The networks take turns in one process, so that all meet the
same machine; the time of each is its shortest. `--record FILE` writes what was measured.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

# first of all: it asks the libraries for one thread before they load
from side_by_side import Task, cpu_seconds, processor

# isort: split
import torch
from scipy.stats import spearmanr

from cvlib.architectures.counting import Cost, count
from cvlib.architectures.networks import available, create, usual_size

#: One of each family, and of each depth that people use.
NETWORKS = (
    "alexnet", "vgg11", "vgg16", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101",
    "wide_resnet50_2", "densenet121", "densenet169", "squeezenet1_0", "squeezenet1_1",
    "mobilenet_v1", "mobilenet_v2", "inception_v2",
)  # fmt: skip
SIZE = 224


def prepare(name: str) -> tuple[Cost, Task]:
    """Build a network with fresh weights; return what it costs and its forward pass."""
    network = create(name, seed=0).eval()
    image = torch.randn(1, network.in_channels, SIZE, SIZE)
    return count(network, SIZE, in_channels=network.in_channels), partial(network, image)


def shortest(tasks: dict[str, Task], rounds: int) -> dict[str, float]:
    """Return the least CPU seconds of each task, all taking turns; the first turn warms up."""
    for task in tasks.values():
        task()
    seconds = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            seconds[name] = min(seconds[name], cpu_seconds(task))
    return seconds


def lines(costs: dict[str, Cost], seconds: dict[str, float]) -> Iterable[str]:
    """Lay out a row a network, the fastest first, and the rank correlations."""
    yield f"{'network':<18}{'parameters M':>13}{'MACs M':>10}{'ms':>9}{'GMAC/s':>9}"
    for name in sorted(seconds, key=seconds.__getitem__):
        cost, time = costs[name], seconds[name]
        yield (
            f"{name:<18}{cost.parameters / 1e6:13.3f}{cost.macs / 1e6:10.1f}{time * 1e3:9.1f}"
            f"{cost.macs / time / 1e9:9.1f}"
        )
    if len(seconds) > 2:
        for what, rank in correlations(costs, seconds).items():
            yield f"rank correlation of {what} with time: {rank:.2f}"


def correlations(costs: dict[str, Cost], seconds: dict[str, float]) -> dict[str, float]:
    """Return Spearman's rank correlation of each count with time."""
    times = [*seconds.values()]
    return {
        what: float(spearmanr([getattr(costs[name], what) for name in seconds], times).statistic)
        for what in ("parameters", "macs", "activations")
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print, and write the record if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=available(), default=NETWORKS, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--quick", action="store_true", help="three rounds")
    parser.add_argument("--record", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    if small := [name for name in asked.only if usual_size(name) < SIZE]:
        parser.error(f"{', '.join(small)}: made for smaller images than {SIZE} × {SIZE}")
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    machine = f"{processor()}; torch {torch.__version__}, Python {platform.python_version()}"
    rounds = 3 if asked.quick else asked.rounds
    print(f"{machine}; one thread, float32, one image of {SIZE} × {SIZE}, shortest of {rounds}\n")
    prepared = {name: prepare(name) for name in asked.only}
    costs = {name: cost for name, (cost, _) in prepared.items()}
    seconds = shortest({name: task for name, (_, task) in prepared.items()}, rounds)
    print(*lines(costs, seconds), sep="\n")
    if asked.record:
        record = {"date": date.today().isoformat(), "machine": machine, "rounds": rounds,
                  "size": SIZE, "seconds": seconds}  # fmt: skip
        asked.record.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
