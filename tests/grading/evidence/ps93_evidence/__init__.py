"""Exercises whose answers are looked at: places in a list, a verdict at a time, arrays in place."""

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, ProblemSet, Variants

halve_variants = Variants()
slope_variants = Variants()
shrink_variants = Variants()


def draw_labels(rng: np.random.Generator) -> Iterator[Case]:
    for classes in (2, 3):
        counts = 2 * rng.integers(2, 12, classes)
        yield Case((rng.permutation(np.repeat(np.arange(classes), counts)),))


def halve(labels):
    places = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return [np.concatenate([p[k::2] for p in places]) for k in (0, 1)]


def places(target, labels):
    import numpy as np

    return [np.asarray(half) for half in target(labels)]


def shares(evidence, labels):
    import numpy as np

    if len(evidence) != 2 or any(half.ndim != 1 or half.size > len(labels) for half in evidence):
        raise ValueError("expected two rows of places")
    both = np.concatenate(evidence)
    if both.dtype.kind not in "iu" or both.min() < 0 or both.max() >= len(labels):
        raise ValueError("expected places in labels")
    counts = [np.bincount(labels[half], minlength=labels.max() + 1) for half in evidence]
    return {"each once": np.sort(both), "of each class": counts}


def draw_slopes(rng: np.random.Generator) -> Iterator[Case]:
    for right in rng.permutation([True, False] * 7):
        a, first = rng.uniform(1, 2, (2, 4))
        factor = 1.0 if right else rng.choice([0.9, -1.0, 1.2])
        yield Case((a, first, 2 * a * factor / first, rng.uniform(1, 2, 4)))


def is_slope(f, g, x):
    h = 1e-6
    steps = h * np.eye(len(x))
    slope = np.array([(f(x + s) - f(x - s)) / (2 * h) for s in steps])
    return bool(np.allclose(slope, g(x), rtol=1e-3))


def one_verdict(target, a, first, second, x):
    return target(lambda x: (a * x * x).sum(), lambda x: x * first * second, x)


def draw_shrinking(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2):
        yield Case(([rng.normal(size=3), rng.normal(size=(2, 2))], float(rng.uniform(0.2, 0.8))))


class Shrink:
    def __init__(self, arrays):
        self.arrays = arrays

    def step(self, factor):
        for array in self.arrays:
            array *= factor


def after_a_step(target, arrays, factor):
    held = [a.copy() for a in arrays]
    target(list(held)).step(factor)
    return held


@halve_variants.mutant("You cut in the middle.")
def cuts_in_the_middle(labels):
    return np.split(np.arange(len(labels)), 2)


@slope_variants.mutant("You always say yes.")
def says_yes(f, g, x):
    return True


@shrink_variants.mutant("You made new arrays.")
class Rebinds(Shrink):
    def step(self, factor):
        self.arrays[:] = [array * factor for array in self.arrays]


PROBLEM_SET = ProblemSet(
    id="ps93_evidence",
    title="Evidence",
    chapter="93_evidence",
    exercises=(
        Exercise(
            "halve", "Halve", "halve", "93_evidence#halve", 2.0, reference=halve,
            cases=draw_labels, driver=places, look=shares, tolerance=EXACT,
            variants=halve_variants, seconds=5.0,
        ),
        Exercise(
            "is_slope", "Slope", "check", "93_evidence#slope", 3.0, reference=is_slope,
            cases=draw_slopes, driver=one_verdict, one_at_a_time=True,
            variants=slope_variants, seconds=5.0,
        ),
        Exercise(
            "Shrink", "Shrink", "shrink", "93_evidence#shrink", 4.0, kind="class",
            reference=Shrink, cases=draw_shrinking, driver=after_a_step,
            variants=shrink_variants, seconds=5.0,
        ),
    ),
)  # fmt: skip
