"""What the doctor tries on exercises that train a model: answers that have learned nothing.

They know all that is public (released files, and the cases of every set's checks), or every digit
there is, and look an image up among them; or they give one class to all.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.check.marking import ask, local_call, mark
from cvlib.datasets import load_digits
from cvlib.grading.spec.digits import grey_values
from cvlib.grading.spec.exercise import PUBLIC_SEED, Exercise
from cvlib.grading.spec.loading import LoadedSet, find_problem_sets, load_problem_set
from cvlib.grading.spec.sheets import generator, make_sheet

#: The share of the marks that an answer that has learned nothing may get.
MOST = 0.25

Pictures = tuple[NDArray[np.float64], NDArray[np.int64]]
Answer = Callable[..., Any]


def won_untrained(exercise: Exercise, loaded: LoadedSet, seeds: int) -> list[str]:
    """Say which answers that have learned nothing get more than a quarter of the marks."""
    sheets = [make_sheet(exercise, (), generator(seed, exercise.id)) for seed in range(seeds)]
    won = []
    for name, target in untrained(exercise, loaded):
        call = local_call(target)
        outcomes = [mark(s, ask(s, call)) for s in sheets]
        most = max(outcomes, key=lambda outcome: outcome.score)
        if most.score > MOST * most.max_score:
            won.append(f"nothing was trained, and {most.score:g} of {most.max_score:g}: {name}")
    return won


def untrained(exercise: Exercise, loaded: LoadedSet) -> Iterator[tuple[str, Answer]]:
    """Yield answers to a model exercise that show no training, with what each of them does.

    Exercises whose input is not a batch of images (N, H, W) are only answered by one class.
    """
    cases = exercise.draw(np.random.default_rng(PUBLIC_SEED), public=True)
    truth = np.concatenate([np.ravel(case.truth) for case in cases])
    for label in np.unique(truth) if truth.dtype.kind in "iu" else ():
        yield f"the class {label} for everything", _one_class(label)
    image = np.asarray(cases[0].args[0]) if cases[0].args else np.zeros(0)
    if image.ndim != 3:
        return
    public = _public(loaded.directory.parent)
    digits = load_digits()
    everything = (*public, (grey_values(digits.images).astype(float), digits.labels))
    for name, sources in (("all that is public", public), ("every digit", everything[-1:]),
                          ("both", everything)):  # fmt: skip
        known = _framed(sources, image.shape[1:], float(_brightest(exercise, loaded)))
        yield f"the nearest neighbour among {name}", functools.partial(_nearest, known)
        yield (
            f"the nearest neighbour among {name}, each image with mean 0 and spread 1",
            functools.partial(_nearest, known, prepare=_standardized),
        )
        yield f"the same image among {name}", functools.partial(_same, known)


def _one_class(label: int) -> Answer:
    return lambda images, *args, **kwargs: np.full(len(images), label)


def _nearest(
    known: Pictures, images: Any, prepare: Callable[[Any], Any] = lambda rows: rows
) -> NDArray[np.int64]:
    pictures, labels = known
    x, y = (prepare(np.asarray(p, float).reshape(len(p), -1)) for p in (images, pictures))
    return labels[((y**2).sum(axis=1) - 2 * x @ y.T).argmin(axis=1)]


def _standardized(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / (rows.std(axis=1, keepdims=True) + 1e-9)


def _same(known: Pictures, images: Any) -> list[int]:
    pictures, labels = known
    by_content = {p.tobytes(): int(label) for p, label in zip(pictures, labels, strict=True)}
    return [by_content.get(np.asarray(i, float).tobytes(), 0) for i in images]


@functools.lru_cache(maxsize=4)
def _public(assignments: Path) -> tuple[Pictures, ...]:
    """The labelled images (N, H, W) of each released file and each public sheet of a course."""
    found: list[Pictures] = []
    for set_id in find_problem_sets(assignments):
        problem_set = load_problem_set(assignments, set_id).problem_set
        found += filter(None, map(pictures_of, problem_set.files.values()))
        for exercise in problem_set.exercises:
            if exercise.kind == "model":
                cases = exercise.draw(np.random.default_rng(PUBLIC_SEED), public=True)
                found += [
                    (np.asarray(c.args[0], float), np.asarray(c.truth))
                    for c in cases
                    if c.args and np.ndim(c.args[0]) == 3
                ]
    return tuple(found)


def pictures_of(content: Callable[[], bytes]) -> Pictures | None:
    """The images and labels of a released ``.npz`` file; None where it holds no such arrays."""
    raw = content()
    if not raw.startswith(b"PK"):
        return None
    with np.load(io.BytesIO(raw)) as file:
        if not {"images", "labels"} <= set(file) or file["images"].ndim != 3:
            return None
        return file["images"].astype(float), file["labels"]


def _brightest(exercise: Exercise, loaded: LoadedSet) -> float:
    """The brightest value of the images that the set releases, or else of its checks."""
    files = [p for p in map(pictures_of, loaded.problem_set.files.values()) if p]
    if files:
        return float(max(images.max() for images, _ in files))
    cases = exercise.draw(np.random.default_rng(PUBLIC_SEED), public=True)
    return float(max(np.max(case.args[0]) for case in cases))


def _framed(sources: tuple[Pictures, ...], shape: tuple[int, ...], brightest: float) -> Pictures:
    """Images of all sizes in the middle of one size, with values of one range."""
    framed = []
    for images, _ in sources:
        scale = brightest / (240.0 if images.max() > 16 else 16.0)
        placed = images * scale
        for axis, size in enumerate(shape, start=1):
            over = placed.shape[axis] - size
            if over > 0:
                placed = np.take(placed, range(over // 2, over // 2 + size), axis=axis)
            elif over < 0:
                room = [(0, 0)] * 3
                room[axis] = (-over // 2, -over - -over // 2)
                placed = np.pad(placed, room)
        framed.append(placed)
    return np.concatenate(framed), np.concatenate([labels for _, labels in sources])
