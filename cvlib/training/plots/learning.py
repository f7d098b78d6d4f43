"""Figures of training runs: schedules, stopping, LeNet-5 over seeds, the digits it misreads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure, show_image
from cvlib.intervals import mean_interval
from cvlib.optim import Schedule
from cvlib.training.experiments.stopping import StoppingRun

STYLES = ("-", "--", "-.", ":")


def schedules(shown: Mapping[str, Schedule], *, total: float) -> Plot:
    """Draw the factor of the learning rate over time."""
    figure, ax = new_figure(height=2.6)
    time = np.linspace(0, total, 600)
    said = []
    for (name, schedule), colour, style in zip(shown.items(), PALETTE, STYLES, strict=False):
        factors = np.array([schedule(float(t)) for t in time])
        ax.plot(time, factors, color=colour, ls=style, label=name)
        middle, last = schedule(total / 2), factors[-1]
        said.append(f"{name}: {factors[0]:.2g}, half-way {middle:.2g}, at last {last:.2g}.")
    ax.set(xlabel="epoch", ylabel="factor", ylim=(0, 1.05))
    ax.legend(loc="upper right", ncols=2)
    ax.grid(True)
    return Plot(figure, "Learning-rate schedules. " + " ".join(said))


def stopping(run: StoppingRun, test_errors: Mapping[str, float], *, target: float) -> Plot:
    """Draw validation error over a long run, and where each rule stops."""
    figure, ax = new_figure(height=3.0)
    epochs = np.arange(1, len(run.history) + 1)
    ax.plot(epochs, run.history.error, color=PALETTE[0], label="validation error")
    ax.plot(epochs, run.history.loss, color=PALETTE[5], ls="--", label="training loss")
    ax.axhline(target, color=PALETTE[1], lw=1, ls=":")
    ax.text(epochs[-1], target + 0.01, "target", ha="right", fontsize=8, color=PALETTE[1])
    for (name, stop), colour in zip(run.stops.items(), PALETTE[1:], strict=False):
        ax.axvline(stop.epochs, color=colour, lw=1.2)
        words = f"{name}: {100 * test_errors[name]:.0f} %"
        ax.text(stop.epochs + 0.6, 0.98, words, rotation=90, va="top", color=colour, fontsize=8)
    ax.set(xlabel="epoch", ylim=(0, 1), xlim=(0, len(epochs) + 4))
    ax.legend(loc="upper center")
    least = min(run.history.error)
    said = "; ".join(
        f"{name} stops after epoch {stop.epochs} with a test error of "
        f"{100 * test_errors[name]:.0f} %"
        for name, stop in run.stops.items()
    )
    return Plot(figure, f"Validation error never falls below {100 * least:.0f} %. {said}.")


def over_seeds(histories: Sequence[Any]) -> Plot:
    """Draw training loss and held-out error of several runs, with the mean of the errors."""
    figure, (left, right) = new_figure(1, 2, width=7.2, height=2.9)
    errors = np.array([history.error for history in histories])
    epochs = np.arange(1, errors.shape[1] + 1)
    for history in histories:
        left.plot(epochs, history.loss, color=PALETTE[0], lw=1, alpha=0.7)
        right.plot(epochs, 100 * np.array(history.error), color=PALETTE[0], lw=1, alpha=0.5)
    right.plot(epochs, 100 * errors.mean(axis=0), color=PALETTE[1], label="mean")
    right.axhline(2, color=PALETTE[5], ls=":", lw=1)
    left.set(title="training loss", xlabel="epoch", yscale="log")
    right.set(title="held-out error, %", xlabel="epoch", ylim=(0, 16))
    right.legend()
    for ax in (left, right):
        ax.grid(True)
    last = mean_interval(100 * errors[:, -1])
    alt = (
        f"{len(errors)} runs of {errors.shape[1]} epochs: the held-out error falls from "
        f"{100 * errors[:, 0].mean():.0f} % after the first epoch to {last:.1f} % at the end."
    )
    return Plot(figure, alt)


def misread(images: Array, truth: Array, answers: Array, *, shown: int = 12) -> Plot:
    """Show misread digits, each with its label and what the network said.

    Shapes: images (N, 1, H, W), truth (N,), answers (N,): of misread digits only.
    """
    shown = min(shown, len(images))
    columns = min(shown, 6)
    rows = -(-shown // columns)
    figure, axes = new_figure(rows, columns, width=7.2, height=1.5 * rows, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, label, answer in zip(axes.flat, images, truth, answers, strict=False):
        show_image(ax, image[0])
        ax.set_title(f"{label}, read as {answer}", fontsize=9)
    pairs = ", ".join(
        f"{label} as {answer}" for label, answer in zip(truth[:shown], answers[:shown], strict=True)
    )
    return Plot(figure, f"{shown} of {len(images)} misread digits: {pairs}.", photo=True)
