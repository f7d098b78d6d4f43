"""Points with fresh noise at every visit, a network with dropout, and a run that is killed."""

import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

EPOCHS, EXAMPLES, SIZE = 3, 29, 6


class Noisy(Dataset):
    """Points with fresh noise at every visit, as augmentation would draw it."""

    def __init__(self):
        self.points = np.random.default_rng(0).standard_normal((EXAMPLES, 1, 4, 4))

    def __len__(self):
        return EXAMPLES

    def __getitem__(self, index):
        noise = random.gauss(0, 0.1) + 0.1 * np.random.randn() + 0.1 * torch.randn(()).item()
        return torch.tensor(self.points[index] + noise, dtype=torch.float32), index % 3


def network():
    torch.manual_seed(7)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(64, 3),
    )


class KilledError(Exception):
    """Stands for whatever ends a process in the middle of a step."""
