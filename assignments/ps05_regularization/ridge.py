"""Ridge, and the shortest of all.

Solve least squares with an L2 price in closed form, and without a price.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import ridge_fit

from .common import Rng


def draw_regressions(rng: Rng) -> Iterator[Case]:
    for part, shapes, l2 in (
        ("few features", [(8, 3), (6, 4), (4, 1)], 0.7),
        ("more features than examples", [(3, 7), (4, 6), (1, 3)], 0.7),
        ("l2 = 0, few features", [(9, 3), (7, 2)], 0.0),
        ("l2 = 0, the shortest", [(3, 8), (2, 5), (1, 3)], 0.0),
    ):
        for n, d in shapes:
            features, y = rng.normal(size=(n, d)), rng.normal(size=n)
            yield Case((features, y, l2 * rng.uniform(0.5, 2.0)), part=part)


def ridge(features: np.ndarray, y: np.ndarray, l2: float) -> np.ndarray:
    return ridge_fit(features, y, l2=l2)


variants = Variants()
EXERCISE = Exercise(
    id="ridge",
    title="Ridge, and the shortest of all",
    objective="Solve least squares with an L2 price in closed form, and without a price.",
    section="05_regularization#reg-penalties",
    reference=ridge,
    cases=draw_regressions,
    hints={
        "few features": "Set the gradient of ½|Xw − y|² + l2/2 · |w|² to zero: a "
        "linear system for w.",
        "more features than examples": "With a price the system is solvable whatever the "
        "shape of X. Which matrix is added, and where?",
        "l2 = 0, few features": "Nothing fits exactly, and X Xᵀ has no inverse: without a price "
        "it is plain least squares.",
        "l2 = 0, the shortest": "Many w fit exactly. The shortest is a combination of the "
        "rows of X. Compare *Why L2 spreads weights, and L1 does not care*.",
    },
    variants=variants,
)


@variants.mutant(
    "You added l2 to every entry of XᵀX. The price l2/2 · Σw² adds it to the diagonal only: "
    "its gradient l2·w is l2·I times w. See *A price on weights*.",
)
def adds_to_every_entry(features, y, l2):
    return np.linalg.pinv(features.T @ features + l2) @ features.T @ y


@variants.mutant(
    "You multiplied the price by the number of examples, as for a mean loss. Here the errors are "
    "summed. See *A price on weights*.",
)
def prices_a_mean(features, y, l2):
    n, d = features.shape
    return np.linalg.pinv(features.T @ features + n * l2 * np.eye(d)) @ features.T @ y


@variants.mutant(
    "Your weights are those of plain least squares, the shortest of them: the price l2 is not in "
    "them. See *A price on weights*.",
)
def ignores_the_price(features, y, l2):
    return np.linalg.pinv(features) @ y


@variants.mutant(
    "Right with a price. Without one you fit with as few features as there are examples and left "
    "the others at 0: that fits, but it is not the shortest. See *Why L2 spreads weights, and L1 "
    "does not care*.",
)
def uses_the_first_features(features, y, l2):
    n, d = features.shape
    if l2:
        return np.linalg.solve(features.T @ features + l2 * np.eye(d), features.T @ y)
    return np.r_[np.linalg.lstsq(features[:, :n], y, rcond=None)[0], np.zeros(d - min(n, d))]


@variants.mutant(
    "You added the square root of l2 to the diagonal (or the price of |w| in place of |w|²). Set "
    "the gradient to zero once more: Xᵀ(Xw − y) + l2·w = 0. See *A price on weights*.",
)
def adds_the_root(features, y, l2):
    d = features.shape[1]
    return np.linalg.pinv(features.T @ features + np.sqrt(l2) * np.eye(d)) @ features.T @ y


@variants.mutant(
    "You added half of l2 to the diagonal. Errors and price are both halved, so that the halves "
    "cancel: Xᵀ(Xw − y) + l2·w = 0. See *A price on weights*.",
)
def halves_the_price(features, y, l2):
    d = features.shape[1]
    return np.linalg.pinv(features.T @ features + l2 / 2 * np.eye(d)) @ features.T @ y


@variants.alternative
def by_singular_values(features, y, l2):
    u, s, vt = np.linalg.svd(features, full_matrices=False)
    return vt.T @ (s / (s**2 + l2) * (u.T @ y))


@variants.alternative
def with_more_examples(features, y, l2):
    d = features.shape[1]
    x = np.vstack([features, np.sqrt(l2) * np.eye(d)])
    return np.linalg.lstsq(x, np.r_[y, np.zeros(d)], rcond=None)[0]
