"""A search in a process of its own, which waits after some results until a test kills it."""

import os
import sys
import time
from pathlib import Path

from cvlib.architecture_search import (
    Evaluator,
    RunFile,
    Settings,
    code_operators,
    evolve,
    format_code,
)

STAGES = (3, 3)
SETTINGS = Settings(size=8, generations=5)
SEED = 4
#: The results after which the process waits, and where its run file is.
ENOUGH = 6
PATH = "CVLIB_TEST_RUN_FILE"


def score(code, seed):
    """A fitness that depends on the network and on its seed, in bits that no rounding changes."""
    return sum(map(sum, code)) + (seed % 1024) / 1024


def score_and_wait(code, seed):
    """The same, but once the run file holds enough it waits to be killed."""
    if len(Path(os.environ[PATH]).read_bytes().splitlines()) > ENOUGH:
        time.sleep(3600)
    return score(code, seed)


def search(path: Path | None, function=score, workers: int = 1):
    """Run the search, with a run file if there is a path."""
    operators = code_operators(STAGES, flip_rate=0.2)
    if path is None:
        with Evaluator(function, seed=SEED, workers=workers, name=format_code) as evaluate:
            return evolve(operators, evaluate, SETTINGS, seed=SEED)
    with (
        RunFile(path, {"stages": STAGES, "seed": SEED}) as run_file,
        Evaluator(
            function, seed=SEED, workers=workers, name=format_code, run_file=run_file
        ) as evaluate,
    ):
        return evolve(operators, evaluate, SETTINGS, seed=SEED)


if __name__ == "__main__":
    search(Path(os.environ[PATH]), score_and_wait, int(sys.argv[1]))
