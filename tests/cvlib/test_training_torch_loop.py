"""The PyTorch loop does what a loop written out by hand does, and says what happened."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch_points import CPU, network, problem, run, weights

from cvlib.optim.reference.schedules import cosine, step_decay
from cvlib.training.distributed import join
from cvlib.training.loop import Batches, evaluate, train


def test_every_step_is_the_one_a_loop_by_hand_takes():
    inputs, targets = problem()
    by_hand, model = network(), network()
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1, momentum=0.9)
    batches, schedule = Batches((inputs, targets), 8, seed=3), cosine(3)
    losses = []
    for epoch in range(3):
        order, total = batches.order(epoch), 0.0
        for step, k in enumerate(range(0, 50, 8)):
            chosen = torch.from_numpy(order[k : k + 8])
            for group in optimizer.param_groups:
                group["lr"] = 0.1 * schedule(epoch + step / 7)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(by_hand(inputs[chosen]), targets[chosen])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
        losses.append(total / 50)

    history = run(model, schedule=schedule)
    assert torch.equal(weights(model), weights(by_hand))
    assert history.loss == pytest.approx(losses, rel=1e-12)
    assert len(history) == 3
    assert history.stopped == "epochs"


def test_a_network_learns_and_the_history_follows_its_validation():
    model = network()
    held_out = problem(40, seed=9)
    history = run(model, problem(200), epochs=12, validation=held_out)
    assert history.accuracy[-1] > 0.95
    assert history.accuracy[-1] == evaluate(model, held_out, device=CPU)
    assert history.best_accuracy == max(history.accuracy)
    assert history.accuracy.index(history.best_accuracy) == history.best_epoch


def test_the_schedule_reaches_every_group_and_the_rates_come_back():
    model = network()
    groups = [{"params": [p], "lr": 0.1 * (k + 1)} for k, p in enumerate(model.parameters())]
    optimizer, seen = torch.optim.SGD(groups), []

    def loss(outputs, targets):
        seen.append([group["lr"] for group in optimizer.param_groups])
        return nn.functional.cross_entropy(outputs, targets)

    history = train(
        model,
        loss,
        optimizer,
        Batches(problem(16), 8),
        epochs=3,
        schedule=step_decay(1, 0.5),
        progress=False,
        device=CPU,
    )
    rates = np.array([0.1, 0.2, 0.3, 0.4])
    factors = np.array([1, 1, 0.5, 0.5, 0.25, 0.25])
    assert np.allclose(seen, np.outer(factors, rates))
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx(rates)
    assert history.lr == pytest.approx([0.1, 0.05, 0.025])


def test_the_seed_decides_and_the_callers_random_numbers_are_left_alone():
    first, again, other = (network(dropout=0.5) for _ in range(3))
    run(first)
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    drawn = random.random(), np.random.rand(), torch.rand(1).item()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    run(again)
    assert (random.random(), np.random.rand(), torch.rand(1).item()) == drawn
    run(other, seed=4)
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_training_mode_is_on_in_training_and_off_in_validation():
    modes = []

    class Watcher(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network()

        def forward(self, x):
            modes.append((self.training, torch.is_grad_enabled(), len(x)))
            return self.inner(x)

    model = Watcher()
    run(model, problem(20), epochs=2, validation=problem(10))
    epoch = [(True, True, 8)] * 2 + [(True, True, 4), (False, False, 8), (False, False, 2)]
    assert modes == 2 * epoch
    assert model.training


def test_a_score_of_ones_own_is_averaged_over_targets_not_over_batches():
    inputs, targets = problem(10)
    model = nn.Linear(4, 2)
    history = run(
        model,
        (inputs, targets),
        epochs=1,
        validation=(inputs, targets),
        score=lambda outputs, goal: (outputs[:, 0] - goal).abs(),
    )
    expected = (model(inputs)[:, 0] - targets).abs().mean()
    assert history.accuracy == [pytest.approx(expected.item(), rel=1e-6)]


def test_a_label_map_counts_pixels():
    images = torch.rand(6, 2, 4, 5)
    labels = (images[:, 1] > images[:, 0]).long()
    labels[0, 0, 0] = 1 - labels[0, 0, 0]
    assert evaluate(nn.Identity(), (images, labels), size=4) == pytest.approx(1 - 1 / 120)


def test_a_loss_that_blows_up_ends_the_run():
    def loss(outputs, targets):
        return nn.functional.mse_loss(outputs[:, 0], targets.float())

    history = run(network(), epochs=9, lr=1e6, loss=loss)
    assert history.stopped == "diverged"
    assert len(history) < 9


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"precision": "half"}, "expected one of float32, bfloat16, float16, got 'half'"),
        ({"size": 0}, "size must be at least 1, got 0"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_trained_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        run(network(), **options)


def test_evaluation_refuses_nothing_and_less():
    with pytest.raises(ValueError, match="size must be at least 1"):
        evaluate(network(), problem(), size=0)
    with pytest.raises(ValueError, match="at least one example"):
        evaluate(network(), (torch.empty(0, 4), torch.empty(0)))


def test_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(RuntimeError, match=r"asks for cuda:2, but there are 2 GPUs"):
        join("cuda:2")
