"""Networks trained side by side learn what each would learn alone; experiments read them right."""

import numpy as np
import pytest
import torch
from torch import nn

from cvlib.normalization import experiments
from cvlib.normalization.stack import Design, Runs, Stack, measure_errors, train
from cvlib.normalization.stack_digits import load, shuffled

NORMS = ("none", "once", "batch", "layer", "instance", "group")
SHORT = {"rates": [0.3], "steps": 6, "train_size": 128, "batch": 32}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("norm", NORMS)
def test_company_in_the_stack_changes_no_network(norm):
    together = train(Design(norm), seeds=[3, 8], **SHORT)
    alone = train(Design(norm), seeds=[8], **SHORT)
    assert np.allclose(together.losses[:, :, 1:], alone.losses, rtol=1e-3, atol=1e-4)
    assert np.allclose(together.errors[:, 1:], alone.errors, atol=2e-3)


def test_rates_share_seeds_and_differ_only_in_the_rate():
    runs = train(Design("batch"), seeds=[1], **{**SHORT, "rates": [0.1, 0.1, 0.5]})
    assert np.allclose(runs.losses[:, 0], runs.losses[:, 1], rtol=1e-3, atol=1e-4)
    assert np.allclose(runs.losses[0, 0], runs.losses[0, 2])
    assert not np.allclose(runs.losses[-1, 0], runs.losses[-1, 2], rtol=1e-2)


def as_module(stack: Stack) -> nn.Sequential:
    """The first network of a stack, built from PyTorch's own layers."""
    layers: list[nn.Module] = []
    before = 1
    for k, (stride, width) in enumerate(
        zip(stack.design.strides, stack.design.widths, strict=True)
    ):
        conv = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        norm = nn.BatchNorm2d(width)
        with torch.no_grad():
            conv.weight.copy_(stack.kernels[k][:width])
            norm.weight.copy_(stack.scales[k][:width])
            norm.bias.copy_(stack.shifts[k][:width])
            norm.running_mean.copy_(stack.means[k][:width])
            norm.running_var.copy_(stack.vars[k][:width])
        layers += [conv, norm, nn.ReLU()]
        before = width
    head = nn.Linear(before, 10)
    with torch.no_grad():
        head.weight.copy_(stack.head[0].T)
        head.bias.copy_(stack.bias[0, 0])
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)


def test_a_network_of_the_stack_is_pytorchs():
    runs = train(Design("batch"), seeds=[0, 1], **SHORT)
    module = as_module(runs.stack)
    x, _ = runs.digits.batch(runs.digits.test[:, :40])
    for training in (False, True):
        expected = module.train(training)(x[:, :1])
        with torch.no_grad():
            scores = runs.stack.scores(x, training=training)
        assert torch.allclose(scores[0], expected, atol=1e-4)
    for k, norm in enumerate(m for m in module if isinstance(m, nn.BatchNorm2d)):
        width = runs.stack.design.widths[k]
        assert torch.allclose(runs.stack.means[k][:width], norm.running_mean, atol=1e-5)
        assert torch.allclose(runs.stack.vars[k][:width], norm.running_var, rtol=1e-4)


def test_company_cuts_the_batch():
    runs = train(Design("batch", company=8), seeds=[0], **SHORT)
    x, _ = runs.digits.batch(runs.digits.test[:, :16])
    with torch.no_grad():
        whole = runs.stack.scores(x, training=False, company=16)
        halves = runs.stack.scores(x, training=False, company=8)
        first = runs.stack.scores(x[:8], training=False, company=8)
    assert torch.allclose(halves[:, :8], first, atol=1e-5)
    assert not torch.allclose(whole, halves, atol=1e-2)


def test_once_keeps_the_statistics_of_the_first_batch():
    runs = train(Design("once"), seeds=[0], **{**SHORT, "steps": 1})
    start = [m.clone() for m in runs.stack.means]
    x, _ = runs.digits.batch(runs.digits.test[:, :32])
    with torch.no_grad():
        runs.stack.scores(x, training=True)
    assert all(torch.equal(a, b) for a, b in zip(start, runs.stack.means, strict=True))


