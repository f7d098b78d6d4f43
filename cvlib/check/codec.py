"""Plain data in and out of JSON: the only thing that ever crosses between a notebook and the judge.

Allowed are ``None``, ``bool``, ``int``, ``float``, ``str``, NumPy arrays of booleans, integers or
real floats, and tuples, lists and dicts (with string keys) of these. There is no pickle anywhere:
decoding cannot run code, and it checks depth, size and dtype before it allocates.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

DTYPES = frozenset(
    np.dtype(name).str
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64",
    )
)  # fmt: skip
MAX_DEPTH = 16
MAX_BYTES = 64 * 2**20
MAX_ITEMS = 100_000
MAX_DIGITS = 400


class NotPlainDataError(TypeError):
    """The value is not plain data; the message says what was expected and what came."""


def encode(value: Any, *, where: str = "value", depth: int = 0) -> Any:
    """Return a JSON-ready form of ``value``; NotPlainDataError names the place of what is not."""
    if depth > MAX_DEPTH:
        raise NotPlainDataError(f"{where} is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else {"s": str(value)}
    if isinstance(value, int):
        # first the bits: Python itself refuses to write out a number of very many digits
        text = str(int(value)) if int(value).bit_length() <= 4 * MAX_DIGITS else None
        if text is None or len(text) > MAX_DIGITS:
            raise NotPlainDataError(f"{where} is an integer of more than {MAX_DIGITS} digits")
        return {"i": text}
    if isinstance(value, float):
        return {"f": float(value).hex()}
    if isinstance(value, np.ndarray):
        return _encode_array(value, where)
    if isinstance(value, tuple | list):
        key = "t" if isinstance(value, tuple) else "l"
        return {
            key: [encode(v, where=f"{where}[{k}]", depth=depth + 1) for k, v in enumerate(value)]
        }
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, str):
                raise NotPlainDataError(f"{where} has the key {name!r}; expected strings as keys")
        return {
            "d": [
                [str(n), encode(v, where=f"{where}[{n!r}]", depth=depth + 1)]
                for n, v in value.items()
            ]
        }
    raise NotPlainDataError(
        f"{where} is a {type(value).__module__}.{type(value).__qualname__}; expected numbers, "
        "strings, NumPy arrays, or tuples, lists and dicts of them"
    )


def _encode_array(value: np.ndarray, where: str) -> Any:
    array = np.ascontiguousarray(np.asarray(value)).reshape(value.shape)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:  # long double
        array = array.astype(np.float64)
    if array.dtype.newbyteorder("=").str not in DTYPES:
        raise NotPlainDataError(
            f"{where} is an array of dtype {array.dtype}; expected booleans, integers or floats"
        )
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return {
        "a": base64.b64encode(array.tobytes()).decode("ascii"),
        "dtype": array.dtype.newbyteorder("=").str,
        "shape": list(array.shape),
    }


def decode(obj: Any, *, max_bytes: int = MAX_BYTES) -> Any:
    """Return the value that ``encode`` turned into ``obj``, or raise NotPlainDataError."""
    return _Decoder(max_bytes).decode(obj, 0)


class _Decoder:
    def __init__(self, max_bytes: int) -> None:
        self.bytes_left = max_bytes
        self.items_left = MAX_ITEMS

    def decode(self, obj: Any, depth: int) -> Any:
        self.items_left -= 1
        if self.items_left < 0 or depth > MAX_DEPTH:
            raise NotPlainDataError("the answer has too many or too deeply nested parts")
        if obj is None or isinstance(obj, bool):
            return obj
        if not isinstance(obj, dict):
            raise NotPlainDataError(f"the answer holds a bare {type(obj).__name__}")
        if set(obj) == {"a", "dtype", "shape"}:
            return self._array(obj)
        if len(obj) != 1:
            raise NotPlainDataError("the answer holds an unknown form of data")
        ((key, value),) = obj.items()
        match key, value:
            case "s", str():
                return value
            case "i", str() if len(value) <= MAX_DIGITS and value.removeprefix("-").isdecimal():
                return int(value)
            case "f", str() if len(value) <= 40:
                try:
                    return float.fromhex(value)
                except (ValueError, OverflowError) as error:
                    raise NotPlainDataError("the answer holds a malformed float") from error
            case "t", list():
                return tuple(self.decode(v, depth + 1) for v in value)
            case "l", list():
                return [self.decode(v, depth + 1) for v in value]
            case "d", list():
                return {self._key(pair): self.decode(pair[1], depth + 1) for pair in value}
        raise NotPlainDataError("the answer holds an unknown form of data")

    def _key(self, pair: Any) -> str:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
            raise NotPlainDataError("the answer holds a malformed dict")
        return pair[0]

    def _array(self, obj: dict[str, Any]) -> np.ndarray:
        data, dtype, shape = obj["a"], obj["dtype"], obj["shape"]
        if not (isinstance(data, str) and isinstance(dtype, str) and dtype in DTYPES):
            raise NotPlainDataError(f"the answer holds an array of dtype {str(dtype)[:40]!r}")
        sizes_ok = isinstance(shape, list) and len(shape) <= 8
        if not sizes_ok or any(type(n) is not int or n < 0 for n in shape):
            raise NotPlainDataError("the answer holds an array with a malformed shape")
        itemsize = np.dtype(dtype).itemsize
        size = math.prod(shape) * itemsize
        claimed = math.prod(max(n, 1) for n in shape) * itemsize  # NumPy minds it beside a 0, too
        self.bytes_left -= max(claimed, len(data))
        if self.bytes_left < 0:
            raise NotPlainDataError(f"the answer is too large (an array of shape {shape})")
        try:
            raw = base64.b64decode(data, validate=True)
        except ValueError as error:
            raise NotPlainDataError("the answer holds a malformed array") from error
        if len(raw) != size:
            raise NotPlainDataError(f"the answer holds {len(raw)} bytes for an array of {size}")
        array = np.frombuffer(raw, dtype=np.dtype(dtype).newbyteorder("<"))
        return array.astype(np.dtype(dtype)).reshape(shape)
