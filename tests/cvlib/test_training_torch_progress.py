"""The bar of a run counts all steps, does without tqdm, and is silent when it is not wanted."""

import builtins

import torch
from torch import nn
from torch_points import CPU, network, problem

from cvlib.training import progress
from cvlib.training.loop import Batches, train


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
