"""What a network is made of: parameters, layers that hold them, and a chain of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.arrays import Array


class Parameter:
    """A weight: its value, and the gradient that the last backward pass left in it.

    Optimizers write into ``value`` in place. ``decay`` says whether weight decay applies (it does
    not to biases and to the scale and shift of a normalization).
    """

    def __init__(self, value: Array, *, decay: bool = True) -> None:
        self.value = value
        self.grad = np.zeros_like(value)
        self.decay = decay

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return int(self.value.size)


class Layer:
    """One step of a network: ``forward`` keeps what ``backward`` needs, and nothing more.

    A subclass lists its parameters in ``own`` and the arrays that it updates without a gradient,
    such as running statistics, in ``buffers``. It may leave what its backward needs in ``cache``.
    """

    def __init__(self) -> None:
        self.own: dict[str, Parameter] = {}
        self.buffers: dict[str, Array] = {}
        self.cache: Any = None

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return the output for a batch; ``training`` tells the layers that care."""
        raise NotImplementedError

    def backward(self, dout: Array) -> Array:
        """Return ∂L/∂x from ∂L/∂out of the last forward, and set the gradients of ``own``."""
        raise NotImplementedError

    def backward_parameters(self, dout: Array) -> None:
        """Set the gradients of ``own`` alone: a first layer has nobody to hand ∂L/∂x to."""
        self.backward(dout)

    def recall(self) -> Any:
        """Return the cache of the last forward; RuntimeError when there was none."""
        if self.cache is None:
            raise RuntimeError(f"{type(self).__name__}.backward needs a forward pass before it")
        return self.cache

    def parameters(self) -> Iterator[Parameter]:
        """Every parameter, in a fixed order."""
        yield from self.own.values()

    def state(self) -> dict[str, Array]:
        """Parameters and buffers by name, as copies: what a checkpoint holds."""
        return {name: array.copy() for name, array in self._arrays()}

    def load_state(self, state: dict[str, Array]) -> None:
        """Put back what ``state`` returned; the error names what is missing or misshapen."""
        arrays = dict(self._arrays())
        if set(state) != set(arrays):
            raise ValueError(f"expected the arrays {sorted(arrays)}, got {sorted(state)}")
        for name, array in arrays.items():
            if state[name].shape != array.shape:
                raise ValueError(f"{name}: expected shape {array.shape}, got {state[name].shape}")
        for name, array in arrays.items():
            array[...] = state[name]

    def _arrays(self) -> Iterator[tuple[str, Array]]:
        yield from ((name, parameter.value) for name, parameter in self.own.items())
        yield from self.buffers.items()


class Sequential(Layer):
    """Layers one after the other: out = f_n(… f_2(f_1(x)))."""

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Run all layers in order."""
        for layer in self.layers:
            x = layer.forward(x, training=training)
        return x

    def backward(self, dout: Array) -> Array:
        """Run all layers' backward in reverse order."""
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    def backward_parameters(self, dout: Array) -> None:
        """Run backward down to the first layer that has parameters, and no further."""
        learning = [
            k for k, layer in enumerate(self.layers) if any(True for _ in layer.parameters())
        ]
        if not learning:
            return
        for layer in reversed(self.layers[learning[0] + 1 :]):
            dout = layer.backward(dout)
        self.layers[learning[0]].backward_parameters(dout)

    def parameters(self) -> Iterator[Parameter]:
        """The parameters of all layers."""
        for layer in self.layers:
            yield from layer.parameters()

    def _arrays(self) -> Iterator[tuple[str, Array]]:
        for k, layer in enumerate(self.layers):
            yield from ((f"{k}.{name}", array) for name, array in layer._arrays())
