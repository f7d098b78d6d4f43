"""Figures of measured results: learning rates, batch sizes, statistics, weight decay, noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.intervals import mean_interval
from cvlib.normalization.experiments import DecayStudy, Staleness

MARKERS = ("o", "s", "^", "D", "v", "P")


def _band(ax: Axes, x: Any, runs: Array, colour: str, marker: str, label: str) -> None:
    """Draw the mean of (points, seeds) in percent with its 95 % interval."""
    summary = [mean_interval(100 * values) for values in runs]
    ax.plot(x, [s.mean for s in summary], color=colour, marker=marker, ms=4, label=label)
    low, high = [max(0.0, s.low) for s in summary], [min(100.0, s.high) for s in summary]
    ax.fill_between(x, low, high, color=colour, alpha=0.25, lw=0)


def learning_rates(errors: Mapping[str, Array], rates: Sequence[float]) -> Plot:
    """Draw test error against the learning rate, (rates, seeds) a name, with intervals."""
    figure, ax = new_figure(height=3.1)
    said = []
    for (name, runs), colour, marker in zip(errors.items(), PALETTE, MARKERS, strict=False):
        _band(ax, rates, runs, colour, marker, name)
        best = int(runs.mean(axis=1).argmin())
        below = [rate for rate, values in zip(rates, runs, strict=True) if values.mean() < 0.1]
        reach = f"below 10 % from {below[0]:g} to {below[-1]:g}" if below else "never below 10 %"
        said.append(f"{name}: best {100 * runs[best].mean():.1f} % at {rates[best]:g}, {reach}.")
    ax.set(xscale="log", xlabel="learning rate", ylabel="test error in %", ylim=(0, 100))
    ax.set_xticks(rates, [f"{rate:g}" for rate in rates])
    ax.minorticks_off()
    ax.grid(True, axis="y")
    figure.legend(loc="outside lower center", ncols=len(errors), frameon=False)
    return Plot(figure, "Test error against the learning rate. " + " ".join(said))


def batch_sizes(
    curves: Mapping[str, Array], sizes: Sequence[int], levels: Mapping[str, Array]
) -> Plot:
    """Draw test error against the number of images that share statistics, and fixed levels.

    Shapes: curves (sizes, seeds), levels (seeds,).
    """
    figure, ax = new_figure(height=3.2)
    said = []
    for (name, runs), colour, marker in zip(curves.items(), PALETTE, MARKERS, strict=False):
        _band(ax, sizes, runs, colour, marker, name)
        shown = ", ".join(
            f"{100 * v.mean():.1f} % at {n}" for n, v in zip(sizes, runs, strict=True)
        )
        said.append(f"{name}: {shown}.")
    for (name, runs), colour in zip(levels.items(), PALETTE[len(curves) :], strict=False):
        _band(ax, (sizes[0], sizes[-1]), np.array([runs, runs]), colour, "", name)
        ax.lines[-1].set_linestyle("--")
        said.append(f"{name}: {100 * runs.mean():.1f} %.")
    ax.set(xscale="log", yscale="log", ylabel="test error in %")
    ax.set_xlabel("images that share their statistics")
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    ax.minorticks_off()
    ax.grid(True, axis="y")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return Plot(figure, "Test error against the size of the batch. " + " ".join(said))


def errors_by_statistics(errors: Mapping[str, Array]) -> Plot:
    """Draw the test errors of the same networks, by what the statistics are taken from."""
    figure, ax = new_figure(height=0.36 * len(errors) + 0.7)
    said = []
    for row, (name, runs) in enumerate(errors.items()):
        summary = mean_interval(100 * runs)
        colour = PALETTE[0] if row == 0 else PALETTE[1]
        ax.barh(row, summary.mean, xerr=summary.half, color=colour, height=0.6, ecolor=PALETTE[5])
        ax.text(summary.high + 1.5, row, f"{summary.mean:.1f}", va="center")
        said.append(f"{name}: {summary:.1f} %.")
    ax.set_yticks(range(len(errors)), list(errors))
    ax.set(xlabel="test error in %", xlim=(0, 105))
    ax.invert_yaxis()
    return Plot(figure, "One set of networks, tested by different statistics. " + " ".join(said))


def staleness(result: Staleness) -> Plot:
    """Draw test error after few steps, with running statistics and with those of a batch."""
    figure, ax = new_figure(height=2.7)
    for name, runs, colour, marker in (
        ("running statistics", result.running, PALETTE[1], "o"),
        ("statistics of 64 test images", result.batch, PALETTE[0], "s"),
    ):
        _band(ax, result.steps, runs, colour, marker, name)
    ax.set(xlabel="steps of training", ylabel="test error in %", ylim=(0, 100))
    ax.grid(True, axis="y")
    ax.legend(loc="upper right")
    said = [
        f"After {step} steps {100 * r.mean():.0f} % and {100 * b.mean():.0f} %."
        for step, r, b in zip(result.steps, result.running, result.batch, strict=True)
    ]
    return Plot(
        figure, "Test error by running statistics and by those of a batch. " + " ".join(said)
    )


def decay(study: DecayStudy) -> Plot:
    """Draw the squared length of a layer's kernels and how far they turn in each step."""
    figure, (left, right) = new_figure(1, 2, height=2.9)
    said = []
    for k, (value, colour) in enumerate(zip(study.decays, PALETTE, strict=False)):
        left.plot(study.squared_norms[:, k].mean(axis=1), color=colour, label=f"λ = {value:g}")
        turns = np.sqrt((study.turns[:, k] ** 2).mean(axis=1))
        right.plot(np.arange(1, len(turns) + 1), np.degrees(turns), color=colour, lw=1)
        right.axhline(np.degrees(study.predicted[k]), color=colour, ls="--", lw=1.2)
        late = np.degrees(np.sqrt((study.turns[-60:, k] ** 2).mean()))
        said.append(
            f"Decay {value:g}: squared length from {study.squared_norms[0, k].mean():.0f} to "
            f"{study.squared_norms[-1, k].mean():.0f}, {late:.1f} degrees a step at the end, "
            f"predicted {np.degrees(study.predicted[k]):.1f}."
        )
    left.set(xlabel="step", ylabel="squared length of the kernels", ylim=(0, None))
    right.set(xlabel="step", ylabel="turn in a step, degrees", ylim=(0, None))
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return Plot(figure, "Kernels before batch norm under weight decay. " + " ".join(said))


