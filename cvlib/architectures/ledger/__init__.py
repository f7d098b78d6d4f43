"""The ledger: what every network costs and sees, computed from its code, beside what is printed.

`ledger` and `ledger_row` count, `comparisons` sets the counts beside published ones, `costs_table`
and `comparisons_table` lay them out for a notebook, a page or a terminal. Nothing is computed but
shapes: all networks stand on the meta device. Importing this imports torch.
"""

from cvlib.architectures.ledger.comparisons import Comparison, comparisons, comparisons_table
from cvlib.architectures.ledger.depth import depth
from cvlib.architectures.ledger.rows import Row, costs_table, ledger, ledger_row
from cvlib.architectures.ledger.table import Cell, Table

__all__ = [
    "Cell",
    "Comparison",
    "Row",
    "Table",
    "comparisons",
    "comparisons_table",
    "costs_table",
    "depth",
    "ledger",
    "ledger_row",
]
