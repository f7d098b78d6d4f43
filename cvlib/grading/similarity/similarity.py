"""Which submissions of a class have more in common than the exercises explain.

A fingerprint counts by how rare it is in the class: what a large part of the class wrote counts
nothing, what was released does not count at all, and what our own solutions hold counts less. The
result is a list for a person: it says where to look, and neither who copied nor whether it was
allowed.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from cvlib.grading.course.course import Course
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.notebook.source import model_solutions
from cvlib.grading.similarity.tokens import runs
from cvlib.grading.similarity.works import Place, Work, read_class, read_work, shape_of, tokens_of
from cvlib.grading.spec.loading import LoadedSet, load_problem_set

#: A pair this similar is listed: half of what is rare in the smaller work, size taken into account.
THRESHOLD = 0.5
#: Shared rare fingerprints that are expected of anybody; short passages prove little.
CHANCE = 5.0
#: What a fingerprint counts that stands in one of our own solutions: others find it, too.
KNOWN = 0.4


@dataclass(frozen=True)
class Pair:
    """Two students, how similar they are (0 to 1), and the share of each exercise they share."""

    one: str
    two: str
    score: float
    places: dict[Place, float]


@dataclass
class Comparison:
    """A class compared: the pairs worth a look, best first, and the score of every pair."""

    set_id: str
    titles: dict[str, str]
    works: dict[str, Work]
    threshold: float
    pairs: list[Pair] = field(default_factory=list)
    scores: np.ndarray = field(default_factory=lambda: np.zeros(0))
    weights: dict[int, float] = field(default_factory=dict)

    def rarer_than(self, score: float) -> float:
        """The share of all pairs that are less similar."""
        return float((self.scores < score).mean()) if len(self.scores) else 0.0

    def clusters(self) -> list[list[str]]:
        """Students joined by pairs, in groups of more than two."""
        group: dict[str, set[str]] = {}
        for pair in self.pairs:
            joined = group.get(pair.one, {pair.one}) | group.get(pair.two, {pair.two})
            group.update(dict.fromkeys(joined, joined))
        distinct = {id(g): sorted(g) for g in group.values()}
        return sorted(g for g in distinct.values() if len(g) > 2)


def compare(course: Course, set_id: str, *, threshold: float = THRESHOLD) -> Comparison:
    """Compare all submissions of a problem set."""
    loaded = load_problem_set(course.assignments, set_id)
    works = read_class(course, set_id, release_template(loaded))
    return compare_works(loaded, works, threshold=threshold)


def compare_works(
    loaded: LoadedSet, works: Sequence[Work], *, threshold: float = THRESHOLD
) -> Comparison:
    """Compare what a class wrote."""
    template = read_work("", release_template(loaded))
    released = _all_runs(template.texts.items())
    exercises = loaded.problem_set.exercises
    titles = {"": "before the first exercise", **{e.id: e.title for e in exercises}}
    comparison = Comparison(
        loaded.problem_set.id, titles, {work.student: work for work in works}, threshold
    )
    marks = [
        {place: h[~_among(h, released)] for place, h in w.fingerprints().items()} for w in works
    ]
    vocabulary, counts = _count(marks)
    if len(works) < 2 or not len(vocabulary):
        return comparison
    active = sum(any(len(h) for h in m.values()) for m in marks)
    rarity = _rarity(counts, active)
    known = np.where(_among(vocabulary, _known(loaded)), KNOWN, 1.0)
    places = sorted({place for m in marks for place in m})
    shares, score = _scores(marks, vocabulary, rarity, known, places)
    upper = np.triu_indices(len(works), 1)
    comparison.scores = score[upper]
    comparison.weights = {int(h): float(r) for h, r in zip(vocabulary, rarity, strict=True) if r}
    for i, j in zip(*(side.tolist() for side in upper), strict=True):
        if score[i, j] >= threshold:
            found = {p: float(max(s[i, j], s[j, i])) for p, s in zip(places, shares, strict=True)}
            found = {p: s for p, s in found.items() if s >= threshold / 2}
            comparison.pairs.append(
                Pair(works[i].student, works[j].student, float(score[i, j]), found)
            )
    comparison.pairs.sort(key=lambda p: (-p.score, p.one, p.two))
    return comparison


def _count(marks: Sequence[dict[Place, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Every fingerprint of the class, and how many students have it."""
    own = [np.unique(np.concatenate([*m.values(), np.zeros(0, np.uint64)])) for m in marks]
    return np.unique(np.concatenate([*own, np.zeros(0, np.uint64)]), return_counts=True)


