"""What is in a published file of weights: read safely, unwrapped, under today's names."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

#: How PyTorch's files begin: zip archives, and pickles before 2020.
STARTS = (b"PK\x03\x04", b"\x80")
#: Under which key training scripts put the weights beside optimizer, epoch and the like.
NESTS = ("state_dict", "model_state_dict", "model")
#: What `DataParallel` and `torch.compile` put before every name.
PREFIXES = ("module.", "_orig_mod.")
#: DenseNet's names before 2018 have a dot that is not allowed in a module's name any more.
OLD_DENSENET = re.compile(
    r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))"
)


def read_state(path: str | Path) -> dict[str, Tensor]:
    """Read a file of weights: tensors by today's names, on the CPU, as they were stored.

    A nested file is opened, a prefix that all names share is cut, DenseNet's old names are renewed.
    Nothing in the file is run: `weights_only=True`.

    Raises FileNotFoundError; ValueError for a whole pickled module, a damaged file, and for content
    that is no mapping of names to tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    with path.open("rb") as file:
        start = file.read(16)
    if not start.startswith(STARTS):
        raise ValueError(f"{path} is no file of PyTorch: it begins with {start!r}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path} holds more than tensors, such as a whole pickled module, and to read that is "
            "to run what is in it: save `model.state_dict()` where the file comes from"
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    state = _unwrapped(content, path)
    for prefix in PREFIXES:
        if all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    renewed: dict[str, Tensor] = {}
    for key, value in state.items():
        old = OLD_DENSENET.fullmatch(key)
        name = old[1] + old[2] if old else key
        if name in renewed:
            raise ValueError(f"{path} has {name} twice, by its old and by its new name")
        renewed[name] = value
    return renewed


def _unwrapped(content: Any, path: Path) -> dict[str, Tensor]:
    """Open nests until the values are tensors."""
    where = ""
    while isinstance(content, dict):
        nest = next((n for n in NESTS if isinstance(content.get(n), dict)), None)
        if nest is None:
            break
        content, where = content[nest], f"{where}[{nest!r}]"
    if not isinstance(content, dict) or not content:
        raise ValueError(
            f"{path}{where} holds {'nothing' if content == {} else type(content).__name__}, "
            "expected tensors by name (a state dict)"
        )
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ValueError(
                f"{path}{where} has {key!r}: {type(value).__name__}, expected tensors by name; a "
                f"nested state dict is looked for under {', '.join(NESTS)}"
            )
    return dict(content)
