"""The memory that a forward pass keeps for its backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


def saved_bytes(run: Callable[[], Any], *, leave_out: Iterable[Tensor] = ()) -> int:
    """Count the bytes that a forward pass keeps for its backward pass, exactly.

    PyTorch tells each tensor that it saves. Memory that several of them share counts once; that of
    ``leave_out`` (parameters, the input: there anyway) not at all. On the meta device it is what
    the CPU would keep.
    """
    known = {_place(tensor.untyped_storage()) for tensor in leave_out}
    kept: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if _place(storage) not in known:
            kept[_place(storage)] = storage  # held, so that no other gets its place meanwhile
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run()
    total = sum(storage.nbytes() for storage in kept.values())
    del result
    return total


def _place(storage: torch.UntypedStorage) -> int:
    return int(storage._cdata)  # not data_ptr(): on the meta device that is always 0
