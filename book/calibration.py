"""A fixed piece of work, so that what a page costs means the same on a fast and a slow machine."""

from __future__ import annotations

import time

import numpy as np

#: CPU seconds of the loop on the machine in whose seconds the budgets are stated.
REFERENCE = 0.5
ROUNDS = 200


def cpu_seconds_of_the_loop() -> float:
    """Return the CPU seconds that the fixed work takes now, in this process.

    A mixture like that of a page: the interpreter, small matrix products, elementwise functions.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 256)).astype(np.float32)
    start = time.process_time()
    total = 0.0
    for _ in range(ROUNDS):
        total += sum(k * k % 7 for k in range(20_000))
        y = x
        for _ in range(4):
            y = np.tanh(y @ x / 16)
        total += float(y.sum())
    return time.process_time() - start