def test_jolts_come_in_training_only():
    stack = Stack(Design("batch", jolt=0.5), [0])
    x, _ = load([0], 100).batch(np.arange(20)[None])
    with torch.no_grad():
        first, second = (stack.scores(x, training=True) for _ in range(2))
        assert not torch.allclose(first, second, atol=1e-3)
        first, second = (stack.scores(x, training=False) for _ in range(2))
        assert torch.equal(first, second)


def test_weight_decay_pulls_at_kernels_alone():
    free, held = (
        train(Design("batch"), seeds=[0], weight_decay=[d], **SHORT).stack for d in (0.0, 0.5)
    )
    assert held.kernels[0].norm() < 0.9 * free.kernels[0].norm()
    assert abs(held.scales[0].norm() / free.scales[0].norm() - 1) < 0.05


def test_each_network_has_its_own_split_and_order():
    digits = load([4, 5], 1000)
    for train_part, test_part in zip(digits.train, digits.test, strict=True):
        assert len({*train_part, *test_part}) == 1797
    assert not np.array_equal(digits.train[0], digits.train[1])
    deal = shuffled(digits, [4, 5], 300)
    epoch = [next(deal) for _ in range(3)]
    assert len(set(np.concatenate(epoch, axis=1)[0])) == 900
    again = next(shuffled(digits, [4, 5], 300))
    assert np.array_equal(epoch[0], again)


def test_an_unknown_norm_is_named():
    x, _ = load([0], 100).batch(np.arange(4)[None])
    with pytest.raises(ValueError, match="expected a norm that this design knows, got spectral"):
        Stack(Design("spectral"), [0]).scores(x, training=True)


def test_errors_count_wrong_answers_in_the_order_asked_for():
    runs = train(Design("batch"), seeds=[0], **SHORT)
    x, labels = runs.digits.batch(runs.digits.test)
    with torch.no_grad():
        scores = runs.stack.scores(x, training=False)
    wrong = (scores.argmax(-1) != labels).double().mean(1).numpy()
    assert np.allclose(measure_errors(runs.stack, runs.digits), wrong, atol=2e-3)
    in_order = measure_errors(runs.stack, runs.digits, company=16, sort=True)
    mixed = measure_errors(runs.stack, runs.digits, company=16, sort=False)
    assert in_order > mixed


def test_the_largest_rate_that_works():
    errors = np.array([[0.3, 0.5], [0.05, 0.5], [0.04, 0.5], [0.9, 0.9]])
    runs = Runs(np.empty(0), errors, None, None)  # type: ignore[arg-type]
    rates = (0.1, 0.2, 0.4, 0.8)
    assert np.allclose(experiments.largest_rate(runs, rates, 0.1), [0.4, 0.05])


def test_the_studies_have_the_shapes_they_promise():
    runs = train(Design("batch"), seeds=[0, 1], **SHORT)
    found = experiments.by_company(runs)
    assert list(found) == list(experiments.COMPANIES)
    assert all(errors.shape == (2,) for errors in found.values())
    maps = experiments.maps_before_norm(runs)
    assert [m.shape[1:] for m in maps] == [(8, 4, 4), (16, 2, 2), (16, 2, 2)]
    stale = experiments.stale_statistics((1, 3), seeds=[0, 1])
    assert stale.running.shape == stale.batch.shape == (2, 2)
    study = experiments.weight_decay_study((0.0, 0.1), seeds=[0], steps=4)
    assert study.squared_norms.shape == (4, 2, 1)
    assert study.turns.shape == (3, 2, 1)
    assert study.losses.shape == (4, 2, 1)
    assert np.allclose(study.predicted, [0, np.sqrt(2 * 0.5 * 0.1)])


def test_without_decay_kernels_before_a_norm_only_grow():
    study = experiments.weight_decay_study((0.0,), seeds=[0, 1], steps=20)
    assert np.all(np.diff(study.squared_norms, axis=0) > 0)
