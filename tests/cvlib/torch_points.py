"""Two classes of points, and a small PyTorch network that is trained on them, for tests."""

import numpy as np
import torch
from torch import nn

from cvlib.training.loop import Batches, train

CPU = torch.device("cpu")


def problem(examples=50, seed=0):
    """Two classes of points, told apart by the sign of a sum."""
    points = np.random.default_rng(seed).standard_normal((examples, 4)).astype(np.float32)
    return torch.from_numpy(points), torch.from_numpy((points.sum(axis=1) > 0).astype(np.int64))


def network(seed=0, dropout=0.0, width=16):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 2))


def run(model, data=None, *, lr=0.1, momentum=0.9, size=8, seed=3, **options):
    options.setdefault("epochs", 3)
    return train(
        model,
        options.pop("loss", nn.functional.cross_entropy),
        torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum),
        Batches(problem() if data is None else data, size, seed=seed),
        progress=False,
        device=CPU,
        **options,
    )


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])
