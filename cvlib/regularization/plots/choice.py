"""Choosing settings: where one looks, what folds say, and how lucky the best of many is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, SEQUENTIAL, Plot, new_figure
from cvlib.intervals import mean_interval
from cvlib.regularization.experiments.choice import FoldStudy, SelectionStudy
from cvlib.regularization.experiments.search import DECAY, LR
from cvlib.regularization.plots.fits import signed


def search_map(accuracies: Array, grid: Array, random: Array) -> Plot:
    """Show accuracy over two hyper-parameters, and the places of two searches."""
    figure, axes = new_figure(1, 2, height=3.1, sharey=True)
    extent = (np.log10(DECAY.low), np.log10(DECAY.high), np.log10(LR.low), np.log10(LR.high))
    said = []
    for ax, (name, places), marker in zip(
        axes, (("grid", grid), ("random", random)), ("s", "o"), strict=True
    ):
        shown = ax.imshow(
            accuracies,
            origin="lower",
            extent=extent,
            aspect="auto",
            vmin=0,
            vmax=100,
            cmap=SEQUENTIAL,
        )
        rates = np.log10(LR.at(places[:, 0]))
        ax.plot(
            np.log10(DECAY.at(places[:, 1])),
            rates,
            marker,
            color="white",
            ms=6,
            markeredgecolor="#111111",
            ls="",
        )
        for rate in rates:
            ax.plot([extent[0], extent[0] + 0.25], [rate, rate], color="white", lw=2)
        different = len(np.unique(np.round(rates, 6)))
        ax.set(title=f"{name}: {different} learning rates", xlabel="log₁₀ of the L2 strength")
        said.append(f"{name}: {len(places)} trials, {different} different learning rates.")
    axes[0].set_ylabel("log₁₀ of the learning rate")
    figure.colorbar(shown, ax=axes, label="accuracy, %")
    spread = [float(np.ptp(np.median(accuracies, axis=a))) for a in (1, 0)]
    alt = (
        "Accuracy over learning rate and L2 strength, and where two searches look. The median "
        f"accuracy varies by {spread[0]:.0f} points along the learning rate and by {spread[1]:.0f} "
        "along the strength. "
    )
    return Plot(figure, alt + " ".join(said), photo=True)


def fold_errors(study: FoldStudy) -> Plot:
    """Draw what each number of folds estimated, minus the truth, one dot a training set."""
    figure, ax = new_figure(height=3.0)
    rng = np.random.default_rng(0)
    said = []
    for k, (folds, estimate) in enumerate(study.estimates.items()):
        off = estimate - study.truth
        bias = mean_interval(off)
        ax.plot(k + rng.uniform(-0.15, 0.15, len(off)), off, "o", color=PALETTE[0], ms=3, alpha=0.5)
        ax.errorbar(k + 0.3, bias.mean, bias.half, fmt="s", color=PALETTE[1], capsize=4, ms=5)
        said.append(f"{folds} folds: bias {bias:.1f}, standard deviation {off.std(ddof=1):.1f}.")
    ax.axhline(0, color=PALETTE[5], lw=1, ls=":")
    ax.set_xticks(range(len(study.estimates)), [str(f) for f in study.estimates])
    ax.set(xlabel="folds", ylabel="estimate − truth, points")
    return Plot(figure, "Errors of cross-validation. " + " ".join(said))


def best_of_many(study: SelectionStudy) -> Plot:
    """Draw the accuracy of the best of m settings where nothing can be learned."""
    figure, ax = new_figure(height=3.0)
    counts = list(study.best)
    summary = [mean_interval(study.best[m]) for m in counts]
    ax.errorbar(
        counts,
        [i.mean for i in summary],
        [i.half for i in summary],
        fmt="o-",
        color=PALETTE[1],
        capsize=4,
        label="what validation says of the best",
    )
    for values, name, colour, marker, place in (
        (study.fresh, "what new images say of the best of 100", PALETTE[0], "s", 90),
        (study.nested, "nested validation of the best of 100", PALETTE[2], "D", 112),
    ):
        i = mean_interval(values)
        ax.errorbar(place, i.mean, i.half, fmt=marker, color=colour, capsize=4, label=name)
    ax.axhline(50, color=PALETTE[5], lw=1, ls=":")
    ax.set(xscale="log", xlabel="settings tried", ylabel="accuracy, %")
    ax.set_xticks(counts, [f"{m:,}" for m in counts])
    ax.minorticks_off()
    ax.set_ylim(None, max(i.high for i in summary) + 12)
    ax.legend(loc="upper left")
    said = "; ".join(f"{m}: {i:.1f}" for m, i in zip(counts, summary, strict=True))
    alt = (
        f"Labels by coin. Validated accuracy of the best of so many settings, {said} percent. New "
        f"images: {mean_interval(study.fresh):.1f}. Nested: {mean_interval(study.nested):.1f}."
    )
    return Plot(figure, alt)


def advantage(results: Mapping[str, tuple[Array, Array]]) -> Plot:
    """Draw what random search found more than the grid, for several set-ups."""
    figure, ax = new_figure(height=0.45 * len(results) + 1.0)
    said = []
    for k, (name, (grid, random)) in enumerate(results.items()):
        i = mean_interval(random - grid)
        clear = i.low > 0 or i.high < 0
        colour = (PALETTE[0] if i.mean > 0 else PALETTE[1]) if clear else PALETTE[5]
        ax.errorbar(i.mean, k, xerr=i.half, fmt="o", color=colour, capsize=4)
        said.append(f"{name}: {signed(i)}.")
    ax.axvline(0, color=PALETTE[5], lw=1, ls=":")
    ax.set_yticks(range(len(results)), list(results))
    ax.invert_yaxis()
    ax.set(xlabel="random − grid, points of accuracy", ylim=(len(results) - 0.5, -0.5))
    ax.grid(True, axis="x")
    return Plot(figure, "Best accuracy by random search minus that by a grid. " + " ".join(said))
