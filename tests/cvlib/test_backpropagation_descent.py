"""The experiments on descent: noise, momentum, rates, schedules, and when to stop."""

import numpy as np
import pytest

from cvlib.optim import SGD, constant
from cvlib.training import experiments
from cvlib.training.experiments.descent import Sweep


def test_batch_noise_follows_the_formula_and_ends_at_zero():
    measured, error, theory = experiments.noise_of_batches((1, 10, 1000), draws=150)
    assert np.all(np.abs(measured - theory)[:2] < 6 * error[:2])
    assert np.all(error[:2] < 0.1 * theory[:2])
    assert theory[2] == 0
    assert measured[2] < 1e-20


def test_momentum_needs_the_root_of_the_steps():
    counts = experiments.steps_to_converge((25, 400))
    assert counts["plain"][1] / counts["plain"][0] == pytest.approx(16, rel=0.1)
    assert counts["momentum"][1] / counts["momentum"][0] == pytest.approx(4, rel=0.2)


def test_sgd_settles_where_the_theorem_says():
    measured, error, theory = experiments.stationary_variance((0.1, 0.5), steps=2000)
    assert np.all(np.abs(measured - theory) < 6 * error)
    assert np.all(error < 0.05 * theory)


def test_a_walk_takes_the_optimizers_steps():
    path = experiments.walk(lambda p: SGD(p, 0.1), experiments.saddle, (1.0, 0.5), 2)
    assert path.shape == (3, 2)
    assert path[1] == pytest.approx([0.9, 0.5 + 0.1 * (0.5 - 0.125)])


def test_a_rate_that_diverges_counts_as_bad():
    sweep = experiments.rate_sweep(
        {"SGD": lambda p, lr: SGD(p, lr)}, rates=(0.3, 1e6), epochs=1, seeds=(0,)
    )
    small, large = sweep.losses["SGD"][:, 0]
    assert small < 2.4 < large <= 100


def test_no_seed_is_judged_by_a_rate_that_it_chose():
    sweep = Sweep((0.1, 1.0), {"SGD": np.array([[1, 4, 5], [3.5, 2, 3]])})
    assert sweep.best("SGD") == 1
    # 2 + 3 < 4 + 5 without the first seed, 1 + 5 < 3.5 + 3 without the second, 1 + 4 < 3.5 + 2
    assert sweep.lowest("SGD").tolist() == [3.5, 4, 5]


def test_stopping_rules_agree_with_the_history():
    errors = experiments.stopping_rules(0, epochs=12, patience=3).history.error
    run = experiments.stopping_rules(0, epochs=12, patience=3, target=errors[4])
    assert run.history.error == errors
    first = next(epoch for epoch, error in enumerate(errors) if error <= errors[4])
    assert run.stops["target"].epochs == first + 1
    waited = run.stops["patience"].epochs
    best = int(np.argmin(errors[:waited]))
    assert waited == 12 or waited - 1 - best == 3
    assert run.stops["hindsight"].error <= min(s.error for s in run.stops.values())
    assert run.stops["epochs"].epochs == len(run.history) == 12


def test_schedules_are_compared_over_seeds():
    found = experiments.compare_schedules({"constant": constant()}, lr=0.1, epochs=1, seeds=(0, 1))
    losses, right = found["constant"]
    assert losses.shape == right.shape == (2,)
