"""What the networks did: ensembles, training losses, margins, stops, and who gained what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.intervals import Interval, mean_interval
from cvlib.regularization.experiments import Ensemble, Stops
from cvlib.regularization.plots.fits import signed


def band(ax: Any, values: Array, *, color: str, label: str, style: str = "-") -> Array:
    """Draw the mean over the last axis with its 95 % interval; returns the means."""
    summary = [mean_interval(row) for row in values]
    means = np.array([i.mean for i in summary])
    halves = np.array([i.half for i in summary])
    x = np.arange(1, len(means) + 1)
    ax.plot(x, means, color=color, ls=style, label=label)
    ax.fill_between(x, means - halves, means + halves, color=color, alpha=0.25, lw=0)
    return means


def ensemble_histogram(ensembles: Mapping[str, Ensemble]) -> Plot:
    """Draw, for the first seed, the accuracies of all networks of dropout and of their means."""
    figure, axes = new_figure(1, len(ensembles), height=2.9, squeeze=False)
    said = []
    for ax, (name, e) in zip(axes.flat, ensembles.items(), strict=True):
        single = e.single[0]
        scaled, geometric, arithmetic = (float(v[0]) for v in (e.scaled, e.geometric, e.arithmetic))
        ax.hist(single, bins=40, color=PALETTE[5], alpha=0.6)
        for value, what, colour, style in (
            (scaled, "no dropout", PALETTE[0], "-"),
            (geometric, "geometric mean", PALETTE[1], "--"),
            (arithmetic, "mean", PALETTE[2], ":"),
        ):
            ax.axvline(value, color=colour, ls=style, lw=2, label=what)
        ax.set(title=name, xlabel="accuracy, %")
        said.append(
            f"{name}: {len(single)} networks from {single.min():.0f} to {single.max():.0f} %, on "
            f"average {single.mean():.0f} %; without dropout {scaled:.1f} %, geometric mean "
            f"{geometric:.1f} %, arithmetic mean {arithmetic:.1f} %."
        )
    axes[0, 0].set_ylabel("networks")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return Plot(figure, "All networks of a mask. " + " ".join(said))


def training_losses(losses: Mapping[str, Array], *, shown: int) -> Plot:
    """Draw the training loss of the first epochs, (epochs, S) each, with intervals over seeds."""
    figure, ax = new_figure(height=2.8)
    said = []
    for (name, values), colour, style in zip(
        losses.items(), PALETTE, ("-", "--", "-."), strict=False
    ):
        means = band(ax, values[:shown], color=colour, label=name, style=style)
        said.append(f"{name}: {means[0]:.2f} after the first epoch, {means[-1]:.3f} after {shown}.")
    ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
    ax.legend()
    ax.grid(True, axis="y")
    return Plot(figure, "Training loss. " + " ".join(said))


def margins(values: Mapping[str, Array], *, bound: float) -> Plot:
    """Draw histograms of the margin: the right score minus the best of the others."""
    figure, ax = new_figure(height=2.8)
    bins = np.linspace(-2, max(float(np.quantile(v, 0.999)) for v in values.values()), 70)
    said = []
    for (name, v), colour, style in zip(values.items(), PALETTE, ("-", "--", "-."), strict=False):
        ax.hist(
            v, bins=bins, histtype="step", density=True, color=colour, ls=style, lw=1.8, label=name
        )
        said.append(f"{name}: median {np.median(v):.1f}.")
    ax.axvline(bound, color=PALETTE[5], lw=1, ls=":")
    ax.set(xlabel="margin on the training images", ylabel="density")
    ax.legend()
    return Plot(figure, "Margins of scores. " + " ".join(said) + f" Dotted: {bound:.1f}.")


def stops(results: Mapping[str, Stops]) -> Plot:
    """Draw held-out loss and test accuracy over the epochs, and where the rule goes back to."""
    figure, axes = new_figure(2, len(results), height=4.2, sharex=True, squeeze=False)
    said = []
    for column, (name, r) in zip(axes.T, results.items(), strict=True):
        losses = band(column[0], r.curves["held-out loss"], color=PALETTE[0], label="held-out loss")
        right = band(column[1], r.curves["test accuracy"], color=PALETTE[1], label="accuracy")
        low = int(losses.argmin()) + 1
        for ax in column:
            ax.axvline(low, color=PALETTE[5], lw=1, ls=":")
        column[0].set_title(name)
        column[1].set_xlabel("epoch")
        said.append(
            f"{name}: mean held-out loss lowest at epoch {low}; test accuracy there "
            f"{right[low - 1]:.1f} %, at the end {right[-1]:.1f} %."
        )
    axes[0, 0].set_ylabel("held-out loss")
    axes[1, 0].set_ylabel("test accuracy, %")
    return Plot(figure, "Training longer and longer. " + " ".join(said))


def forest(tables: Mapping[str, Mapping[str, Interval]]) -> Plot:
    """Draw gains with their intervals, one row a recipe, one panel a table."""
    names = list(next(iter(tables.values())))
    figure, axes = new_figure(
        1, len(tables), height=0.33 * len(names) + 1.2, sharey=True, squeeze=False
    )
    said = []
    for ax, (title, gains) in zip(axes.flat, tables.items(), strict=True):
        for k, name in enumerate(names):
            if name not in gains:
                continue
            i = gains[name]
            clear = i.low > 0 or i.high < 0
            colour = (PALETTE[0] if i.mean > 0 else PALETTE[1]) if clear else PALETTE[5]
            ax.errorbar(
                i.mean, k, xerr=i.half, fmt="o" if clear else "D", ms=5, color=colour, capsize=3
            )
            said.append(f"{title}, {name}: {signed(i)}.")
        ax.axvline(0, color=PALETTE[5], lw=1, ls=":")
        ax.set(title=title, xlabel="gain, percentage points")
        ax.grid(True, axis="x")
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].invert_yaxis()
    return Plot(figure, "Gains over training with nothing. " + " ".join(said))
