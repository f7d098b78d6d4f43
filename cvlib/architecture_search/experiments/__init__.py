"""What the chapter measures: the salesman's arms, trained networks, searches on a table of them."""

from cvlib.architecture_search.experiments.salesman import (
    ARMS,
    Arm,
    SalesmanStudy,
    nine_towns,
    salesman_study,
)
from cvlib.architecture_search.experiments.searches import (
    SETTINGS,
    Searches,
    search_table,
    without_selection,
)
from cvlib.architecture_search.experiments.table import (
    Table,
    load_record,
    networks,
    save_record,
    train_table,
)
from cvlib.architecture_search.experiments.training import (
    Accuracies,
    search_digits,
    train_code,
    validation_accuracy,
)

__all__ = [
    "ARMS",
    "SETTINGS",
    "Accuracies",
    "Arm",
    "SalesmanStudy",
    "Searches",
    "Table",
    "load_record",
    "networks",
    "nine_towns",
    "salesman_study",
    "save_record",
    "search_digits",
    "search_table",
    "train_code",
    "train_table",
    "validation_accuracy",
    "without_selection",
]
