"""Genetic search in plain Python and NumPy, every public name in one place.

First the genetic algorithm, then the travelling salesman, then networks: a code is a tuple of
stages, a stage a tuple of bits.
"""

from cvlib.architecture_search.reference.canonical import (
    canonical_code,
    canonical_stage,
    count_networks,
)
from cvlib.architecture_search.reference.code_operators import (
    code_operators,
    exchange_stages,
    flip_bits,
)
from cvlib.architecture_search.reference.codes import (
    all_codes,
    all_stages,
    bit_count,
    count_codes,
    format_code,
    format_stage,
    node_count,
    parse_code,
    parse_stage,
)
from cvlib.architecture_search.reference.genetic import Operators, Settings, evolve, vary
from cvlib.architecture_search.reference.history import Generation, History
from cvlib.architecture_search.reference.permutations import (
    exchange_segments,
    ordered_crossover,
    partially_mapped_crossover,
    swap_towns,
    valid_exchange_share,
)
from cvlib.architecture_search.reference.salesman import (
    all_tours,
    canonical_tour,
    distance_matrix,
    shortest_tour,
    tour_length,
    tour_operators,
)
from cvlib.architecture_search.reference.selection import above_worst, proportional, roulette
from cvlib.architecture_search.reference.stage_network import stage_backward, stage_forward
from cvlib.architecture_search.reference.stages import StageGraph, decode_stage

__all__ = [
    "Generation",
    "History",
    "Operators",
    "Settings",
    "StageGraph",
    "above_worst",
    "all_codes",
    "all_stages",
    "all_tours",
    "bit_count",
    "canonical_code",
    "canonical_stage",
    "canonical_tour",
    "code_operators",
    "count_codes",
    "count_networks",
    "decode_stage",
    "distance_matrix",
    "evolve",
    "exchange_segments",
    "exchange_stages",
    "flip_bits",
    "format_code",
    "format_stage",
    "node_count",
    "ordered_crossover",
    "parse_code",
    "parse_stage",
    "partially_mapped_crossover",
    "proportional",
    "roulette",
    "shortest_tour",
    "stage_backward",
    "stage_forward",
    "swap_towns",
    "tour_length",
    "tour_operators",
    "valid_exchange_share",
    "vary",
]