def _rarity(counts: np.ndarray, students: int) -> np.ndarray:
    """1 for what at most two students have, 0 for what all have."""
    if students <= 2:
        return np.ones(len(counts))
    return np.clip(np.log(students / counts) / np.log(students / 2), 0.0, 1.0)


def _scores(
    marks: Sequence[dict[Place, np.ndarray]],
    vocabulary: np.ndarray,
    rarity: np.ndarray,
    known: np.ndarray,
    places: Sequence[Place],
) -> tuple[np.ndarray, np.ndarray]:
    """For each place the share of i's rare text that j has anywhere; and the score of each pair.

    The score takes the places of a pair together, the most similar first, as long as it grows: so
    a few copied exercises show among many that are one's own.
    """
    n = len(marks)
    anywhere = _matrix([np.concatenate([*m.values(), vocabulary[:0]]) for m in marks], vocabulary)
    anywhere.data[:] = 1.0
    shared = np.zeros((len(places), n, n), dtype=np.float32)
    sizes = np.zeros((len(places), n), dtype=np.float32)
    for k, place in enumerate(places):
        here = _matrix([m.get(place, vocabulary[:0]) for m in marks], vocabulary)
        shared[k] = (here.multiply(rarity**2 * known).tocsr() @ anywhere.T).toarray()
        sizes[k] = here @ rarity
    shares = shared / np.maximum(sizes, 1e-9)[:, :, None]
    order = np.argsort(-shares, axis=0, kind="stable")
    totals = np.cumsum(np.take_along_axis(shared, order, axis=0), axis=0)
    wide = np.broadcast_to(sizes[:, :, None], shared.shape)
    most = np.cumsum(np.take_along_axis(wide, order, axis=0), axis=0)
    one_way = (totals / (most + CHANCE)).max(axis=0)
    return shares, np.maximum(one_way, one_way.T)


def _among(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which values are among the known ones, which are sorted."""
    places = np.minimum(np.searchsorted(known, values), max(0, len(known) - 1))
    return known[places] == values if len(known) else np.zeros(len(values), dtype=bool)


def _matrix(rows: Sequence[np.ndarray], vocabulary: np.ndarray) -> csr_matrix:
    columns = [np.searchsorted(vocabulary, row) for row in rows]
    ends = np.cumsum([0, *(len(c) for c in columns)])
    indices = np.concatenate([*columns, np.zeros(0, dtype=np.intp)])
    shape = (len(rows), len(vocabulary))
    matrix = csr_matrix((np.ones(len(indices)), indices, ends), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _all_runs(texts: Iterable[tuple[Place, str]]) -> np.ndarray:
    """Every run of tokens, kept by winnowing or not: a text around it may keep another one."""
    found = [runs(tokens_of(place, text), shape_of(place)) for place, text in texts]
    return np.unique(np.concatenate([*found, np.zeros(0, np.uint64)]))


def _known(loaded: LoadedSet) -> np.ndarray:
    """The runs of tokens in our own solutions, right and wrong."""
    texts: list[tuple[Place, str]] = []
    for name, source in model_solutions(loaded).items():
        kind = "prose" if loaded.problem_set[name].kind == "written" else "code"
        texts.append(((name, kind), source))
    for exercise in loaded.problem_set.exercises:
        for variant in exercise.variants.all:
            try:
                source = textwrap.dedent(inspect.getsource(variant.target))
            except (OSError, TypeError):  # a value, or a function made by another
                continue
            texts.append(((exercise.id, "code"), source))
    return _all_runs(texts)
