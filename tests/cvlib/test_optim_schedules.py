"""Schedules: their formulas, torch's numbers, and bad settings."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.optim import constant, cosine, exponential_decay, step_decay, warmup

TIMES = np.arange(0, 21)


def theirs(build):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = build(optimizer)
    rates = []
    for _ in TIMES:
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize(
    ("schedule", "build"),
    [
        (step_decay(5, 0.3), lambda o: torch.optim.lr_scheduler.StepLR(o, 5, 0.3)),
        (exponential_decay(0.8), lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.8)),
        (cosine(20), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20)),
        (cosine(20, 0.2), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20, 0.2)),
        (warmup(4, start=0.25), lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.25, 1.0, 4)),
    ],
)
def test_numbers_of_torch(schedule, build):
    np.testing.assert_allclose([schedule(float(t)) for t in TIMES], theirs(build), atol=1e-12)


def test_by_hand():
    assert [constant()(t) for t in (0, 3.7)] == [1, 1]
    assert [step_decay(10)(t) for t in (0, 9.99, 10, 25)] == pytest.approx([1, 1, 0.1, 0.01])
    assert [cosine(8)(t) for t in (0, 4, 8, 100)] == pytest.approx([1, 0.5, 0, 0])
    assert cosine(8, 0.2)(100) == pytest.approx(0.2)
    climb = warmup(2, cosine(10))
    assert [climb(t) for t in (0, 1, 2, 7, 12)] == pytest.approx([0, 0.5, 1, 0.5, 0])


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    total=st.floats(0.1, 100), floor=st.floats(0, 1), start=st.floats(0, 1), time=st.floats(0, 300)
)
def test_factors_stay_between_nothing_and_one(total, floor, start, time):
    for schedule in (
        cosine(total, floor),
        step_decay(total),
        exponential_decay(0.9),
        warmup(total, cosine(total, floor), start=start),
    ):
        assert -1e-12 <= schedule(time) <= 1 + 1e-12
    # decays never rise
    for schedule in (cosine(total, floor), step_decay(total), exponential_decay(0.9)):
        assert schedule(time + 0.5) <= schedule(time) + 1e-12


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: step_decay(0), "every must be above 0, got 0"),
        (lambda: step_decay(5, 0.0), "factor must be above 0 and at most 1, got 0.0"),
        (lambda: step_decay(5, 1.5), "factor must be above 0 and at most 1, got 1.5"),
        (lambda: exponential_decay(-0.1), "factor must be above 0 and at most 1, got -0.1"),
        (lambda: cosine(0), "total must be above 0, got 0"),
        (lambda: cosine(5, 2.0), "floor must be between 0 and 1, got 2.0"),
        (lambda: cosine(float("nan")), "total must be above 0, got nan"),
        (lambda: warmup(-1), "duration must be above 0, got -1"),
        (lambda: warmup(1, start=1.1), "start must be between 0 and 1, got 1.1"),
    ],
)
def test_bad_settings_are_refused(build, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        build()


@pytest.mark.parametrize("module", ["cvlib.optim", "cvlib.training", "cvlib.layers.graph"])
def test_no_heavy_import(module):
    source = (
        f"import sys, {module}; "
        "print([m for m in ('torch', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
