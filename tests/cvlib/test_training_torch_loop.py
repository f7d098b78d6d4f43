"""The PyTorch loop does what a loop written out by hand does, and says what happened."""

import builtins
import random

import numpy as np
import pytest
import torch
from torch import nn

from cvlib.optim.reference.schedules import cosine, step_decay
from cvlib.training import progress
from cvlib.training.distributed import join
from cvlib.training.loop import Batches, evaluate, train
from cvlib.training.precision import Precision

CPU = torch.device("cpu")


def problem(examples=50, seed=0):
    """Two classes of points, told apart by the sign of a sum."""
    points = np.random.default_rng(seed).standard_normal((examples, 4)).astype(np.float32)
    return torch.from_numpy(points), torch.from_numpy((points.sum(axis=1) > 0).astype(np.int64))


def network(seed=0, dropout=0.0, width=16):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 2))


def run(model, data=None, *, lr=0.1, momentum=0.9, size=8, seed=3, **options):
    options.setdefault("epochs", 3)
    return train(
        model,
        options.pop("loss", nn.functional.cross_entropy),
        torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum),
        Batches(problem() if data is None else data, size, seed=seed),
        progress=False,
        device=CPU,
        **options,
    )


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


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


# float16 leaves out a step or two while it looks for its factor, and so moves further away
@pytest.mark.parametrize(("name", "apart"), [("bfloat16", 0.05), ("float16", 0.3)])
def test_mixed_precision_computes_in_16_bits_around_float32_weights(name, apart):
    seen = []

    def loss(outputs, targets):
        seen.append(outputs.dtype)
        return nn.functional.cross_entropy(outputs, targets)

    model, plain = network(), network()
    run(model, problem(100), epochs=6, precision=name, loss=loss)
    run(plain, problem(100), epochs=6)
    assert set(seen) == {getattr(torch, name)}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    difference = (weights(model) - weights(plain)).norm() / weights(plain).norm()
    assert 0 < difference < apart
    assert evaluate(model, problem(100), precision=name) > 0.95


def test_float16_scales_the_loss_so_that_small_gradients_survive():
    def smallest(precision):
        weight = nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([weight], lr=1.0)
        with precision.autocast():
            product = weight.view(1, 1) @ torch.full((1, 1), 1e-4)
        precision.step(product.float().sum() * 1e-5, optimizer)
        assert weight.grad is not None
        return weight.grad.item()

    assert smallest(Precision("float16", CPU)) == pytest.approx(1e-9, rel=0.01)
    unscaled = Precision("float16", CPU)
    unscaled.scaler = torch.amp.GradScaler("cpu", enabled=False)
    assert smallest(unscaled) == 0


def test_float16_leaves_out_a_step_that_overflows():
    precision = Precision("float16", CPU)
    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    before = precision.state()["scale"]
    precision.step((weight * float("inf")).sum(), optimizer)
    assert weight.item() == 1
    assert precision.state()["scale"] == before / 2


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


def test_the_bar_counts_all_steps_and_shows_the_figures(capsys):
    model = network()
    train(
        model,
        nn.functional.cross_entropy,
        torch.optim.SGD(model.parameters(), lr=0.1),
        Batches(problem(20), 8),
        epochs=2,
        validation=problem(10),
        device=CPU,
    )
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "6/6" in shown.err
    assert "epoch 2 of 2" in shown.err
    assert "accuracy=" in shown.err


def test_without_tqdm_the_bar_is_lines_of_text(monkeypatch, capsys):
    real = builtins.__import__

    def without_tqdm(name, *args, **kwargs):
        if name.startswith("tqdm"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_tqdm)
    with progress.Bar(7, done=4) as bar:
        assert bar.due()
        assert not bar.due()  # so soon
        bar.step()
        bar.say("epoch 2", loss=0.25)
        bar.step()
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["epoch 2: step 5 of 7, loss 0.25", "epoch 2: step 6 of 7, loss 0.25"]


def test_a_bar_that_is_not_shown_is_silent(capsys):
    with progress.Bar(3, shown=False) as bar:
        bar.step()
        bar.say("epoch 1", loss=1.0)
        assert not bar.due()
    assert capsys.readouterr() == ("", "")
