"""Searching for an architecture by a genetic algorithm: networks as bit strings that are bred.

`reference` holds the algorithm itself, which knows nothing of networks, the travelling salesman on
which to watch it, and Genetic CNN: what a code means, which codes are the same network, how two are
crossed, and the stage as an operation, forward and backward. `evaluation` scores individuals in
several processes, `run_file` keeps what was scored through a kill. `accelerated` holds the PyTorch
twin of the stage, `accelerated.networks` the network to train; both are imported only by name.
"""

from cvlib.architecture_search import reference
from cvlib.architecture_search.evaluation import Evaluator, derived_seed
from cvlib.architecture_search.reference import *  # noqa: F403
from cvlib.architecture_search.run_file import DamagedRunError, RunFile

__all__ = [*reference.__all__, "DamagedRunError", "Evaluator", "RunFile", "derived_seed"]
