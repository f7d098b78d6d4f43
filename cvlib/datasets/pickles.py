"""Reading the pickles of CIFAR without running what is in them.

A pickle is a program: it may call any function it can name. Here it can name four things, and gets
for each a stand-in that only notes what it was given; everything else is refused.
"""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class NotedType:
    """Stands in for `numpy.dtype`: notes the name of the type, such as u1."""

    def __init__(self, name: object = b"", *flags: object) -> None:
        self.name = text(name)

    def __setstate__(self, state: object) -> None:
        """Byte order and alignment: bytes have neither."""


class NotedArray:
    """Stands in for `numpy.ndarray`: notes shape, type, order and the raw bytes."""

    def __init__(self) -> None:
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


def noted_array(*arguments: object) -> NotedArray:
    """Stand in for `numpy.core.multiarray._reconstruct`, which makes an array to be filled."""
    return NotedArray()


def encoded(characters: object, encoding: object = "latin1") -> bytes:
    """Stand in for `_codecs.encode`, by which Python 3 writes bytes for Python 2."""
    if not isinstance(characters, str) or text(encoding) not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"bytes in an unknown encoding {encoding!r}")
    return characters.encode("latin1")


ALLOWED: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): noted_array,
    ("numpy._core.multiarray", "_reconstruct"): noted_array,
    ("numpy", "ndarray"): NotedArray,
    ("numpy", "dtype"): NotedType,
    ("_codecs", "encode"): encoded,
}


class DataUnpickler(pickle.Unpickler):
    """An unpickler that knows plain data and arrays, and runs nothing."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in, or raise UnpicklingError: the pickle asks for something else."""
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}; only plain data and arrays are allowed"
            )
        return ALLOWED[module, name]


def read_pickle(data: bytes, what: object) -> dict[str, Any]:
    """Return the dictionary in a pickle, by names as text, and call nothing it names.

    Python 2's strings come as bytes.
    Raises ValueError that names `what` for anything else.
    """
    try:
        # the numbers of a hostile pickle can raise almost anything
        found = DataUnpickler(io.BytesIO(data), encoding="bytes").load()
    except Exception as error:
        raise ValueError(f"{what} is not a pickle of plain data: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{what} must hold a dictionary, got {type(found).__name__}")
    return {text(key): value for key, value in found.items()}


def text(value: object) -> str:
    """Return text for text or bytes, and the representation of anything else."""
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


def array_of_bytes(value: object, what: object) -> NDArray[np.uint8]:
    """Return a noted array of unsigned bytes as a real one.

    Raises ValueError that names `what` for another type, or bytes that do not fill the shape.
    """
    state = value.state if isinstance(value, NotedArray) else None
    if not isinstance(state, tuple) or len(state) != 5:
        raise ValueError(f"{what} must be an array, got {type(value).__name__}")
    _, shape, kind, by_columns, raw = state
    if not isinstance(kind, NotedType) or kind.name not in ("u1", "|u1"):
        raise ValueError(f"{what} must be of unsigned bytes, got {getattr(kind, 'name', kind)}")
    whole = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not whole or not isinstance(raw, bytes) or math.prod(shape) != len(raw):
        got = f"{len(raw)} bytes" if isinstance(raw, bytes) else type(raw).__name__
        raise ValueError(f"{what} is damaged: shape {shape} and {got}")
    numbers = np.frombuffer(raw, np.uint8)
    return numbers.reshape(shape[::-1]).T if by_columns else numbers.reshape(shape)
