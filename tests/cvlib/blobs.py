"""Three classes of points, and a small network that learns to tell them apart, for tests."""

from types import SimpleNamespace

import numpy as np

from cvlib.activations import Activation
from cvlib.layers import Linear, Sequential
from cvlib.optim import SGD
from cvlib.training import fit


def blobs(n=90, seed=0, spread=0.4):
    """Three classes of points around the corners of a triangle."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    centres = np.array([[0.0, 2.0], [2.0, -1.0], [-2.0, -1.0]])
    return SimpleNamespace(
        images=centres[labels] + spread * rng.standard_normal((n, 2)), labels=labels
    )


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(
        Linear(2, 8, rng=rng, dtype=np.float64),
        Activation("relu"),
        Linear(8, 3, rng=rng, dtype=np.float64),
    )


def train(net=None, lr=0.1, seed=0, optimizer=None, **options):
    net = network() if net is None else net
    given = {"epochs": 5, "batch_size": 16, **options}
    optimizer = SGD(net.parameters(), lr) if optimizer is None else optimizer
    history = fit(net, blobs(), optimizer=optimizer, rng=np.random.default_rng(seed), **given)
    return net, history
