"""Networks computed side by side learn what each would alone, and compute what PyTorch does."""

import numpy as np
import pytest
import torch
from short_runs import CLOSE, SAME_ERRORS, SHORT
from torch import nn
from torch.nn import functional

from cvlib.normalization.experiments.stack import Design, Stack, convolve, taps
from cvlib.normalization.experiments.stack_digits import VALIDATION, load, shuffled
from cvlib.normalization.experiments.stack_training import train

NORMS = ("none", "once", "batch", "layer", "instance", "group")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("side", [2, 4, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_kernel_written_out_as_a_matrix_convolves(side, stride):
    generator = torch.Generator().manual_seed(0)
    kernel = torch.randn(3, 5, 2, 3, 3, generator=generator)
    x = torch.randn(3, 2, side, side, 7, generator=generator)
    out, side_out = convolve(x.flatten(1, 3), kernel, side, stride)
    for image, weights, ours in zip(x, kernel, out, strict=True):
        expected = functional.conv2d(image.permute(3, 0, 1, 2), weights, stride=stride, padding=1)
        assert expected.shape[-1] == side_out
        assert torch.allclose(ours.permute(2, 0, 1), expected.flatten(2), rtol=1e-4, atol=1e-5)
    assert taps(side, stride).shape == (9, side_out**2, side**2)


@pytest.mark.parametrize("jolt", [0.0, 0.4])
@pytest.mark.parametrize("norm", NORMS)
def test_neighbours_in_the_stack_change_no_network(norm, jolt):
    design = Design(norm, jolt=jolt)
    together = train(design, seeds=[3, 8], **SHORT)
    alone = train(design, seeds=[8], **SHORT)
    assert np.allclose(together.losses[:, :, 1:], alone.losses, **CLOSE)
    assert np.allclose(together.errors[:, 1:], alone.errors, atol=SAME_ERRORS)


def test_rates_share_seeds_and_differ_only_in_the_rate():
    runs = train(Design("batch"), seeds=[1], **{**SHORT, "rates": [0.1, 0.1, 0.5]})
    assert np.allclose(runs.losses[:, 0], runs.losses[:, 1], **CLOSE)
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
        assert norm.running_mean is not None
        assert norm.running_var is not None
        with torch.no_grad():
            conv.weight.copy_(stack.kernels[k][0])
            norm.weight.copy_(stack.scales[k][0])
            norm.bias.copy_(stack.shifts[k][0])
            norm.running_mean.copy_(stack.means[k][0])
            norm.running_var.copy_(stack.vars[k][0])
        layers += [conv, norm, nn.ReLU()]
        before = width
    head = nn.Linear(before, 10)
    with torch.no_grad():
        head.weight.copy_(stack.head[0])
        head.bias.copy_(stack.bias[0, :, 0])
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)


def test_a_network_of_the_stack_is_pytorchs():
    runs = train(Design("batch"), seeds=[0, 1], **SHORT)
    module = as_module(runs.stack)
    x, _ = runs.digits.batch(runs.digits.test[:, :40])
    for training in (False, True):
        expected = module.train(training)(x[0].T.reshape(-1, 1, 8, 8))
        with torch.no_grad():
            scores = runs.stack.scores(x, training=training)
        assert torch.allclose(scores[0].T, expected, atol=1e-4)
    for k, norm in enumerate(m for m in module if isinstance(m, nn.BatchNorm2d)):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        assert torch.allclose(runs.stack.means[k][0], norm.running_mean, atol=1e-5)
        assert torch.allclose(runs.stack.vars[k][0], norm.running_var, rtol=1e-4)


@pytest.mark.parametrize("norm", ["layer", "group", "instance"])
def test_the_other_norms_are_pytorchs(norm):
    stack = Stack(Design(norm), [0, 1])
    x, _ = load([0, 1], 100).batch(np.arange(8).repeat(2).reshape(8, 2).T)
    with torch.no_grad():
        scores = stack.scores(x, training=False)[1]
        image = x[1].T.reshape(-1, 1, 8, 8)
        for kernel, stride in zip(stack.kernels, (2, 2, 1), strict=True):
            image = functional.conv2d(image, kernel[1], stride=stride, padding=1)
            groups = {"layer": 1, "group": 4, "instance": image.shape[1]}[norm]
            image = functional.relu(functional.group_norm(image, groups))
        expected = image.mean((2, 3)) @ stack.head[1].T
    assert torch.allclose(scores.T, expected, atol=1e-4)


def test_ghost_batch_norm_normalizes_parts_and_averages_what_they_leave():
    whole, ghost = (Stack(Design("batch", ghost=size), [4]) for size in (16, 8))
    x, _ = load([4], 100).batch(np.arange(16)[None])
    with torch.no_grad():
        scores = ghost.scores(x, training=True)
        parts = [Stack(Design("batch"), [4]) for _ in range(2)]
        halves = [p.scores(h, training=True) for p, h in zip(parts, x.chunk(2, 2), strict=True)]
        assert torch.allclose(scores, torch.cat(halves, 2), atol=1e-4)
        assert not torch.allclose(scores, whole.scores(x, training=True), atol=1e-2)
    for kept in ("means", "vars"):
        for layer, ours in enumerate(getattr(ghost, kept)):
            mean = sum(getattr(part, kept)[layer] for part in parts) / 2
            assert torch.allclose(ours, mean, rtol=1e-4, atol=1e-5)


def test_test_images_can_be_normalized_by_batches_of_their_own():
    runs = train(Design("batch"), seeds=[0], **SHORT)
    x, _ = runs.digits.batch(runs.digits.test[:, :16])
    with torch.no_grad():
        before = [m.clone() for m in runs.stack.means]
        halves = runs.stack.scores(x, training=False, by_batches_of=8)
        first = runs.stack.scores(x[:, :, :8], training=False, by_batches_of=8)
    assert torch.allclose(halves[:, :, :8], first, atol=1e-4)
    assert all(torch.equal(a, b) for a, b in zip(before, runs.stack.means, strict=True))


def test_once_keeps_the_statistics_of_the_first_batch():
    stack = Stack(Design("once"), [0])
    x, _ = load([0], 100).batch(np.arange(64).reshape(1, 64))
    with torch.no_grad():
        by_the_first = stack.scores(x[:, :, :32], training=True)
        kept = [m.clone() for m in stack.means]
        stack.scores(x[:, :, 32:], training=True)
        assert all(torch.equal(a, b) for a, b in zip(kept, stack.means, strict=True))
        batch = Stack(Design("batch"), [0]).scores(x[:, :, :32], training=True)
    assert torch.allclose(by_the_first, batch, atol=1e-4)


def test_jolts_come_in_training_only():
    stack = Stack(Design("batch", jolt=0.5), [0])
    x, _ = load([0], 100).batch(np.arange(20)[None])
    with torch.no_grad():
        first, second = (stack.scores(x, training=True) for _ in range(2))
        assert not torch.allclose(first, second, atol=1e-3)
        first, second = (stack.scores(x, training=False) for _ in range(2))
        assert torch.equal(first, second)


def test_weight_decay_adds_lambda_w_to_the_gradient_of_kernels_alone():
    rate, decay = 0.3, 0.5
    free, held = (
        train(Design("batch"), seeds=[0], weight_decay=[d], **{**SHORT, "steps": 1}).stack
        for d in (0.0, decay)
    )
    start = Stack(Design("batch"), [0])
    for one, other, first in zip(free.kernels, held.kernels, start.kernels, strict=True):
        assert torch.allclose(one - other, rate * decay * first, rtol=1e-4, atol=1e-6)
    for one, other in zip(free.parameters[3:], held.parameters[3:], strict=True):
        assert torch.equal(one, other)


def test_each_network_has_its_own_split_and_order():
    digits = load([4, 5], 1000)
    for parts in zip(digits.train, digits.validation, digits.test, strict=True):
        assert [len(part) for part in parts] == [1000, VALIDATION, 797 - VALIDATION]
        assert len({*np.concatenate(parts)}) == 1797
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
