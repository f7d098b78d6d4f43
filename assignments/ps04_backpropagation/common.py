"""What several exercises draw, ask and call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from cvlib.activations import Activation
from cvlib.datasets import Dataset
from cvlib.grading.spec.digits import archive, grey_values, sorted_digits
from cvlib.layers import Flatten, Linear, Sequential
from cvlib.optim import SGD, Adam, cosine, warmup
from cvlib.training import fit, predict

Rng = np.random.Generator


def sizes(rng: Rng, count: int, low: int = 2, high: int = 6) -> tuple[int, ...]:
    """Draw that many different whole numbers between ``low`` and ``high``, both included."""
    return tuple(int(n) for n in rng.permutation(np.arange(low, high + 1))[:count])


def one_gradient(target, which, *args):
    gradients = target(*args)
    names = ("dx", "dw", "db") if len(gradients) == 3 else ("dx", "dalpha")
    return dict(zip(names, gradients, strict=True))[which]


def digits_file() -> bytes:
    images, labels = sorted_digits()
    return archive(images=images, labels=labels)


def some_of(rng: Rng, unseen: Dataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    chosen = rng.permutation(len(unseen))[:count]
    return grey_values(unseen.images[chosen]), unseen.labels[chosen]


def with_noise(rng: Rng, images: np.ndarray, spread: float) -> np.ndarray:
    return np.clip(np.round(images + rng.normal(0, spread, images.shape)), 0, 16).astype(np.uint8)


def trained(
    network: Sequential,
    rng: Rng,
    prepare: Callable[[np.ndarray], np.ndarray],
    augment: Callable[[Rng, np.ndarray], np.ndarray] = lambda rng, images: images,
    *,
    epochs: int,
    lr: float,
) -> Sequential:
    images, labels = sorted_digits()
    raw = SimpleNamespace(images=images, labels=labels)
    fit(
        network,
        raw,
        optimizer=Adam(network.parameters(), lr),
        epochs=epochs,
        batch_size=25,
        rng=rng,
        schedule=warmup(1, cosine(epochs - 1)),
        augment=lambda images, rng: prepare(augment(rng, images)),
    )
    return network


Array = np.ndarray


def fans(shape: Any) -> tuple[int, int]:
    window = int(np.prod(shape[2:]))
    return shape[1] * window, shape[0] * window


def spread(shape: Any, scheme: str, slope: float = 0.0, fan: Any = None) -> float:
    fan_in, fan_out = fan or fans(shape)
    if scheme == "xavier":
        return float(np.sqrt(2 / (fan_in + fan_out)))
    return float(np.sqrt(2 / ((1 + slope**2) * fan_in)))


Prepare = Callable[[Array], Array]


def dense(inputs: int, *, activation: str = "relu", init: str = "he") -> Sequential:
    rng = np.random.default_rng(0)
    layers = (Linear(n, m, rng=rng, init=init) for n, m in ((inputs, 64), (64, 10)))
    return Sequential(Flatten(), next(layers), Activation(activation), next(layers))


def learn(
    network: Sequential,
    prepare: Prepare,
    *,
    epochs: int = 15,
    lr: float = 0.005,
    sgd: bool = False,
    data: tuple[Array, ...] | None = None,
    vary: Callable[[Array, Any], Array] = lambda images, rng: images,
) -> Sequential:
    images, labels = data or sorted_digits()
    parameters = network.parameters()
    fit(
        network,
        SimpleNamespace(images=images, labels=labels),
        optimizer=SGD(parameters, lr, momentum=0.9) if sgd else Adam(parameters, lr),
        epochs=epochs,
        batch_size=25,
        rng=np.random.default_rng(1),
        schedule=warmup(1, cosine(epochs - 1)) if epochs > 1 else None,
        augment=lambda chosen, rng: prepare(vary(chosen, rng)),
    )
    return network


def shuffled_apart() -> tuple[Array, Array]:
    images, labels = sorted_digits()
    return images, np.random.default_rng(2).permutation(labels)


def trained_later(
    name: str, make: Callable[[], Sequential], prepare: Prepare
) -> Callable[..., Array]:
    """A predictor with that name, trained when it is first asked."""
    network = functools.cache(make)

    def predictor(images: Array) -> Array:
        with np.errstate(all="ignore"):
            return predict(network(), prepare(images))

    predictor.__name__ = name
    return predictor
