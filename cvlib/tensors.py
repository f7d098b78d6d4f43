"""What every room demands of the tensors it is given."""

from __future__ import annotations

import torch
from torch import Tensor


def check_tensors(**tensors: Tensor | None) -> None:
    """Demand tensors of one floating dtype on one device (None passes).

    Under autocast the dtypes may differ. Raises TypeError or ValueError naming the argument.
    """
    first: tuple[str, Tensor] | None = None
    for name, tensor in tensors.items():
        if tensor is None:
            continue
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name} must be a torch.Tensor, got {type(tensor).__name__}")
        if not tensor.is_floating_point():
            raise TypeError(f"{name} must have a floating dtype, got {tensor.dtype} ({name}.dtype)")
        if first is None:
            first = name, tensor
            continue
        if tensor.device != first[1].device:
            raise ValueError(
                f"{name} is on {tensor.device}, {first[0]} is on {first[1].device}: "
                f"expected one device ({name}.device)"
            )
        if tensor.dtype != first[1].dtype and not torch.is_autocast_enabled(tensor.device.type):
            raise TypeError(
                f"{name} has dtype {tensor.dtype}, {first[0]} has {first[1].dtype}: "
                f"expected one dtype ({name}.dtype)"
            )
