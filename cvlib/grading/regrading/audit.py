"""The flaky-seed audit: whose marks depend on the draw of the hidden cases?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cvlib.check.marking import Outcome, ask, local_call, mark
from cvlib.grading.course.course import Course
from cvlib.grading.course.handed_in import Pending, look_at_all
from cvlib.grading.course.intake import find_students
from cvlib.grading.course.release import sample_expectations
from cvlib.grading.judging.kept_results import read_result
from cvlib.grading.judging.plan import make_draws
from cvlib.grading.judging.result import ExerciseResult, Result, points
from cvlib.grading.pages.progress import Progress, no_progress
from cvlib.grading.regrading.regrade import grade_again, one_cluster
from cvlib.grading.running.running import Options, run_settings
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import generator, make_sheet

Marked = Outcome | ExerciseResult


@dataclass(frozen=True)
class Wavering:
    """One answer whose marks are not the same under all seeds; ``None``: grading failed."""

    who: str
    exercise: str
    scores: tuple[float | None, ...]
    parts: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Audit:
    """What an audit found: answers whose marks depend on the seed, and remarks that cost nothing.

    ``seeds`` names the columns of the scores; ``audited`` says how many answers of what kind.
    """

    set_id: str
    seeds: tuple[str, ...]
    audited: str
    findings: tuple[Wavering, ...]
    remarks: tuple[str, ...]


def new_seeds(count: int) -> list[int]:
    """Seeds that nobody has tried yet, short enough to be typed after ``--seed``."""
    return random.SystemRandom().sample(range(10**6), count)


def audit_set(
    course: Course,
    loaded: LoadedSet,
    seeds: Sequence[int],
    options: Options,
    progress: Progress = no_progress,
) -> Audit:
    """Grade what is handed in under each seed, or the known answers where nothing is handed in.

    Nothing is written. Raises SandboxUnavailable when submissions cannot be run safely.
    """
    if find_students(course.submitted, loaded.problem_set.id):
        return audit_class(course, loaded, seeds, options, progress)
    return audit_answers(loaded, run_settings(course, options)["seed"], seeds)


def audit_class(
    course: Course,
    loaded: LoadedSet,
    seeds: Sequence[int],
    options: Options,
    progress: Progress = no_progress,
) -> Audit:
    """Compare the marks of every submission under the course's seed and under each new one."""
    set_id = loaded.problem_set.id
    settings = run_settings(course, options)
    draws = make_draws(loaded, **settings)
    keys = {n: h.key for n, h in look_at_all(course, set_id, draws).items() if h is not None}
    results: list[dict[str, Result]] = []
    failures: dict[str, str] = {}
    with one_cluster(len(keys), options, unsafe=settings["unsafe"]) as shared:
        for seed in [settings["seed"], *seeds]:
            found: dict[str, Result] = {}
            if seed == settings["seed"]:
                kept = {name: read_result(course.results, key) for name, key in keys.items()}
                found = {name: replace(r, outputs=()) for name, r in kept.items() if r is not None}
            pending = Pending(course, set_id, [name for name in keys if name not in found])
            stream = grade_again(loaded, pending, settings | {"seed": seed}, shared)
            for graded in progress(stream, len(pending), f"{set_id}, seed {len(results)}"):
                if graded.result is not None:
                    found[graded.student] = graded.result
                else:
                    failures[graded.student] = f"grading failed: {graded.failure}"
            results.append(found)
    due = {name: m["score"] for name, m in sample_expectations(course, set_id).items()}
    findings, remarks = [], []
    for name in keys:
        under = [found.get(name) for found in results]
        wavering, said = _compare_results(name, under)
        remarks += said
        totals = tuple(None if r is None else r.score for r in under)
        if name in failures:
            wavering.append(Wavering(name, "", totals, why=failures[name]))
        elif name in due and not wavering and any(abs((t or 0) - due[name]) > 1e-9 for t in totals):
            why = f"must score {points(due[name])}"
            wavering.append(Wavering(name, "", totals, why=why))
        findings += wavering
    labels = ("as graded", *map(str, seeds))
    kind = f"{len(keys)} submissions"
    return Audit(set_id, labels, kind, tuple(findings), tuple(remarks))


def audit_answers(loaded: LoadedSet, own: int, seeds: Sequence[int]) -> Audit:
    """Compare the marks of reference, alternatives and mutants under the course's own seed and new.

    What a mutant is told is compared too.
    """
    findings, remarks, count = [], [], 0
    for exercise in loaded.problem_set.exercises:
        if not exercise.graded_by_judge:
            continue
        mutants = exercise.variants.mutants
        sheets = [
            make_sheet(exercise, mutants, generator(seed, exercise.id), lazy=True)
            for seed in [own, *seeds]
        ]
        answers = [("the reference", exercise.reference)]
        answers += [(v.name, v.target) for v in exercise.variants.alternatives]
        answers += [(f"the mutant {m.name}", m.target) for m in mutants]
        for name, target in answers:
            call = local_call(target)
            outcomes = [mark(s, ask(s, call)) for s in sheets]
            wavering = _compare(name, exercise.id, outcomes)
            findings += [wavering] if wavering else []
            remarks += _naming(name, exercise.id, outcomes)
            count += 1
    labels = ("the course's", *map(str, seeds))
    return Audit(loaded.problem_set.id, labels, f"{count} answers", tuple(findings), tuple(remarks))


def _compare_results(
    name: str, results: Sequence[Result | None]
) -> tuple[list[Wavering], list[str]]:
    known = [r for r in results if r is not None]
    wavering, remarks = [], []
    for exercise in known[0].exercises if known else ():
        marked = [None if r is None else r[exercise.id] for r in results]
        found = _compare(name, exercise.id, marked)
        wavering += [found] if found else []
        remarks += _naming(name, exercise.id, marked)
    return wavering, remarks


def _compare(who: str, exercise: str, marked: Sequence[Marked | None]) -> Wavering | None:
    known = [m for m in marked if m is not None]
    parts = dict.fromkeys(part for m in known for part in m.parts)
    differ = tuple(p for p in parts if len({m.parts.get(p) for m in known}) > 1)
    if not differ and len({m.score for m in known}) < 2:
        return None
    return Wavering(who, exercise, tuple(None if m is None else m.score for m in marked), differ)


def _naming(who: str, exercise: str, marked: Sequence[Marked | None]) -> list[str]:
    """A wrong answer that is told what happened under some seeds only, or not the same thing."""
    told = [m.misconception for m in marked if m is not None]
    if len(set(told)) < 2:
        return []
    named = sum(map(bool, told))
    return [
        f"{exercise}: {who} is told what happened under {named} of {len(told)} seeds, or "
        "not the same"
    ]
