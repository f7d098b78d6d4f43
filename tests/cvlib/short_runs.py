"""Settings for networks side by side that train for a moment, and how close they must be."""

from typing import Any

from cvlib.normalization.experiments.stack_digits import VALIDATION

SHORT: dict[str, Any] = {"rates": [0.3], "steps": 6, "train_size": 128, "batch": 32}
#: Side by side, sums are added up in another order; six steps let that grow a little.
CLOSE: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-4}
#: Three images more or less of 1,369: those on which two classes are within rounding.
SAME_ERRORS = 3 / (1797 - 128 - VALIDATION)
