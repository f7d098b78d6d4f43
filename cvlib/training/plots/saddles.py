"""Figures of critical points: how rare minima are, how index and height go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.figures import PALETTE, Plot, new_figure
from cvlib.intervals import mean_interval
from cvlib.training.experiments.saddles import EXACT_ALL_POSITIVE, CriticalPoints


def all_positive(sizes: Sequence[int], shares: Array, errors: Array) -> Plot:
    """Draw the share of random symmetric matrices without a negative eigenvalue, by size."""
    figure, ax = new_figure(height=3.0)
    n = np.linspace(min(sizes), max(sizes), 100)
    ax.plot(n, 2.0**-n, color=PALETTE[1], ls="--", label="n coin flips, 2⁻ⁿ")
    ax.errorbar(
        sizes, shares, 2 * errors, fmt="o", color=PALETTE[0], ms=5, label="counted", capsize=3
    )
    known = [k for k in sizes if k in EXACT_ALL_POSITIVE]
    ax.plot(
        known,
        [EXACT_ALL_POSITIVE[k] for k in known],
        "x",
        color=PALETTE[2],
        ms=9,
        label="exact",
    )
    ax.set(yscale="log", xlabel="dimension n", ylabel="all eigenvalues positive")
    ax.set_xticks(list(sizes))
    ax.legend(loc="lower left")
    ax.grid(True)
    said = " ".join(f"n = {k}: {100 * s:.2g} %." for k, s in zip(sizes, shares, strict=True))
    return Plot(figure, "Share of random symmetric matrices that are positive definite. " + said)


def heights(found: Sequence[CriticalPoints]) -> Plot:
    """Draw the loss of critical points against the share of directions that lead down."""
    figure, ax = new_figure(height=3.2)
    correlations = []
    for points, colour, marker in zip(found, PALETTE, "os^Dv", strict=False):
        minima = points.minima
        ax.plot(
            100 * points.index[~minima], points.loss[~minima], marker, color=colour, ms=4, alpha=0.7
        )
        ax.plot(100 * points.index[minima], points.loss[minima], marker, color=colour, mfc="none")
        correlations.append(correlation(points))
    ax.set(xlabel="directions that lead down, in %", ylabel="loss")
    ax.grid(True)
    spans = [
        f"{points.loss[points.minima].min():.2f} to {points.loss[points.minima].max():.2f}"
        for points in found
    ]
    alt = (
        f"{sum(len(p.loss) for p in found)} critical points of {len(found)} small networks; "
        f"{sum(int(p.minima.sum()) for p in found)} are minima. Height and index correlate with "
        f"{min(correlations):.2f} to {max(correlations):.2f}. Minima lie at losses from "
        f"{'; '.join(spans)}."
    )
    return Plot(figure, alt)


def correlation(points: CriticalPoints) -> float:
    """Return the correlation of loss and index."""
    return float(np.corrcoef(points.index, points.loss)[0, 1])


def stuck(panels: Mapping[str, tuple[Sequence[int], Array]], *, marks: Mapping[str, str]) -> Plot:
    """Draw the share of descents that end in a bad minimum, with intervals over the seeds.

    `panels`: a title to (places on the axis, shares of shape (places, seeds)); `marks`: a title to
    the axis label.
    """
    figure, axes = new_figure(1, len(panels), width=7.2, height=2.9, sharey=True, squeeze=False)
    said = []
    for ax, (title, (places, shares)) in zip(axes.flat, panels.items(), strict=True):
        intervals = [mean_interval(100 * row) for row in shares]
        means = np.array([i.mean for i in intervals])
        halves = np.array([i.half for i in intervals])
        low = np.minimum(halves, means)  # a share is not negative
        ax.errorbar(places, means, (low, halves), fmt="o-", color=PALETTE[0], ms=5, capsize=3)
        ax.set(title=title, xlabel=marks[title], ylim=(-3, 75))
        ax.set_xticks(list(places))
        ax.grid(True, axis="y")
        said.append(
            f"{title}: "
            + ", ".join(f"{m:.0f} % at {p}" for p, m in zip(places, means, strict=True))
            + "."
        )
    axes[0, 0].set_ylabel("stuck, in %")
    return Plot(figure, "Share of descents that end far above the best loss. " + " ".join(said))