def mean_spread(
    sizes: Sequence[int],
    measured: Mapping[str, Array],
    worth: Mapping[str, float],
    pixels: int,
) -> Plot:
    """Draw how much the batch mean of some channels wanders, against what the theorem says.

    ``measured`` (sizes,) is in units of σ; ``worth`` is how many independent pixels an image with
    its ``pixels`` pixels counts for in that channel.
    """
    figure, ax = new_figure(height=3.0)
    grid = np.array(sizes, dtype=float)
    ax.plot(
        grid,
        1 / np.sqrt(grid * pixels),
        color=PALETTE[5],
        ls="--",
        label=f"{pixels} independent pixels an image",
    )
    said = []
    for (name, values), colour, marker in zip(measured.items(), PALETTE, MARKERS, strict=False):
        ax.plot(grid, 1 / np.sqrt(grid * worth[name]), color=colour)
        label = f"{name}: an image counts for {worth[name]:.3g}"
        ax.plot(grid, values, color=colour, ls="", marker=marker, label=label)
        said.append(
            f"{name}: the mean of {sizes[0]} image wanders by {values[0]:.2g} σ, of {sizes[-1]} "
            f"by {values[-1]:.2g} σ, as if an image had {worth[name]:.3g} independent pixels."
        )
    ax.set(xscale="log", yscale="log", xlabel="images in the batch")
    ax.set_ylabel("wandering, in σ")
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.set_yticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
    ax.minorticks_off()
    ax.grid(True, axis="y")
    figure.legend(loc="outside lower center", ncols=1, frameon=False)
    return Plot(figure, f"Batch means of channels with {pixels} pixels. " + " ".join(said))
