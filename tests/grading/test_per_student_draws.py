"""Hidden cases of each student's own: from a seed that needs the secret, and off by default."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace

import numpy as np

from cvlib.grading.judging.plan import Limits, environment_digest, make_plan, plan_digest
from cvlib.grading.judging.student_plan import plan_for
from cvlib.grading.notebook.source import public_cases
from cvlib.grading.spec.draws import Draws, student_seed
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import section_title


def test_off_by_default_a_digest_is_made_of_what_it_always_was(tiny: LoadedSet) -> None:
    limits = '{"cell_seconds": 30.0, "session_seconds": 120.0}'
    titles = [section_title(e.section, None) for e in tiny.problem_set.exercises]
    parts = [tiny.digest, environment_digest(), "7", "False", limits, *titles]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    assert plan_digest(tiny, seed=7) == digest
    plan = make_plan(tiny, seed=7)
    assert plan.digest == digest
    assert plan.draws is not None
    draw = plan.draws.of("ann")
    assert (draw.digest, draw.seed) == (digest, None)
    assert plan_for(plan, draw) is plan
    assert b"numbers" not in public_cases(tiny)


def test_hidden_cases_differ_between_students_and_are_drawn_again_alike(tiny: LoadedSet) -> None:
    plan = make_plan(tiny, seed=7, per_student=True)
    assert plan.draws is not None
    ann, bob, again = (plan_for(plan, plan.draws.of(s)) for s in ("ann", "bob", "ann"))
    first = [p.items[0].sheet for p in (ann, bob, again)]
    inputs = [sheet.calls[1][0][0] for sheet in first]
    assert not np.array_equal(inputs[0], inputs[1])
    assert np.array_equal(inputs[0], inputs[2])
    assert first[0].expected == first[2].expected != first[1].expected
    assert first[0].driver_source == make_plan(tiny, seed=7).items[0].sheet.driver_source
    values = [tuple(m.values) for m in first[0].misconceptions]
    assert len(values) == 2
    assert values == [tuple(m.values) for m in first[2].misconceptions]
    assert len({plan.digest, ann.digest, bob.digest}) == 3
    assert ann.digest == again.digest


def test_a_students_seed_needs_the_secret() -> None:
    assert student_seed(7, "ann") == student_seed(7, "ann")
    seeds = {student_seed(secret, name) for secret in (7, 8) for name in ("ann", "bob", "Ann")}
    assert len(seeds) == 6
    assert min(seeds) > 2**64
    draws = Draws("digest", 123456789, per_student=True)
    assert "123456789" not in repr(draws)
    assert b"123456789" not in pickle.dumps(draws.of("ann"))


def test_a_worker_gets_no_secret(own: LoadedSet) -> None:
    plan = make_plan(own, seed=123456789, limits=Limits(), per_student=True)
    sent = pickle.dumps(replace(plan, draws=None))
    assert b"123456789" not in sent
    assert (123456789).to_bytes(4, "little") not in sent
