"""Other random numbers for code that seeds its own: what if a student had typed another seed?"""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np


@contextlib.contextmanager
def other_streams(k: int) -> Iterator[None]:
    """Meanwhile, whatever is seeded by numbers draws its ``k``-th stream; the 0-th is its own.

    NumPy's generators and both old global states, Python's ``random`` and PyTorch's are meant. A
    generator that is handed on stays as it is.
    """
    if k == 0:
        yield
        return
    with contextlib.ExitStack() as stack:
        for owner, name in _seeded():
            shifted = _shifted(getattr(owner, name), k)
            stack.enter_context(mock.patch.object(owner, name, shifted))
        yield


def _seeded() -> list[tuple[Any, str]]:
    known = [(np.random, "default_rng"), (np.random, "seed"), (random, "seed")]
    return known + ([(sys.modules["torch"], "manual_seed")] if "torch" in sys.modules else [])


def _shifted(original: Callable[..., Any], k: int) -> Callable[..., Any]:
    def seeded(seed: Any = None, *rest: Any, **options: Any) -> Any:
        if isinstance(seed, int | np.integer) or _whole_numbers(seed):
            numbers = [int(s) for s in np.atleast_1d(np.asarray(seed, dtype=object))]
            # one number below 2³², which every generator takes
            seed = int(np.random.SeedSequence([*numbers, k]).generate_state(1)[0])
        return original(seed, *rest, **options)

    return seeded


def _whole_numbers(seed: Any) -> bool:
    return isinstance(seed, list | tuple) and all(isinstance(s, int | np.integer) for s in seed)
