"""How a test set flatters: by being looked at often, and by containing what was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from cvlib.arrays import Array
from cvlib.datasets import Dataset
from cvlib.shallow.experiments.tasks import pixels

#: A photograph as a board of tiles, (rows, columns), of so many pixels; patches lie inside of them.
BOARD, TILE, PATCH = (4, 12), 32, 16
TESTS = ("overlapping patches", "patches beside", "another place")


def expected_best(candidates: int, images: int, chance: float) -> float:
    """Return the expected best test accuracy of guessers: E[max of m counts ~ Bin(n, p)] / n.

    E[max] = Σ_{c≥1} P(max ≥ c) = Σ_{c≥1} 1 - F(c - 1)^m, exactly.
    """
    below = stats.binom.cdf(np.arange(images), images, chance)
    return float((1 - below**candidates).sum() / images)


def hoeffding_gap(candidates: int, images: int, confidence: float = 0.95) -> float:
    """Bound the gap between test and true accuracy for all m candidates: √(ln(2m/δ) / 2n).

    With the probability `confidence` = 1 - δ no candidate's test accuracy is further off. Source:
    Hoeffding, "Probability inequalities for sums of bounded random variables" (JASA 1963).
    """
    return float(np.sqrt(np.log(2 * candidates / (1 - confidence)) / (2 * images)))


def best_guesser(
    candidates: Sequence[int], images: int, classes: int, *, seeds: Sequence[int]
) -> tuple[Array, Array]:
    """Let m guessers answer at random, keep the best; return its accuracy there and on new images.

    Shapes: two arrays (seeds, candidates). Every guesser is right on one image in `classes`.
    """
    shown, fresh = (np.empty((len(seeds), len(candidates))) for _ in range(2))
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        seen, unseen = rng.integers(classes, size=(2, images))
        answers = rng.integers(classes, size=(max(candidates), 2, images))
        right = (answers[:, 0] == seen).mean(axis=1)
        again = (answers[:, 1] == unseen).mean(axis=1)
        for column, m in enumerate(candidates):
            best = right[:m].argmax()
            shown[row, column], fresh[row, column] = right[best], again[best]
    return shown, fresh


def nearest_neighbour(training: Dataset, test: Dataset) -> float:
    """Return the accuracy of "the class of the nearest training image", nearest in its pixels."""
    x, z = pixels(training.images), pixels(test.images)
    # |z - x|² = |z|² - 2 z·x + |x|², of which |z|² does not matter
    nearest = ((x**2).sum(axis=1) - 2 * z @ x.T).argmin(axis=1)
    return float((training.labels[nearest] == test.labels).mean())


def cut_from_tiles(
    photos: Mapping[str, Array], tiles: Array, n: int, rng: np.random.Generator
) -> Dataset:
    """Cut n patches, each inside of one of the tiles (row, column); the photo is the class.

    Shapes: photos (H, W), tiles (T, 2) in units of `TILE` pixels -> images (n, 1, PATCH, PATCH).
    """
    labels = np.arange(n, dtype=np.int64) % len(photos)
    names = tuple(photos)
    corners = TILE * tiles[rng.integers(len(tiles), size=n)]
    corners = corners + rng.integers(TILE - PATCH + 1, size=(n, 2))
    cut = [
        photos[names[label]][row : row + PATCH, column : column + PATCH]
        for label, (row, column) in zip(labels, corners, strict=True)
    ]
    return Dataset(np.stack(cut)[:, None].astype(np.float32), labels, names)


def three_tests(
    photos: Mapping[str, Array], *, seeds: Sequence[int], n: int = 3000, held_out: int = 600
) -> dict[str, Array]:
    """Test nearest neighbours on patches that overlap, that lie beside, and from another place.

    Half of a board of tiles is trained on. The same training patches are tested on other patches of
    the same tiles, with which they overlap, and on patches of the other tiles, with which they
    share no pixel; the third half is not scattered, but the left one, and tested on the right.

    Shapes: photos (128, 384) at least -> accuracies (seeds,) by the kind of test.
    """
    board = np.argwhere(np.ones(BOARD, bool))
    found = {name: np.empty(len(seeds)) for name in TESTS}
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(board))
        some, others = board[order[::2]], board[order[1::2]]
        left, right = (board[side] for side in (board[:, 1] < 6, board[:, 1] >= 6))
        training = cut_from_tiles(photos, some, n, rng)
        for name, tiles in zip(TESTS[:2], (some, others), strict=True):
            test = cut_from_tiles(photos, tiles, held_out, rng)
            found[name][row] = nearest_neighbour(training, test)
        training = cut_from_tiles(photos, left, n, rng)
        test = cut_from_tiles(photos, right, held_out, rng)
        found[TESTS[2]][row] = nearest_neighbour(training, test)
    return found
